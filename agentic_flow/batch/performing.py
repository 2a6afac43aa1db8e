"""One entry -> its result, whatever happens to it. Used alike on this machine and on a cluster."""

from collections.abc import Callable

from agentic_flow.batch.entries import Entry
from agentic_flow.batch.events import BatchEvent, Ended, Noted, Started
from agentic_flow.batch.interrupting import StoppedByHand
from agentic_flow.core.errors import FlowError, UsageMistake
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import RunResult, Task
from agentic_flow.core.wishes import Wish
from agentic_flow.runner import Deps, run_to_its_end
from agentic_flow.runner.unbegun import unbegun

Prepare = Callable[[Entry, Wish], tuple[Task, Deps]]
"""Reads what a task needs, as its entry wishes, and names the parts of its run. Raises `FlowError`."""


def perform(entry: Entry, prepare: Prepare, warn: Callable[[str], None]) -> Ended:
    """Do what an entry asks for. It raises nothing but what ends the whole process."""
    if entry.wish is None:
        return Ended(entry, unbegun(None, Outcome.USAGE, f"{entry.place}: {entry.problem}"))
    try:
        return Ended(entry, _run(entry, entry.wish, prepare, warn))
    except UsageMistake as mistake:  # a run has none; what it was made from has
        return Ended(entry, unbegun(entry.wish.agent, mistake.outcome, f"{entry.place}: {mistake}"))
    except FlowError as failure:
        return Ended(entry, unbegun(entry.wish.agent, failure.outcome, str(failure)))
    except Exception as bug:  # noqa: BLE001  (one task's bug is not the end of the others)
        return Ended(entry, unbegun(entry.wish.agent, Outcome.INTERNAL, type(bug).__name__), bug)


def _run(entry: Entry, wish: Wish, prepare: Prepare, warn: Callable[[str], None]) -> RunResult:
    task, deps = prepare(entry, wish)
    return run_to_its_end(task, deps, warn)


class Tasks:
    """What a crew does with the entries of a batch."""

    def __init__(self, prepare: Prepare, ended: Callable[[RunResult], None]) -> None:
        """Tell `ended` how each task ended, at once."""
        self._prepare = prepare
        self._ended = ended

    def begun(self, job: Entry) -> BatchEvent:
        """Say that a task has begun."""
        return Started(job)

    def do(self, job: Entry, tell: Callable[[BatchEvent], None]) -> BatchEvent:
        """Do a task."""
        ended = perform(job, self._prepare, lambda text: tell(Noted(job, text)))
        self._ended(ended.result)
        return ended

    def given_up(self, job: Entry) -> BatchEvent:
        """Say of a task that does not end by itself that it was left."""
        failure = StoppedByHand()
        return Ended(job, unbegun(job.agent, failure.outcome, str(failure)))
