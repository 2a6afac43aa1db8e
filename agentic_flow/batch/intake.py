"""The tasks still to be done: many hands take from it, and it can be closed at any time."""

import threading
from collections.abc import Collection, Iterator

from agentic_flow.batch.entries import Entry
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import RunResult


class Intake:
    """Gives each entry to one taker, in order, reading no further than it is asked; less those `done`.

    After `most_failures` there are no more; None: however many fail.
    """

    def __init__(
        self, entries: Iterator[Entry], done: Collection[str] = (), most_failures: int | None = None
    ) -> None:
        self._entries = entries
        self._done = done
        self._failures_left = most_failures
        self._lock = threading.Lock()
        self._closed = False
        self.taken = 0

    def take(self) -> Entry | None:
        """Return the next entry; None when there is none, or none is to be begun any more."""
        with self._lock:
            while not self._closed:
                entry = next(self._entries, None)
                if entry is None:
                    self._closed = True
                elif entry.id is None or entry.id not in self._done:
                    self.taken += 1
                    return entry
            return None

    def ended(self, result: RunResult) -> None:
        """Hear how a task ended, before whoever did it takes another."""
        if self._failures_left is None or result.status == Outcome.OK.status:
            return
        with self._lock:
            self._failures_left -= 1
            self._closed = self._closed or self._failures_left <= 0

    def close(self) -> None:
        """Let nothing more begin. It waits for nobody: the next entry may be a long time coming."""
        self._closed = True
