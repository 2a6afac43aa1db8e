"""What a batch is held to as a whole, and what it goes on with where an earlier start of it was stopped."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from decimal import Decimal
from functools import cache
from typing import Any

from agentic_flow.batch.entries import Entry
from agentic_flow.batch.events import Ended
from agentic_flow.batch.handing import Handing
from agentic_flow.batch.results import Before, ResultsFile
from agentic_flow.cli.sink import Lines
from agentic_flow.core.budgets import Limit
from agentic_flow.core.errors import LedgerProblem
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import RunResult, Usage

_MOST_NAMES = 3


@frozen
class Stand:
    """How far a batch has come."""

    done: frozenset[str] = frozenset()
    """Tasks whose results are in the file."""
    begun: frozenset[str] = frozenset()
    """Tasks without a good result of which an answer is paid, or files may be there."""
    remarks: tuple[str, ...] = ()
    """What a person should know of that."""

    def marked(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """Yield the entries, those that were begun marked so."""
        return (replace(entry, begun=True) if entry.id in self.begun else entry for entry in entries)


@frozen
class Books:
    """The limits of a batch, and what the ledger keeps of it; nothing where nobody can go on with it."""

    limits: tuple[Limit, ...]
    handing: Handing | None = None
    lines: Lines = field(default_factory=Lines)

    @property
    def batch(self) -> str | None:
        """What the ledger calls the batch, where it keeps anything."""
        return None if self.handing is None else self.handing.batch

    def go_on(self, file: ResultsFile | None, wanted: Mapping[str, str] | None, before: Before) -> Stand:
        """Write what a stop kept from being written, and say what is done again though it was done.

        `wanted` is None for a batch that begins.
        """
        stand = self._caught_up(file, wanted, before.done)
        again = _again(len(before.changed - stand.done))
        return replace(stand, remarks=(*stand.remarks, *again))

    def _caught_up(
        self, file: ResultsFile | None, wanted: Mapping[str, str] | None, done: frozenset[str]
    ) -> Stand:
        if file is None or wanted is None or self.handing is None:
            return Stand(done)
        try:
            written, begun = self.handing.go_on(file, wanted, done)
        except LedgerProblem as problem:
            return Stand(done, remarks=(f"{problem}; what was paid before a stop may be asked for again",))
        if not written:
            return Stand(done, begun)
        what = "1 result" if len(written) == 1 else f"{len(written)} results"
        remark = f"{what} of before the stop had still to be written, and can be read in the file now"
        return Stand(done | written, begun, (remark,))

    def handed_in(self, entry: Entry) -> Ended | None:
        """Return how a task ended whose worker was lost behind its end."""
        line = None if self.handing is None else self.handing.line(entry)
        if line is None:
            return None
        said: Any = json.loads(line)
        self.lines.keep(said["run_id"], line)
        return Ended(entry, _counted(said))


def _again(tasks: int) -> tuple[str, ...]:
    """Say that so many tasks are done, and paid, once more."""
    if not tasks:
        return ()
    which = "1 task that was done is" if tasks == 1 else f"{tasks} tasks that were done are"
    return (f"{which} done again: what is asked for, in its line or by an option, has changed",)


def strayed_from(contexts: Mapping[str, str], entries: Iterator[Entry]) -> tuple[str, ...]:
    """Say of which tasks that are done the context is not what its digest in `contexts` says any more.

    They are not done again for it: where tasks change what others are shown, each start would pay anew.
    """
    if not contexts:
        return ()
    from agentic_flow.wiring.context import context_digest

    now = cache(context_digest)  # tasks often share their files
    asked = {entry.id: tuple(entry.wish.context) for entry in entries if entry.id in contexts and entry.wish}
    names = [name for name, patterns in asked.items() if name and now(patterns) != contexts[name]]
    if not names:
        return ()
    shown = ", ".join(names[:_MOST_NAMES]) + (", ..." if len(names) > _MOST_NAMES else "")
    which, what = ("a task that is", "its result")
    if len(names) > 1:
        which, what = (f"{len(names)} tasks that are", "their results")
    return (f"the context of {which} done has changed since ({shown}); remove {what} to have it done again",)


def _counted(said: Mapping[str, Any]) -> RunResult:
    """Return of a result as it is written what a batch counts and tells."""
    usage, cost = said["usage"], said["cost_usd"]
    return RunResult(
        run_id=said["run_id"],
        status=said["status"],
        exit_code=said["exit_code"],
        agent=said["agent"],
        usage=Usage(**usage),
        cost_usd=None if cost is None else Decimal(str(cost)),
        duration_ms=said["duration_ms"],
        error=said["error"],
    )
