"""Where the results of a batch go: a file, or stdout; and stdout for what a file does not take."""

import json
import os

from agentic_flow.batch.entries import Entry
from agentic_flow.batch.events import Ended
from agentic_flow.batch.results import ResultsFile
from agentic_flow.cli.console import close_stdout, put_bytes, say
from agentic_flow.cli.shapes import batch_shape
from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import RunResult

_USED_UP = frozenset(
    outcome.status for outcome in (Outcome.OK, Outcome.INCOMPLETE, Outcome.OUTPUT, Outcome.CHECK)
)
"""How tasks end by their answers. After any other end those that are paid are good for the next try."""


def line_of(entry: Entry, result: RunResult) -> bytes:
    """Return a result as it is written, right behind its end: it says how its context files stand then."""
    context = ""
    if entry.wish is not None and entry.wish.context and result.status == Outcome.OK.status:
        from agentic_flow.wiring.context import context_digest

        context = context_digest(entry.wish.context)
    shape = batch_shape(Ended(entry, result), context)
    return json.dumps(shape, ensure_ascii=False).encode("utf-8", "replace")


class Lines:
    """Results as lines: what the ledger keeps of a run and what is written in the end are made once."""

    def __init__(self) -> None:
        self._made: dict[str, bytes] = {}

    def make(self, entry: Entry, result: RunResult) -> bytes:
        """Return the line of a result that will be asked for once more."""
        return self.keep(result.run_id, line_of(entry, result))

    def keep(self, run_id: str, line: bytes) -> bytes:
        """Take a line as it was made elsewhere, and return it."""
        self._made[run_id] = line
        return line

    def take(self, ended: Ended) -> bytes:
        """Return the line of a task that has ended."""
        return self._made.pop(ended.result.run_id, None) or line_of(ended.entry, ended.result)


class Sink:
    """Takes each result as it comes."""

    def __init__(self, file: ResultsFile | None, lines: Lines) -> None:
        self._file = file
        self._lines = lines
        self.closed = False
        """Whether nobody reads any more what is written."""
        self.failure: OutputProblem | None = None
        """Why a result is not in the file, where one is not."""

    def put(self, ended: Ended) -> None:
        """Write one result as one line."""
        line = self._lines.take(ended)
        if self._file is None:
            self._print(line)
            return
        try:
            self._file.put(line, ended.entry.id if ended.result.status in _USED_UP else None)
        except OutputProblem as failure:
            if self.failure is None:
                say(f"warning: {failure}; what it does not take goes to stdout")
            self.failure = failure
            self._print(line)

    def _print(self, line: bytes) -> None:
        if self.closed:
            return
        try:
            put_bytes(line + b"\n")
        except BrokenPipeError:
            close_stdout()
            self.closed = self._file is None
        except OSError as failure:
            message = f"stdout cannot be written ({os.strerror(failure.errno or 0)})"
            raise OutputProblem(message) from failure
