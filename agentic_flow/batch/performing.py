"""One entry -> its result, whatever happens to it. Used alike on this machine and on a cluster."""

from collections.abc import Callable
from contextlib import closing

from agentic_flow.batch.entries import Entry
from agentic_flow.batch.events import Ended
from agentic_flow.core.errors import FlowError, UsageMistake
from agentic_flow.core.events import RunFinished, Warned
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import RunResult, Task
from agentic_flow.core.wishes import Wish
from agentic_flow.runner import Deps, run
from agentic_flow.runner.unbegun import unbegun

Prepare = Callable[[Wish], tuple[Task, Deps]]
"""Reads what a task needs, and names the parts of its run. Raises `FlowError`."""


def perform(entry: Entry, prepare: Prepare, warn: Callable[[str], None]) -> Ended:
    """Do what an entry asks for. It raises nothing but what ends the whole process."""
    if entry.wish is None:
        return Ended(entry, unbegun(None, Outcome.USAGE, f"{entry.place}: {entry.problem}"))
    try:
        return Ended(entry, _run(entry.wish, prepare, warn))
    except UsageMistake as mistake:  # a run has none; what it was made from has
        return Ended(entry, unbegun(entry.wish.agent, mistake.outcome, f"{entry.place}: {mistake}"))
    except FlowError as failure:
        return Ended(entry, unbegun(entry.wish.agent, failure.outcome, str(failure)))
    except Exception as bug:  # noqa: BLE001  (one task's bug is not the end of the others)
        return Ended(entry, unbegun(entry.wish.agent, Outcome.INTERNAL, type(bug).__name__), bug)


def _run(wish: Wish, prepare: Prepare, warn: Callable[[str], None]) -> RunResult:
    task, deps = prepare(wish)
    with closing(run(task, deps)) as events:
        for event in events:
            if isinstance(event, RunFinished):
                return event.result
            if isinstance(event, Warned):
                warn(event.text)
    message = "a run ended without saying how"
    raise RuntimeError(message)
