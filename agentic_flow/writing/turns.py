"""One write at a time to one folder, among the threads of this process.

Two that make, fill and take back the same folders at once would find each other's half-done work.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakValueDictionary

_REGISTER = threading.Lock()
_TURNS: WeakValueDictionary[Path, threading.Lock] = WeakValueDictionary()


@contextmanager
def turn(root: Path) -> Generator[None]:
    """Wait until nobody else writes to `root`, then have it alone."""
    with _REGISTER:
        lock = _TURNS.setdefault(root.resolve(), threading.Lock())
    with lock:
        yield
