"""Bytes that came -> a whole model: imported where needed, checked, with its papers, made visible."""

import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.core.frozen import frozen
from agentic_flow.core.genai import Demanding, read_genai
from agentic_flow.weights.manifest import FileRecord, Manifest, record_files, write_manifest
from agentic_flow.weights.progress import Meter, Report, Stage, Step
from agentic_flow.weights.sizes import file_sizes
from agentic_flow.weights.staging import Staging

GENAI_CONFIG = "genai_config.json"
"""A folder that has it can be given to the runtime."""


@frozen
class Origin:
    """Where a model's bytes came from."""

    source: str
    commit: str | None
    licence: str | None


def finish_gguf(staging: Staging, gguf: Path, original: FileRecord, origin: Origin, report: Report) -> Path:
    """Import a GGUF file and publish the folder it becomes. Raises `ModelCorrupt` where it cannot be read."""
    from agentic_flow.weights.gguf import import_gguf

    folder = staging.begin_model()

    def tell(fraction: float) -> None:
        report(Step(Stage.IMPORTING, int(fraction * original.size), original.size))

    tell(0.0)
    import_gguf(gguf, folder, name=staging.name, report=tell)
    meter = Meter(Stage.VERIFYING, sum(file_sizes(folder)), report)
    files = record_files(folder, meter.at)
    meter.end()
    return _publish(staging, folder, files, origin, {gguf.name: original})


def finish_genai(staging: Staging, folder: Path, files: Mapping[str, FileRecord], origin: Origin) -> Path:
    """Publish a folder that is in the runtime's own format."""
    for path in folder.iterdir():
        if path.is_dir():  # what an earlier commit, or a broken try, left
            shutil.rmtree(path)
        elif path.name not in files:
            path.unlink()
    return _publish(staging, folder, files, origin, {})


def _publish(
    staging: Staging,
    folder: Path,
    files: Mapping[str, FileRecord],
    origin: Origin,
    original: Mapping[str, FileRecord],
) -> Path:
    check_genai(folder)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    write_manifest(
        folder,
        Manifest(staging.name, origin.licence, origin.source, origin.commit, created, original, files),
    )
    return staging.publish(folder)


def check_genai(folder: Path) -> None:
    """Raise `ModelCorrupt` unless a folder has a readable config, the graph it names, and a tokenizer."""
    path = folder / GENAI_CONFIG
    try:
        content: Any = read_genai(path.read_bytes())
        graph = content["model"].get("decoder", {}).get("filename")
    except Demanding as demand:
        raise ModelCorrupt(f"{path} {demand}") from demand
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as failure:
        raise ModelCorrupt(f"{path} cannot be read ({failure!r})") from failure
    if graph is not None and not (folder / str(graph)).is_file():
        raise ModelCorrupt(f"{path} names the graph {graph}, which is not there")
    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer.model")):
        raise ModelCorrupt(f"{folder} has no tokenizer.json and no tokenizer.model")
