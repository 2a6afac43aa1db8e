"""What was used and spent by day, project, agent and model: kept as calls end, so that no report has to scan.

They outlive the runs that history forgets.
"""

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from agentic_flow.core.frozen import frozen
from agentic_flow.core.remembered import Total
from agentic_flow.core.values import Target, Usage
from agentic_flow.ledger import money
from agentic_flow.ledger.words import storable

_ADD = """
INSERT INTO totals VALUES (:day, :project, :agent, :provider, :model, :calls, :input_tokens, :output_tokens,
  :cached_input_tokens, :cache_write_tokens, :spent, :unpriced, :saved, :assumed)
ON CONFLICT DO UPDATE SET calls = calls + :calls, spent = spent + :spent, unpriced = unpriced + :unpriced,
  saved = saved + :saved, assumed = assumed + :assumed, input_tokens = input_tokens + :input_tokens,
  output_tokens = output_tokens + :output_tokens,
  cached_input_tokens = cached_input_tokens + :cached_input_tokens,
  cache_write_tokens = cache_write_tokens + :cache_write_tokens
"""


@frozen
class Totalled:
    """What totals are parted by: one row."""

    day: str
    project: str
    agent: str
    provider: str
    model: str


@frozen
class Added:
    """What goes onto a row. Amounts are picodollars; they may be negative, to correct."""

    calls: int = 1
    spent: int = 0
    unpriced: int = 0
    """Calls of which nobody knows the cost."""
    saved: int = 0
    assumed: int = 0
    """Of `spent`, what nobody knows and is counted as the most that it can have been."""


def add(db: sqlite3.Connection, key: Totalled, usage: Usage, added: Added) -> None:
    """Add to a row, which begins at nothing."""
    names = {name: storable(value) for name, value in row_of(key).items()}
    db.execute(_ADD, {**names, **row_of(usage), **row_of(added)})


def row_of(value: Totalled | Usage | Added) -> dict[str, Any]:
    """Return the fields of a flat value by name. Every call pays for it, and `asdict` looks into each."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


def totals(db: sqlite3.Connection, since: str | None, until: str | None) -> Iterator[Total]:
    """Yield the rows of the days from `since` up to `until`, both included (2026-11-25), by day."""
    rows = db.execute(
        "SELECT day, project, agent, provider, model, calls, input_tokens, output_tokens,"
        " cached_input_tokens, cache_write_tokens, spent, unpriced, saved, assumed FROM totals"
        " WHERE day >= ? AND day <= ? ORDER BY day",
        (since or "", until or "9999"),
    )
    for day, project, agent, provider, model, calls, *numbers in rows:
        tokens, (spent, unpriced, saved, assumed) = numbers[:4], numbers[4:]
        yield Total(
            day=day,
            project=project,
            agent=agent,
            target=Target(provider, model),
            calls=calls,
            usage=Usage(*tokens),
            spent_usd=money.dollars(spent),
            unpriced=unpriced,
            saved_usd=money.dollars(saved) if saved else Decimal(0),
            assumed_usd=money.dollars(assumed) if assumed else Decimal(0),
        )
