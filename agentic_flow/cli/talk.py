"""What stderr says about a run: the route, what is going on, files, checks, the end."""

import sys
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Self, assert_never

from agentic_flow.cli.console import notes, say, say_failure, spelled, visible
from agentic_flow.cli.telling import deed
from agentic_flow.core.budgets import dollars
from agentic_flow.core.events import (
    AttemptFailed,
    AttemptStarted,
    CheckFinished,
    FileRefused,
    FileWritten,
    Progress,
    Routed,
    RunEvent,
    RunFinished,
    RunStarted,
    TextDelta,
    Warned,
)
from agentic_flow.core.values import Decision, FileChange, RunResult

if TYPE_CHECKING:
    from rich.status import Status


_MOST_LINES = 40
"""Of what a failed check said; the result object has more."""


class Talk:
    """Lines on stderr; on a terminal also a spinner while nothing else moves.

    `quiet` keeps only failures; `verbose` adds what the choice of the model was made from. Differences are
    shown on a terminal, and anywhere where nothing is written but a `preview` asked for.
    """

    def __init__(self, *, quiet: bool, verbose: bool = False, preview: bool = False) -> None:
        self._compares = preview or sys.stderr.isatty()
        self._compared = ""
        self._quiet = quiet
        self._verbose = verbose
        self._spins = sys.stderr.isatty() and not quiet
        self._spinner: Status | None = None
        self.follows_words = False
        """Whether the line on which the next note would stand has words of the answer on it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, where: TracebackType | None
    ) -> None:
        self.rest()

    def about(self, event: RunEvent) -> None:
        """Say what a person would want to know of this event."""
        match event:
            case RunStarted():
                pass
            case Routed():
                self._note(f"model: {event.decision.target} ({event.decision.reason})")
                if self._verbose:
                    self._explain(event.decision)
            case AttemptStarted():
                self._spin(f"asking {event.target}")
            case Progress():
                self._spin(event.doing)
            case TextDelta():
                self.rest()
            case AttemptFailed():
                if event.then:
                    attempt = event.attempt
                    self.warn(f"{attempt.provider}/{attempt.model}: {attempt.error}; {event.then}")
            case FileWritten():
                self.compare(event.change)
                self._note(f"{deed(event.change)}: {event.change.path} ({event.change.size:,} bytes)")
                for statement in event.change.added:
                    self._note(f"added to {event.change.path}: {statement} (the answer forgot it)")
            case FileRefused():
                self._note(f"refused: {event.path}: {event.reason}")
            case CheckFinished():
                word = "passed" if event.check.passed else f"failed with status {event.check.exit_code}"
                self._note(f"check {word}: {event.check.command}")
                if not event.check.passed and event.check.output_tail:
                    self._note(_end_of(event.check.output_tail.rstrip()))
            case Warned():
                self.warn(event.text)
            case RunFinished():
                self._end(event.result)
            case _:
                assert_never(event)

    def _explain(self, decision: Decision) -> None:
        from agentic_flow.cli.explaining import explain

        for line in explain(decision):
            self._note(line)

    def compare(self, change: FileChange) -> None:
        """Show what is different in a file, where that is wanted, and not twice in a row."""
        if change.diff and change.diff not in self._compared and self._compares:
            diff = change.diff.rstrip("\n")
            self._note(spelled(diff) if sys.stderr.isatty() else diff)
            self._compared += change.diff

    def warn(self, text: str) -> None:
        """Say what a person should know although the run goes on."""
        self._note(f"warning: {text}")

    def _end(self, result: RunResult) -> None:
        self.rest()
        if (saved := result.saved) is not None:
            self._note(
                f"cached: from {saved.source}; the first time it cost {_dollars(saved.cost_usd)}"
                f" and {saved.duration_ms / 1000:.1f} s"
            )
        if result.exit_code:
            if result.usage.known or result.cost_usd != 0:
                self._note(f"used: {_took(result)}")
            self._begin_line()
            say_failure(result.status, result.error or "")
            return
        alone = result.strongest
        strongest = f" ({alone.target} alone: about {dollars(alone.cost_usd)})" if alone else ""
        self._note(f"{result.status}: {_took(result)}{strongest}")

    def _note(self, text: str) -> None:
        self.rest()
        if not self._quiet:
            self._begin_line()
            say(text)

    def _begin_line(self) -> None:
        if self.follows_words:
            self.follows_words = False
            say("")

    def _spin(self, doing: str) -> None:
        if not self._spins:
            return
        from rich.text import Text

        words = Text(visible(doing))  # a plain string would be read as markup
        if self._spinner is None:
            self._spinner = notes().status(words)
            self._spinner.start()
        else:
            self._spinner.update(words)

    def rest(self) -> None:
        """Stop the spinner, so that something else can use the terminal."""
        if self._spinner is not None:
            self._spinner.stop()
            self._spinner = None


def _took(result: RunResult) -> str:
    usage = result.usage
    told = usage.known or result.cached or not result.attempts
    tokens = f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out" if told else "tokens unknown"
    return f"{tokens}, {result.duration_ms / 1000:.1f} s, cost {_dollars(result.cost_usd)}"


def _dollars(amount: Decimal | None) -> str:
    return "unknown" if amount is None else dollars(amount)


def _end_of(said: str) -> str:
    """Return the last lines of what a check said, and how many came before."""
    lines = said.splitlines()
    left_out = len(lines) - _MOST_LINES
    if left_out <= 0:
        return said
    return "\n".join([f"[{left_out:,} lines before these are not shown]", *lines[-_MOST_LINES:]])
