"""What a download says of itself while it runs: a closed set of events, given to one callback."""

import time
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from threading import Lock

from agentic_flow.core.frozen import frozen

_WINDOW = 5.0
"""Seconds over which the speed is averaged."""
_EVERY = 0.1
"""Seconds between two reports: what an eye can follow."""


class Stage(StrEnum):
    """What is going on, in the words a person reads."""

    DOWNLOADING = "downloading"
    VERIFYING = "verifying"
    IMPORTING = "importing"
    COPYING = "copying"


@frozen
class Notice:
    """A sentence for the person."""

    text: str


@frozen
class Step:
    """How far a stage has come: bytes `done` of `total`, at `speed` bytes a second, None while unknown."""

    stage: Stage
    done: int
    total: int
    speed: float | None = None


DownloadEvent = Notice | Step
Report = Callable[[DownloadEvent], None]


class Meter:
    """Adds up the bytes of several files, from several threads, and reports at a pace an eye can follow."""

    def __init__(self, stage: Stage, total: int, report: Report) -> None:
        self._stage = stage
        self._total = total
        self._report = report
        self._files: dict[str, int] = {}
        self._seen: deque[tuple[float, int]] = deque()
        self._lock = Lock()
        self._next = 0.0

    def at(self, file: str, done: int, *, moved: bool = True) -> None:
        """Note that `done` bytes of `file` are there; without `moved` they say nothing of the speed."""
        with self._lock:
            before = self._files.get(file, 0)
            self._files[file] = done
            if not moved:
                self._seen = deque((when, seen + done - before) for when, seen in self._seen)
            now = time.monotonic()
            if now >= self._next:
                self._next = now + _EVERY
                self._tell(now)

    def end(self) -> None:
        """Report the last state, whatever the pace."""
        with self._lock:
            self._tell(time.monotonic())

    def _tell(self, now: float) -> None:
        done = sum(self._files.values())
        self._seen.append((now, done))
        while now - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        since, first = self._seen[0]
        speed = (done - first) / (now - since) if now > since else None
        self._report(Step(self._stage, done, self._total, speed))
