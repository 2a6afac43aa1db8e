"""SIGINT and SIGTERM end a run in order: as an error in the main thread, once; the second time at once."""

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType

from agentic_flow.core.errors import Interrupted, Terminated

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Generator[None]:
    """Raise `Interrupted` or `Terminated` where the main thread stands when a signal comes."""
    before = {number: signal.signal(number, _interrupt) for number in _CAUGHT}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def stop_catching() -> None:
    """Let the next signal end the process at once."""
    for number in _CAUGHT:
        signal.signal(number, signal.SIG_DFL)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)  # a second signal does not wait for the tidy end
    if number != signal.SIGINT:
        raise Terminated(f"stopped by {signal.Signals(number).name}; no file was written after it")
    raise Interrupted("stopped by Ctrl-C; no file was written after it")
