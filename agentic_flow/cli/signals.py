"""SIGINT and SIGTERM end a run in order: as an error in the main thread, once; the second time at once.

What comes again within a second is the same wish: `timeout` sends its signal to the process and to its group,
and a terminal that closes tells both as well.
"""

import signal
import time
from _thread import get_ident, start_new_thread
from collections.abc import Callable, Generator
from contextlib import contextmanager
from types import FrameType

from agentic_flow.core.errors import Interrupted, Terminated

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ONE_WISH = 1.0
"""Seconds within which a signal that comes again is the same wish."""
_MOMENT = 0.001
_heard: dict[int, float] = {}
"""Signals that have come to this process, and when. Nobody catches them again."""


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

    def handle(number: int, frame: FrameType | None) -> None:
        if _makes_class(frame) and _comes_again(number, here):
            return
        if number in _heard:
            if time.monotonic() - _heard[number] >= _ONE_WISH:  # whoever starts Ray puts this handler back
                signal.signal(number, signal.SIG_DFL)
                signal.raise_signal(number)
            return
        _heard[number] = time.monotonic()
        try:  # not by `threading`, whose locks may be held where this breaks in
            start_new_thread(_let_go, (number,))
        except RuntimeError:  # the machine has no more threads
            signal.signal(number, signal.SIG_DFL)
        hear(_meaning(number))

    here = get_ident()
    before = {number: signal.signal(number, handle) for number in _still_to_hear()}
    try:
        yield
    finally:
        for number, handler in before.items():
            if number not in _heard:  # else it may come again while the end is being told
                signal.signal(number, handler)


def go_on() -> None:
    """Raise once more what has come: whoever was at work then may have told of its own end only."""
    for number in _heard:
        raise _meaning(number)


def stop_catching() -> None:
    """Let the next signal end the process at once."""
    for number in _still_to_hear():
        signal.signal(number, signal.SIG_DFL)


def _still_to_hear() -> list[signal.Signals]:
    """Return the signals still to be heard; not that of a closing terminal where `nohup` hides it."""
    hidden = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return [number for number in _CAUGHT if number not in _heard and not (hidden and number is signal.SIGHUP)]


def _makes_class(frame: FrameType | None) -> bool:
    """Say whether Python 3.11 would take what is raised now for a failure of the class it is making."""
    return frame is not None and frame.f_code.co_name == "__set_name__"


def _comes_again(number: int, thread: int) -> bool:
    """Let a signal come again in a moment; False where the machine has no more threads for that."""
    try:
        start_new_thread(_send_again, (number, thread))
    except RuntimeError:
        return False
    return True


def _send_again(number: int, thread: int) -> None:
    time.sleep(_MOMENT)
    signal.pthread_kill(thread, number)  # so that it wakes from whatever it waits for by then


def _let_go(number: int) -> None:
    """Let a signal that has been heard end the process at once when it comes later.

    Then it does not wait for the tidy end, not even where the main thread is held up outside Python.
    """
    time.sleep(_ONE_WISH)
    import ctypes

    # `signal.signal` is for the main thread alone. NULL is SIG_DFL.
    ctypes.pythonapi.PyOS_setsig(number, None)


def _meaning(number: int) -> Interrupted:
    if number != signal.SIGINT:
        return Terminated(f"stopped by {signal.Signals(number).name}; no file was written after it")
    return Interrupted("stopped by Ctrl-C; no file was written after it")
