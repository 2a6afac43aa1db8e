"""A file of results -> the id of the batch that it belongs to, so that a limit holds over every going on.

It is kept in the person's own folder, not with the results: these hold a result a line and nothing else, and
a batch that was killed before its first result has spent money, too.
"""

import hashlib
import os
import secrets
from pathlib import Path

from agentic_flow.core.errors import OutputProblem

_FOLDER = "batches"


def batch_id(results: Path | None, data: Path, *, goes_on: bool) -> str:
    """Return the id of the batch with these results; a new one for a batch that begins.

    Raises `OutputProblem` where the person's own folder does not take it.
    """
    fresh = secrets.token_hex(8)
    if results is None:
        return fresh
    if goes_on and (known := known_batch(results, data)):
        return known
    try:
        _keep(_note(results, data), fresh)
    except OSError as failure:
        raise OutputProblem(
            f"which batch this is cannot be kept in {str(_note(results, data))!r} ({failure.strerror});"
            " set XDG_DATA_HOME to a folder of yours"
        ) from failure
    return fresh


def known_batch(results: Path, data: Path) -> str | None:
    """Return the id of the newest batch with these results; None where there was none."""
    try:
        return _note(results, data).read_text(encoding="ascii") or None
    except (OSError, UnicodeDecodeError):
        return None


def _note(results: Path, data: Path) -> Path:
    return data / _FOLDER / hashlib.sha256(os.fsencode(results.resolve())).hexdigest()[:32]


def _keep(note: Path, name: str) -> None:
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    passing = note.with_suffix(f".{name}")
    with passing.open("w", encoding="ascii") as file:
        file.write(name)
        file.flush()
        os.fsync(file.fileno())
    passing.replace(note)
