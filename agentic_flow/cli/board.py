"""What stderr says about a batch: a line a task, or on a terminal a table that lives; the sum at the end."""

import sys
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, assert_never

from agentic_flow.batch.events import BatchEvent, Ended, Noted, Started
from agentic_flow.batch.tally import Tally
from agentic_flow.cli.console import notes, say, visible
from agentic_flow.core.budgets import dollars
from agentic_flow.core.outcome import Outcome

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

_REFRESH = 4
"""Drawings of the table a second."""
_NAMED = 3
"""Tasks that the sum of a warning names."""


class Board:
    """Tells how a batch goes on. `quiet` keeps only failures, and no table."""

    def __init__(self, tally: Tally, *, quiet: bool) -> None:
        self._tally = tally
        self._quiet = quiet
        self._lives = sys.stderr.isatty() and not quiet
        self._live: Live | None = None
        self._warned: dict[str, dict[str | None, None]] = {}
        """Each warning, and the tasks it was said of, in their order; None: of the batch."""

    def __enter__(self) -> Self:
        if self._lives:
            from rich.live import Live

            self._live = Live(
                get_renderable=self._table, console=notes(), refresh_per_second=_REFRESH, transient=True
            )
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, where: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def about(self, event: BatchEvent) -> None:
        """Say what a person would want to know of this event."""
        match event:
            case Ended():
                result = event.result
                if result.exit_code:
                    name = "" if event.entry.id is None else f"{event.entry.id}: "
                    self._line(f"{self._count()} {result.status}: {name}{result.error}")
                elif not self._quiet and not self._lives:
                    cost = "unknown" if result.cost_usd is None else dollars(result.cost_usd)
                    took = f"{result.duration_ms / 1000:.1f} s"
                    self._line(f"{self._count()} {result.status}: {event.entry.id} ({took}, cost {cost})")
            case Noted():
                self.warn(event.text, event.entry.id)
            case Started():
                pass
            case _:
                assert_never(event)

    def warn(self, text: str, task: str | None = None) -> None:
        """Say what a person should know, once however many tasks say it: of the others the sum tells."""
        if self._quiet:
            return
        if text not in self._warned:
            self._line(f"warning: {text}" if task is None else f"warning: {task}: {text}")
        self._warned.setdefault(text, {})[task] = None

    def summary(self) -> Iterator[str]:
        """Yield the lines that say what the batch came to."""
        tally = self._tally
        for text, (_, *more) in self._warned.items():
            if others := [task for task in more if task is not None]:
                named = ", ".join(others[:_NAMED]) + (", ..." if len(others) > _NAMED else "")
                count = f"{len(others)} more task{'' if len(others) == 1 else 's'}"
                yield f"warning: {count} ({named}): {text}"
        said = [f"{count} {status}" for status, count in sorted(tally.statuses.items())]
        said += [f"{tally.kept} done before"] if tally.kept else []
        said += [f"{tally.left} not begun"] if tally.left else []
        yield f"{_of(tally.total, tally.ended + tally.kept)}: {', '.join(said) or 'nothing to do'}"
        usage = tally.usage
        cost = dollars(tally.spent) + (f" and {tally.unpriced} unknown" if tally.unpriced else "")
        yield (
            f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"
            f" ({tally.tokens_a_second:.0f} a second), {tally.seconds:.1f} s, cost {cost}"
        )

    def _count(self) -> str:
        total = self._tally.total
        return f"[{self._tally.ended + self._tally.kept}/{'?' if total is None else total}]"

    def _line(self, text: str) -> None:
        if self._live is None:
            say(text)
        else:
            from rich.text import Text

            self._live.console.print(Text(visible(text)))

    def _table(self) -> "Table":
        from rich.table import Table

        tally = self._tally
        table = Table.grid(padding=(0, 2))
        left = tally.seconds_left
        cells = {
            "done": f"{tally.statuses[Outcome.OK.status] + tally.kept}{_slash(tally.total)}",
            "running": str(tally.running),
            "failed": str(tally.failed),
            "cost": dollars(tally.spent) + ("+?" if tally.unpriced else ""),
            "tokens/s": f"{tally.tokens_a_second:.0f}",
            "time": _clock(tally.seconds),
            "left": "-" if left is None else _clock(left),
        }
        table.add_row(*cells)
        table.add_row(*cells.values())
        return table


def _of(total: int | None, number: int) -> str:
    known = number if total is None else total
    return f"{known:,} task{'' if known == 1 else 's'}"


def _slash(total: int | None) -> str:
    return "" if total is None else f"/{total}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
