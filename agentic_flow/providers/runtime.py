"""What every model runtime here has in common: how it is kept quiet, and its failures in our words."""

import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from agentic_flow.core.errors import FlowError, LocalModelProblem, NotEnoughMemory

FATAL = 4
"""The runtimes' own log level: what goes wrong is said by us, once, and not by it on stderr."""

SPIN = "50"
"""Microseconds for which an idle thread waits awake. On a quiet machine as fast as the runtimes' own, longer
wait; on a busy one, where waiting threads take the processor from working ones, twice as fast."""

_NO_MEMORY = ("bad_alloc", "Failed to allocate memory", "Cannot allocate memory")


class Refused(Exception):
    """A runtime's own words for what went wrong."""


class Interrupt(Exception):
    """The work was interrupted by `Generation.interrupt`."""


def silence() -> None:
    """Tell the library, which hears it as it loads, to report nothing.

    Otherwise it keeps an identity for this machine in the person's cache folder and tells its makers what is
    run here.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # noqa: TID251  (said to the library, not read)


def failing(folder: Path) -> Callable[[str], FlowError]:
    """Return what says that the runtime failed on a model, given its words."""

    def failed(reason: str) -> FlowError:
        return LocalModelProblem(
            f"the model runtime failed on {folder.name} ({reason}); "
            "run it again, and if it persists choose another model"
        )

    return failed


@contextmanager
def translated(otherwise: Callable[[str], FlowError]) -> Generator[None]:
    """Say in our errors what the runtime says in words."""
    try:
        yield
    except Refused as refused:
        reason = " ".join(str(refused).split())
        if any(sign in reason for sign in _NO_MEMORY):
            raise NotEnoughMemory(
                "the local model did not get the memory it asked for; close other programs, "
                "lower --max-tokens or choose a smaller model"
            ) from refused
        raise otherwise(reason) from refused
