"""Totals -> a report: sums by day, provider, model, agent and project, beside the budgets."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from functools import reduce

from agentic_flow.core.budgets import Room
from agentic_flow.core.frozen import frozen
from agentic_flow.core.remembered import Total


class Grouping(StrEnum):
    """What sums are parted by."""

    DAY = "day"
    PROVIDER = "provider"
    MODEL = "model"
    AGENT = "agent"
    PROJECT = "project"


_NAMES: Mapping[Grouping, Callable[[Total], str]] = {
    Grouping.DAY: lambda total: total.day,
    Grouping.PROVIDER: lambda total: total.target.provider,
    Grouping.MODEL: lambda total: str(total.target),
    Grouping.AGENT: lambda total: total.agent,
    Grouping.PROJECT: lambda total: total.project,
}


@frozen
class Sum:
    """What one group used and spent."""

    name: str
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    spent_usd: Decimal = Decimal(0)
    unpriced: int = 0
    """Calls of which nobody knows the cost."""
    saved_usd: Decimal = Decimal(0)
    """What answers from the cache would have cost."""
    assumed_usd: Decimal = Decimal(0)
    """Of `spent_usd`, what nobody knows and is counted as the most that it can have been."""

    @property
    def tokens(self) -> int:
        """Read and written together."""
        return self.input_tokens + self.output_tokens

    def plus(self, total: Total) -> "Sum":
        """Return the sum with one more row in it."""
        return Sum(
            self.name,
            self.calls + total.calls,
            self.input_tokens + total.usage.input_tokens,
            self.output_tokens + total.usage.output_tokens,
            self.spent_usd + total.spent_usd,
            self.unpriced + total.unpriced,
            self.saved_usd + total.saved_usd,
            self.assumed_usd + total.assumed_usd,
        )


@frozen
class Report:
    """All sums over a time, and what the budgets leave now."""

    since: str
    """The first day, UTC."""
    until: str
    total: Sum
    by: Mapping[Grouping, Sequence[Sum]]
    budgets: Sequence[Room]


def report(totals: Iterable[Total], budgets: Sequence[Room], since: str | None, until: str) -> Report:
    """Sum up what was used and spent. Without `since`, the report begins with the first day there is."""
    rows = list(totals)
    first = since or min((row.day for row in rows), default=until)
    return Report(
        since=first,
        until=until,
        total=reduce(Sum.plus, rows, Sum("total")),
        by={grouping: sums(rows, grouping) for grouping in Grouping},
        budgets=budgets,
    )


def sums(totals: Iterable[Total], grouping: Grouping) -> list[Sum]:
    """Sum up by `grouping`: days in their order, all else the dearest first."""
    found: dict[str, Sum] = {}
    for total in totals:
        name = _NAMES[grouping](total)
        found[name] = found.get(name, Sum(name)).plus(total)
    if grouping is Grouping.DAY:
        return [found[day] for day in sorted(found)]
    return sorted(found.values(), key=lambda each: (-each.spent_usd, -each.tokens, each.name))
