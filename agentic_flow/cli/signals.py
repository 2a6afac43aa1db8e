"""SIGINT and SIGTERM end a run in order: as an error in the main thread, once; the second time at once."""

import signal
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from agentic_flow.core.errors import Interrupted, Terminated

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Generator[None]:
    """Raise `Interrupted` or `Terminated` where the main thread stands when a signal comes."""

    def interrupt(failure: Interrupted) -> None:
        raise failure

    with told(interrupt):
        yield


@contextmanager
def told(hear: Callable[[Interrupted], None]) -> Generator[None]:
    """Call `hear` when a signal comes: in the main thread, between any two of its steps."""

    def handle(number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)  # a second signal does not wait for the tidy end
        hear(_meaning(number))

    before = {number: signal.signal(number, handle) for number in _CAUGHT}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop_catching() -> None:
    """Let the next signal end the process at once."""
    for number in _CAUGHT:
        signal.signal(number, signal.SIG_DFL)


def _meaning(number: int) -> Interrupted:
    if number != signal.SIGINT:
        return Terminated(f"stopped by {signal.Signals(number).name}; no file was written after it")
    return Interrupted("stopped by Ctrl-C; no file was written after it")
