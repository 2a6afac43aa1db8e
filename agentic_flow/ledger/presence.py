"""Which processes still live: each holds a lock on a byte of its own in one file, and death lets it go.

A process id can be given again, a container has ids of its own, a start time needs /proc, and after a
restart all of them begin anew. A lock (fcntl, as SQLite itself uses beside it) needs none of that: the
kernel drops it with the process, however that ends, and whoever opens the same file sees the same locks.
"""

import fcntl
import os
import secrets
import threading
from functools import cache
from pathlib import Path

_ENTERING = threading.Lock()
_BYTES = 2**40
"""Offsets to choose from; no byte is ever written."""


def own_mark(file: Path) -> int:
    """Return this process's mark, and hold it from now on. A fork gets one of its own."""
    return _enter(file)[1]


def is_alive(file: Path, mark: int) -> bool:
    """Tell whether the process of a mark lives."""
    handle, own = _enter(file)
    if mark == own:
        return True
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, mark)
    except (BlockingIOError, PermissionError):
        return True
    fcntl.lockf(handle, fcntl.LOCK_UN, 1, mark)
    return False


def _enter(file: Path) -> tuple[int, int]:
    with _ENTERING:  # a second mark of the same process would look like that of a dead one
        return _entered(str(file), os.getpid())


@cache  # never closed: closing any handle of the file would let all locks of the process go
def _entered(file: str, _process: int) -> tuple[int, int]:
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    while True:
        mark = secrets.randbelow(_BYTES)
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, mark)
        except (BlockingIOError, PermissionError):
            continue
        return handle, mark
