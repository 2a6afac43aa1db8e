"""Bytes -> a file, whole or not at all: what goes wrong leaves what was there, and nothing beside it."""

import os
import stat
from contextlib import suppress
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


def write_whole(path: Path, content: bytes, mode: int | None = None) -> None:
    """Put `content` in place of what `path` holds, whose mode stays unless one is given. Raises `OSError`."""
    passing = path.parent / f".{os.urandom(8).hex()}.part"
    handle = os.open(passing, _NEW, 0o666 if mode is None else mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        if mode is None:
            with suppress(FileNotFoundError):
                passing.chmod(stat.S_IMODE(path.stat().st_mode))
        passing.replace(path)
    except BaseException:
        passing.unlink(missing_ok=True)
        raise


def write_privately(path: Path, text: str) -> None:
    """Write what its owner alone can read, and make the folder where there is none. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(path, text.encode(), 0o600)
