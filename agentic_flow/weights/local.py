"""A GGUF file or a genai folder on this machine -> a model of the person's own name."""

import os
import re
import shutil
from pathlib import Path

from agentic_flow.core.errors import ModelCorrupt, UsageMistake
from agentic_flow.core.looking import is_file, is_folder, is_there
from agentic_flow.core.settings import Places
from agentic_flow.weights.catalog import load_catalog
from agentic_flow.weights.digest import sha256_of
from agentic_flow.weights.finishing import GENAI_CONFIG, Origin, check_genai, finish_genai, finish_gguf
from agentic_flow.weights.manifest import LOCAL_PATH, FileRecord, record_files
from agentic_flow.weights.offer import KINDS
from agentic_flow.weights.progress import Meter, Notice, Report, Stage
from agentic_flow.weights.reading import NAME
from agentic_flow.weights.staging import Staging

_MAGIC = b"GGUF"


def looks_local(text: str) -> bool:
    """Say whether what a person typed means a path, not a catalogue name."""
    return "/" in text or "\\" in text or text.startswith((".", "~")) or text.endswith((".gguf", ".onnx"))


def import_local(
    path: Path, name: str | None, places: Places, report: Report, *, force: bool = False
) -> Path:
    """Import a file or folder under a name, by default its own, and return the model's folder.

    Raises `UsageMistake` for a path or name that will not do, `ModelCorrupt` for what is no model.
    """
    path = Path(os.path.expanduser(path))  # noqa: PTH111 - where nobody is called so it stays as it is
    if path.suffix == ".onnx" and is_file(path.parent / GENAI_CONFIG):
        path = path.parent
    if not is_there(path):
        raise UsageMistake(
            f"there is no {path}; name a catalogue model (`agentic-flow models list`), a .gguf"
            f" file or a folder with {GENAI_CONFIG}"
        )
    staging = Staging(places.models, _own_name(path, name, places))
    if is_there(staging.target) and not force:
        raise UsageMistake(
            f"a model called {staging.name} is there already; --force replaces it, --name names another"
        )
    with staging.locked(report), staging.foreseen():
        staging.discard()  # nothing here is worth keeping: the bytes lie on this machine
        origin = Origin(f"{LOCAL_PATH}{path.resolve()}", None, None)
        try:
            if is_folder(path):
                return _import_folder(path, staging, origin, report)
            return _import_gguf(path, staging, origin, report)
        except BaseException:
            staging.discard()
            raise


def _own_name(path: Path, name: str | None, places: Places) -> str:
    """Return the name to import under: the given one, or the path's, put into the allowed characters."""
    own = path.resolve().stem if is_file(path) else path.resolve().name
    wanted = name if name is not None else re.sub(r"[^a-z0-9._-]+", "-", own.lower()).strip("-._")
    if not NAME.fullmatch(wanted):
        raise UsageMistake(f"{wanted!r} cannot be a model's name; use --name with a-z, 0-9, '.', '_' and '-'")
    if load_catalog(places).get(wanted) is not None:
        raise UsageMistake(f"{wanted} is a model of the catalogue; give this one another name with --name")
    return wanted


def _import_gguf(path: Path, staging: Staging, origin: Origin, report: Report) -> Path:
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise ModelCorrupt(
                f"{path} is not a GGUF file; a .gguf file or a folder with {GENAI_CONFIG} can be imported"
            )
    size = path.stat().st_size
    staging.check_space(2 * size)  # 4 bits may become 8; more become fewer
    meter = Meter(Stage.VERIFYING, size, report)
    original = FileRecord(size, sha256_of(path, lambda done: meter.at(path.name, done)))
    meter.end()
    return finish_gguf(staging, path, original, origin, report)


def _import_folder(path: Path, staging: Staging, origin: Origin, report: Report) -> Path:
    """Copy the files of known kinds right in the folder. Links are followed: hub caches are made of them."""
    check_genai(path)
    there = sorted(each for each in path.iterdir() if is_file(each))
    wanted = [each for each in there if each.name.endswith(KINDS)]
    if left := [each.name for each in there if each not in wanted]:
        report(Notice(f"left out, being no weights, graphs or tokenizers: {', '.join(left)}"))
    total = sum(each.stat().st_size for each in wanted)
    staging.check_space(total)
    folder = staging.begin_model()
    meter = Meter(Stage.COPYING, total, report)
    for each in wanted:
        shutil.copyfile(each, folder / each.name)
        meter.at(each.name, each.stat().st_size)
    meter.end()
    meter = Meter(Stage.VERIFYING, total, report)
    files = record_files(folder, meter.at)
    meter.end()
    return finish_genai(staging, folder, files, origin)
