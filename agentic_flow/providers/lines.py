"""Connections that are kept between calls: whoever calls borrows one, and gives it back when all was heard.

A kept connection spares the next call its greeting, and the provider a connection for every task of a batch.
What is kept goes to the same place with the same key, and no longer than a server surely waits.
"""

import threading
import time
import weakref
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager, suppress
from typing import Generic, Protocol, TypeVar

from agentic_flow.core.errors import ProviderUnavailable

LONGEST_IDLE = 4.0
"""Seconds. Common servers hang up on who is silent for 5; a request that meets that end may be lost."""


class Keepable(Protocol):
    """A connection."""

    @property
    def idle(self) -> bool:
        """Whether it is open and waits for a call."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


L = TypeVar("L", bound=Keepable)


class Lines(Generic[L]):
    """Idle connections by the place that they go to. Threads share it; each connection is one borrower's.

    All are closed with `close`, and no later than with the last reference to this or the end of the process.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: dict[Hashable, list[tuple[L, float]]] = {}
        """The one that was used last stands last: the others come of age."""
        weakref.finalize(self, _close_all, self._idle)

    @contextmanager
    def borrowed(self, place: Hashable, open_line: Callable[[], L]) -> Generator[L]:
        """Lend the newest connection to `place`, else what `open_line` makes.

        It is kept afterwards where its last reply was heard to the end, a refusal included.
        """
        line = self._take(place) or open_line()
        try:
            yield line
        except ProviderUnavailable:
            self._give_back(place, line)
            raise
        except BaseException:
            line.close()
            raise
        self._give_back(place, line)

    def forget(self, place: Hashable) -> None:
        """Close what is kept for a place: its server seems to have hung up on all of them."""
        with self._lock:
            dropped = self._idle.pop(place, [])
        _close(dropped)

    def close(self) -> None:
        """Close all that is kept. What is lent is its borrower's."""
        with self._lock:
            dropped = [kept for lines in self._idle.values() for kept in lines]
            self._idle.clear()
        _close(dropped)

    def _take(self, place: Hashable) -> L | None:
        self._drop_old()
        with self._lock:
            lines = self._idle.get(place)
            return lines.pop()[0] if lines else None

    def _give_back(self, place: Hashable, line: L) -> None:
        if not line.idle:
            line.close()
            return
        with self._lock:
            self._idle.setdefault(place, []).append((line, self._clock()))
        self._drop_old()

    def _drop_old(self) -> None:
        """Close what is of age, wherever it goes to: a place may never be asked again."""
        since = self._clock() - LONGEST_IDLE
        dropped: list[tuple[L, float]] = []
        with self._lock:
            for place, lines in list(self._idle.items()):
                while lines and lines[0][1] < since:
                    dropped.append(lines.pop(0))
                if not lines:
                    del self._idle[place]
        _close(dropped)


def _close_all(idle: dict[Hashable, list[tuple[L, float]]]) -> None:
    for lines in idle.values():
        _close(lines)


def _close(lines: list[tuple[L, float]]) -> None:
    for line, _ in lines:
        with suppress(OSError):
            line.close()
