"""`manifest.json` in a model's folder: where its files came from, and what they must be.

It is written last, so a folder that has one is whole.
"""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_file
from agentic_flow.weights.digest import sha256_of, sync

MANIFEST = "manifest.json"
_VERSION = 1

LOCAL_PATH = "the local path "
"""How a source begins that is a path on this machine."""


@frozen
class FileRecord:
    """What a file must be: its size in bytes and its sha256."""

    size: int
    sha256: str


@frozen
class Manifest:
    """A ready model's papers."""

    name: str
    """The folder's name: the model's, or `model@variant`."""
    licence: str | None
    """None: nobody said."""
    source: str
    """In words: a repository, packages, a path on this machine."""
    commit: str | None
    """The hub's commit, where there was one."""
    created: str
    """UTC, ISO 8601."""
    original: Mapping[str, FileRecord]
    """What was imported, by file name; empty where the files are as they came."""
    files: Mapping[str, FileRecord]

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(record.size for record in self.files.values())


def record_files(folder: Path, on_bytes: Callable[[str, int], None]) -> dict[str, FileRecord]:
    """Read every file of a folder once: bring it to disk, and note its size and sha256."""
    records: dict[str, FileRecord] = {}
    for path in sorted(path for path in folder.iterdir() if is_file(path) and path.name != MANIFEST):
        sync(path)
        digest = sha256_of(path, partial(on_bytes, path.name))
        records[path.name] = FileRecord(path.stat().st_size, digest)
    return records


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a folder's manifest, and wait until all of it is on disk."""
    content = {
        "version": _VERSION,
        "name": manifest.name,
        "licence": manifest.licence,
        "source": manifest.source,
        "commit": manifest.commit,
        "created": manifest.created,
        "original": _plain(manifest.original),
        "files": _plain(manifest.files),
    }
    path = folder / MANIFEST
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    sync(path)
    sync(folder)


def read_manifest(folder: Path) -> Manifest | None:
    """Read a folder's manifest; None where there is none. Raises `ModelCorrupt` where it cannot be read."""
    path = folder / MANIFEST
    if not is_file(path):
        return None
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(
            name=content["name"],
            licence=content["licence"],
            source=content["source"],
            commit=content["commit"],
            created=content["created"],
            original=_records(content["original"]),
            files=_records(content["files"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as failure:
        raise ModelCorrupt(f"{path} cannot be read ({failure!r}); download the model again") from failure


def damage(folder: Path, manifest: Manifest, *, hashes: bool = False) -> str | None:
    """Say what is wrong with a folder's files, or None. With `hashes` every byte is read."""
    for name, record in manifest.files.items():
        path = folder / name
        if not is_file(path):
            return f"{name} is missing"
        if (size := path.stat().st_size) != record.size:
            return f"{name} has {size:,} bytes instead of {record.size:,}"
        if hashes and sha256_of(path) != record.sha256:
            return f"{name} does not have the sha256 it was written with"
    return None


def _plain(records: Mapping[str, FileRecord]) -> dict[str, dict[str, int | str]]:
    return {name: {"size": record.size, "sha256": record.sha256} for name, record in records.items()}


def _records(content: Any) -> dict[str, FileRecord]:
    return {
        str(name): FileRecord(int(record["size"]), str(record["sha256"])) for name, record in content.items()
    }
