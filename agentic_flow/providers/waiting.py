"""A blocking call in a thread beside the one that waits: signals and time limits act while it runs.

Python serves a signal only in its main thread and only between two of its instructions, so a native
call of many seconds there would hold up a Ctrl-C. Here the main thread sleeps where a signal wakes it.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, Generic, TypeVar

from agentic_flow.core.errors import LimitReached
from agentic_flow.core.waiting import NAP

T = TypeVar("T")
_unwanted: "set[Errand[Any]]" = set()
"""Those under way whose result nobody waits for any more."""


def _nap(left: float | None) -> float:
    return NAP if left is None else min(left, NAP)


def pause(seconds: float) -> None:
    """Sleep, in naps."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(_nap(left))


def works_for_nobody() -> bool:
    """Say whether a call is under way whose result nobody waits for any more."""
    return bool(_unwanted)


def begin_thread(work: Callable[[], object]) -> threading.Thread:
    """Begin a thread for what the runtime does.

    The end of the process waits for it: ending it while the runtime works crashes it. So it is no daemon,
    as a thread is by itself that a daemon begins.
    """
    thread = threading.Thread(target=work, daemon=False)
    thread.start()
    return thread


class Deadline:
    """The end of the time that is left of what a person gave, `seconds` from now. None: there is none."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds
        self.doing = "answers"
        """What the local model is at, as the failure says it."""

    def left(self) -> float | None:
        """Return the seconds left, or None without a limit. Raises `LimitReached` when none are left."""
        if self._end is None:
            return None
        left = self._end - time.monotonic()
        if left <= 0:
            raise LimitReached(
                f"the time limit is up while the local model {self.doing};"
                " raise --timeout or choose a smaller model"
            )
        return left


class Errand(Generic[T]):
    """A call that has been sent off."""

    def __init__(self, call: Callable[[], T]) -> None:
        """Send it off. It is under way on return, so whatever keeps Python's lock now does not delay it."""
        self._future: Future[T] = Future()
        self._begun = threading.Event()
        begin_thread(lambda: self._run(call))
        self._begun.wait()

    def _run(self, call: Callable[[], T]) -> None:
        self._begun.set()
        try:
            self._future.set_result(call())
        except BaseException as failure:  # noqa: BLE001  (it is raised where the result is asked for)
            self._future.set_exception(failure)

    def result(self, deadline: Deadline) -> T:
        """Wait for the call and return or raise what it did. Raises `LimitReached` at the deadline."""
        while not wait([self._future], _nap(deadline.left())).done:
            deadline.left()
        return self._future.result()

    def join(self) -> None:
        """Wait until the call has ended, however it ended."""
        wait([self._future])

    def abandon(self, dispose: Callable[[T], None]) -> None:
        """Want the result no longer: `dispose` of it when it comes, or now when it is there."""

        def drop(future: "Future[T]") -> None:
            if future.exception() is None:
                dispose(future.result())
            _unwanted.discard(self)

        _unwanted.add(self)
        self._future.add_done_callback(drop)
