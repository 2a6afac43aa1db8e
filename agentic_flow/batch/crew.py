"""Entries -> events, done by a crew of threads in this process."""

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

from agentic_flow.batch.entries import Entry
from agentic_flow.batch.events import BatchEvent, Ended, Noted, Started
from agentic_flow.batch.intake import Intake
from agentic_flow.batch.interrupting import StoppedByHand, raise_in, reason_for
from agentic_flow.batch.performing import Prepare, perform
from agentic_flow.core.errors import Interrupted
from agentic_flow.runner.unbegun import unbegun

_GRACE = 10.0
"""Seconds that tasks have to end in order once they were told to."""
_AHEAD = 4
"""Events a hand may be ahead of whoever listens: what is slow to be written holds the tasks up."""


@dataclass(frozen=True, slots=True)
class _Left:
    """A hand has nothing more to do."""

    hand: "_Hand"
    failure: Exception | None = None
    """Why there can be no more, where that is so: the tasks cannot be read on."""


T = TypeVar("T")
_Said = BatchEvent | _Left | Interrupted


class Crew:
    """`jobs` threads that do one task after another."""

    def __init__(self, prepare: Prepare, jobs: int) -> None:
        self._prepare = prepare
        self._jobs = jobs
        self._said: SimpleQueue[_Said] = SimpleQueue()

    def interrupt(self, stop: Interrupted) -> None:
        """End the batch: nothing more begins, and what runs is told to end. May be called by a handler."""
        self._said.put(stop)

    def work(self, intake: Intake) -> Generator[BatchEvent]:
        """Do all that `intake` gives. Raises what ended it before its time, when all have ended."""
        room = threading.Semaphore(self._jobs * _AHEAD)
        hands = {_Hand(intake, self._prepare, self._said, room) for _ in range(self._jobs)}
        for hand in hands:
            hand.start()
        stopped: Exception | None = None
        end: float | None = None
        while hands:
            said = self._next(end)
            match said:
                case None:
                    for hand in hands:
                        yield from hand.given_up()
                    break
                case _Left():
                    hands.discard(said.hand)
                    stopped = stopped or said.failure
                    if stopped:
                        intake.close()
                case Interrupted():
                    stopped, end = stopped or said, end or time.monotonic() + _GRACE
                    intake.close()
                    for hand in hands:
                        hand.interrupt(reason_for(said))
                case _:
                    room.release()
                    yield said
        if stopped:
            raise stopped

    def _next(self, end: float | None) -> _Said | None:
        try:
            return self._said.get(timeout=None if end is None else max(0.0, end - time.monotonic()))
        except Empty:
            return None


class _Hand:
    """One thread of the crew."""

    def __init__(
        self, intake: Intake, prepare: Prepare, said: "SimpleQueue[_Said]", room: threading.Semaphore
    ) -> None:
        self._intake = intake
        self._prepare = prepare
        self._said = said
        self._room = room
        self._doing: Entry | None = None
        self._door = threading.Lock()
        self._open = self._told = False
        self._failure: type[Interrupted] | None = None
        # A daemon: one that hears nothing, in a call that never ends, must not keep the process.
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def interrupt(self, failure: type[Interrupted]) -> None:
        """Let the task that runs here, if one does, end with `failure`."""
        with self._door:
            if self._open and not self._told:
                raise_in(self._thread, failure)
            self._told = True

    def given_up(self) -> Generator[Ended]:
        """Say of a task that does not end by itself that it was left."""
        entry = self._doing
        if entry is not None:
            failure = StoppedByHand()
            yield Ended(entry, unbegun(entry.agent, failure.outcome, str(failure)))

    def _work(self) -> None:
        failure: Exception | None = None
        try:
            self._do_tasks()
        except Exception as caught:  # noqa: BLE001  (it is raised where the batch is watched)
            failure = caught
        self._said.put(_Left(self, failure))

    def _do_tasks(self) -> None:
        while (entry := self._interruptibly(self._intake.take)) is not None:
            self._doing = entry
            self._say(Started(entry))
            ended = self._interruptibly(partial(perform, entry, self._prepare, self._warn))
            if ended is not None:
                self._say(ended)
                self._doing = None
        for ended in self.given_up():
            self._say(ended)

    def _interruptibly(self, call: Callable[[], T]) -> T | None:
        """Return what `call` does; None where it was told to end before it had done it."""
        done: list[T] = []
        try:
            with self._door:
                if self._told:
                    return None
                self._open = True
            done.append(call())
            with self._door:
                self._open = False
            self._hear()
        except Interrupted:
            pass
        return done[0] if done else None

    def _hear(self) -> None:
        """Do nothing; but what was raised from outside is heard no later than here."""

    def _warn(self, text: str) -> None:
        if self._doing is not None:
            self._say(Noted(self._doing, text))

    def _say(self, event: BatchEvent) -> None:
        self._room.acquire()
        self._said.put(event)
