"""Jobs -> events, done by a crew of threads in this process. It does not know what a job is."""

import threading
import time
from collections.abc import Callable, Generator
from functools import partial
from queue import Empty, SimpleQueue
from typing import Generic, Protocol, TypeVar

from agentic_flow.batch.interrupting import StoppedByHand, loads_module, raise_in, reason_for
from agentic_flow.core.errors import Interrupted
from agentic_flow.core.frozen import frozen
from agentic_flow.core.waiting import NAP

_GRACE = 10.0
"""Seconds that jobs have to end in order once they were told to."""
_LOADING = 5.0
"""Seconds of them that a job may take to load a module to its end."""
_MOMENT = 0.01
_APART = 0.002
"""Seconds between the first jobs of two hands, about what a job computes before it waits for an answer.

All at once they would take turns at it, and none would wait for its answer before nearly all do.
"""
_AHEAD = 4
"""Events a hand may be ahead of whoever listens: what is slow to be written holds the jobs up."""

T = TypeVar("T")
J = TypeVar("J")
E = TypeVar("E")
J_co = TypeVar("J_co", covariant=True)
J_contra = TypeVar("J_contra", contravariant=True)
E_co = TypeVar("E_co", covariant=True)


class Jobs(Protocol[J_co]):
    """What there is to do; many hands take from it, and it can be closed at any time."""

    def take(self) -> J_co | None:
        """Return the next job; None when there is none, or none is to be begun any more."""
        ...

    def close(self) -> None:
        """Let nothing more begin."""
        ...


class Craft(Protocol[J_contra, E_co]):
    """What is done with a job, and what is said of it."""

    def begun(self, job: J_contra) -> E_co | None:
        """Say that a job has begun; None: there is nothing to say."""
        ...

    def do(self, job: J_contra, tell: Callable[[E_co], None]) -> E_co:
        """Do a job and say how it ended; `tell` takes what there is to say meanwhile."""
        ...

    def given_up(self, job: J_contra) -> E_co:
        """Say of a job that was stopped, or does not end by itself, that it was left."""
        ...


@frozen
class _Said(Generic[E]):
    event: E


@frozen
class _Left(Generic[J, E]):
    """A hand has nothing more to do."""

    hand: "_Hand[J, E]"
    failure: Exception | None = None
    """Why there can be no more, where that is so: the jobs cannot be read on."""


class Crew(Generic[J, E]):
    """`jobs` threads that do one job after another."""

    def __init__(self, craft: Craft[J, E], jobs: int) -> None:
        self._craft = craft
        self._jobs = jobs
        self._heard: SimpleQueue[_Said[E] | _Left[J, E] | Interrupted] = SimpleQueue()

    def interrupt(self, stop: Interrupted) -> None:
        """End it all: nothing more begins, and what runs is told to end. May be called by a handler."""
        self._heard.put(stop)

    def work(self, intake: Jobs[J]) -> Generator[E]:
        """Do all that `intake` gives. Raises what ended it before its time, when all have ended.

        Whoever stops listening stops it: nothing more begins, and what runs is told to end. It is waited
        for, as it has yet to note what it spent; Ctrl-C ends the waiting.
        """
        room = threading.Semaphore(self._jobs * _AHEAD)
        hands = {_Hand(intake, self._craft, self._heard, room) for _ in range(self._jobs)}
        left = threading.Event()
        for place, hand in enumerate(hands):
            hand.start(partial(left.wait, place * _APART), left.set)
        stopped: Exception | None = None
        end: float | None = None
        try:
            while hands:
                heard = self._next(end)
                match heard:
                    case None:
                        for hand in hands:
                            yield from hand.given_up()
                        hands.clear()
                    case _Left():
                        hands.discard(heard.hand)
                        stopped = stopped or heard.failure
                        if stopped:
                            intake.close()
                    case Interrupted():
                        stopped, end = stopped or heard, end or time.monotonic() + _GRACE
                        intake.close()
                        for hand in hands:
                            hand.interrupt(reason_for(heard))
                    case _:
                        room.release()
                        yield heard.event
        finally:
            if hands:
                intake.close()
                room.release(self._jobs * _AHEAD)  # nobody listens: no hand waits to be heard
                for hand in hands:
                    hand.interrupt(StoppedByHand)
                end = time.monotonic() + _GRACE
                for hand in hands:
                    hand.join(max(0.0, end - time.monotonic()))
        if stopped:
            raise stopped

    def _next(self, end: float | None) -> _Said[E] | _Left[J, E] | Interrupted | None:
        """Return what comes next, or None at the `end`."""
        while True:
            left = NAP if end is None else max(0.0, min(NAP, end - time.monotonic()))
            try:  # a signal that another thread took, or that came just before this, wakes nobody here
                return self._heard.get(timeout=left)
            except Empty:
                if end is not None and time.monotonic() >= end:
                    return None


class _Hand(Generic[J, E]):
    """One thread of the crew."""

    def __init__(
        self,
        intake: Jobs[J],
        craft: Craft[J, E],
        heard: "SimpleQueue[_Said[E] | _Left[J, E] | Interrupted]",
        room: threading.Semaphore,
    ) -> None:
        self._intake = intake
        self._craft = craft
        self._heard = heard
        self._room = room
        self._doing: list[J] = []
        self._door = threading.Lock()
        self._open = self._told = False

    def start(self, wait: Callable[[], object], leave: Callable[[], None]) -> None:
        """Begin, once `wait` has returned; `leave` is called when there is nothing more to do."""
        # A daemon: one that hears nothing, in a call that never ends, must not keep the process.
        self._thread = threading.Thread(target=self._work, args=(wait, leave), daemon=True)
        self._thread.start()

    def interrupt(self, failure: type[Interrupted]) -> None:
        """Let the job that runs here, if one does, end with `failure`: at once, or behind an import."""
        end = time.monotonic() + _LOADING
        while not self._tell(failure, anyhow=time.monotonic() >= end):
            time.sleep(_MOMENT)

    def _tell(self, failure: type[Interrupted], *, anyhow: bool) -> bool:
        with self._door:
            if self._open and not self._told:
                if loads_module(self._thread) and not anyhow:
                    return False
                raise_in(self._thread, failure)
            self._told = True
        return True

    def join(self, seconds: float) -> None:
        """Wait until it has left."""
        self._thread.join(seconds)

    def given_up(self) -> Generator[E]:
        """Say of a job that does not end by itself that it was left."""
        for job in list(self._doing):
            yield self._craft.given_up(job)

    def _work(self, wait: Callable[[], object], leave: Callable[[], None]) -> None:
        failure: Exception | None = None
        try:
            wait()
            self._do_jobs()
        except Exception as caught:  # noqa: BLE001  (it is raised where the crew is watched)
            failure = caught
        leave()  # whoever has not begun yet finds nothing either
        self._heard.put(_Left(self, failure))

    def _do_jobs(self) -> None:
        while (job := self._interruptibly(self._intake.take)) is not None:
            self._doing = [job]
            begun = self._craft.begun(job)
            if begun is not None:
                self._say(begun)
            ended = self._interruptibly(partial(self._craft.do, job, self._say))
            if ended is not None:
                self._say(ended)
                self._doing = []
        for left in self.given_up():
            self._say(left)

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

    def _say(self, event: E) -> None:
        self._room.acquire()
        self._heard.put(_Said(event))
