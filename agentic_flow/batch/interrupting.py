"""An error raised in another thread, as a signal raises it in the main one.

Stages are written so that a signal may end them anywhere, in order: what they hold is let go of, what is
half done is undone, and the run says how it ended. Here the threads of a batch get the same treatment. A
thread notices as soon as it is back in Python, so every long wait is made of short ones.
"""

import ctypes
import sys
import threading

from agentic_flow.core.errors import Interrupted, Terminated


class StoppedByHand(Interrupted):
    """Ctrl-C, as one of many tasks or calls hears of it."""

    def __init__(self) -> None:
        super().__init__("stopped by Ctrl-C with all that was under way; no file was written after it")


class StoppedFromOutside(Terminated):
    """SIGTERM, as one of many tasks or calls hears of it."""

    def __init__(self) -> None:
        super().__init__("stopped by a signal with all that was under way; no file was written after it")


def reason_for(signal: Interrupted) -> type[Interrupted]:
    """Return what tasks are told when `signal` ends the batch: a class, for each thread to make its own."""
    return StoppedFromOutside if isinstance(signal, Terminated) else StoppedByHand


def raise_in(thread: threading.Thread, failure: type[BaseException]) -> None:
    """Let `thread` raise `failure` at its next step in Python; nothing where it has ended."""
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(failure))


def loads_module(thread: threading.Thread) -> bool:
    """Say whether `thread` is inside an import.

    An error raised there may leave the lock of the module taken: whoever waits for it hears nothing any more.
    """
    # There is no other way to see it.
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
