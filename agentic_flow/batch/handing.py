"""What the ledger keeps of a batch's tasks until their results are safe in the file; what a stop left of it.

A result's line is in the ledger as soon as its run has ended, so a kill loses none: the batch that goes on
writes it. Of a run that was killed before its end, the answers that are paid are given again.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from agentic_flow.batch.entries import Entry
from agentic_flow.batch.results import ResultsFile
from agentic_flow.core.errors import LedgerProblem, UsageMistake
from agentic_flow.core.ports import Ledger


class Handing:
    """Hands the results of one batch over, from the ledger to the file."""

    def __init__(self, ledger: Ledger, batch: str) -> None:
        self._ledger = ledger
        self.batch = batch
        """What the ledger calls it."""

    def go_on(
        self, file: ResultsFile, wanted: Mapping[str, str], done: Collection[str]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Write what a stop kept from being written; return the tasks of that, and those that had only begun.

        `wanted` are the tasks, id to digest; `done` those whose result is in the file. What is kept of a task
        that has changed goes; of one that is not there any more it stays, in case it comes back. Raises
        `OutputProblem` where the disk does not take it, and `LedgerProblem`.
        """
        lines = self._ledger.unwritten(self.batch)
        answered = self._ledger.answered(self.batch)
        wrote = self._ledger.written_for(self.batch)
        missing = {
            each.origin.task: each.line
            for each in lines
            if wanted.get(each.origin.task) == each.origin.digest and each.origin.task not in done
        }
        for line in missing.values():
            file.put(line)
        file.sync()  # also what was written in the last second before the stop
        kept = {*(each.origin for each in lines), *answered}
        changed = {each.task for each in kept if wanted.get(each.task, each.digest) != each.digest}
        over = {*missing, *changed, *({each.task for each in kept} & set(done))}
        self.written(over)
        return frozenset(missing), frozenset(each.task for each in answered).difference(over) | wrote

    def line(self, entry: Entry) -> bytes | None:
        """Return the line that is kept of an entry; None where there is none."""
        with suppress(LedgerProblem):
            for each in self._ledger.unwritten(self.batch):
                if (each.origin.task, each.origin.digest) == (entry.id, entry.digest):
                    return each.line
        return None

    def written(self, tasks: Collection[str]) -> None:
        """Let go of what is kept of tasks. Where the ledger fails, it is let go of when the batch goes on."""
        with suppress(LedgerProblem):
            self._ledger.written(self.batch, tasks)


def begin_anew(ledger: Ledger, batch: str, file: Path | None) -> None:
    """Let go of all that is kept of a batch in whose place another one begins.

    Raises `UsageMistake` where its results were to go to `file`, which is still there.
    """
    with suppress(LedgerProblem):
        if file is not None and (lines := ledger.unwritten(batch)):
            results = "1 result" if len(lines) == 1 else f"{len(lines)} results"
            raise UsageMistake(
                f"{results} of a batch that was stopped can still be written to {str(file)!r};"
                " go on with --resume, or remove the file to begin anew"
            )
        ledger.abandon(batch)
