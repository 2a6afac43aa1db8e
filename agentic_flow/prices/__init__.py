"""A model -> what its tokens cost, or unknown. Pure but for reading the shipped table once.

The table is dated and generated (`make prices`) from genai-prices (MIT). What a provider says it charged
is always better than what stands here.
"""

import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import NotRequired, TypedDict

from agentic_flow.core.names import LOCAL, SCRIPTED
from agentic_flow.core.pricing import FREE, Price, Rate, RateShape, read_rate
from agentic_flow.core.values import Target

__all__ = [
    "FREE",
    "TABLE",
    "Price",
    "PriceShape",
    "Rate",
    "RateShape",
    "RowShape",
    "TableShape",
    "price_of",
    "table_date",
]

TABLE = Path(__file__).with_name("table.json")
_ALWAYS = date.min
_NOTHING = Rate(Decimal(0))

PriceShape = TypedDict(
    "PriceShape",
    {
        "from": NotRequired[str],
        "in": RateShape,
        "out": NotRequired[RateShape],
        "read": NotRequired[RateShape],
        "write": NotRequired[RateShape],
    },
)


class RowShape(TypedDict):
    """A model's line in the table."""

    match: list[str]
    prices: list[PriceShape]


class TableShape(TypedDict):
    """The whole table: the day it was made, where it is from, and rows by provider."""

    dated: str
    source: str
    providers: dict[str, list[RowShape]]


def price_of(
    target: Target, day: date, overrides: Mapping[str, Price] | None = None, live: Price | None = None
) -> Price | None:
    """Return what `target` costs on `day` (UTC): nothing for local models, None when nobody knows.

    `overrides` maps `provider/model` to a price: the person's own word, which wins over all others. `live`
    is what the provider itself lists, which wins over the shipped table.
    """
    if target.provider in (LOCAL, SCRIPTED):
        return FREE
    if overrides and (price := overrides.get(str(target))):
        return price
    if live is not None:
        return live
    return _listed(target, day)


def table_date() -> date:
    """Return the day the shipped table was made."""
    return date.fromisoformat(_table()["dated"])


@cache
def _table() -> TableShape:
    table: TableShape = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


@lru_cache(256)
def _listed(target: Target, day: date) -> Price | None:
    """Return what the table says; every call of a batch asks for the same few."""
    matching = [
        (pattern == target.model, len(pattern), row["prices"])
        for row in _table()["providers"].get(target.provider, [])
        for pattern in row["match"]
        if _matches(pattern, target.model)
    ]
    if not matching:
        return None
    # The name itself before any pattern, and the narrower pattern before the wider.
    _, _, prices = max(matching, key=lambda match: match[:2])
    return _on(prices, day)


def _matches(pattern: str, model: str) -> bool:
    """Patterns are `name`, `prefix*` or `/regular expression/`."""
    if pattern.startswith("/"):
        return re.search(pattern[1:-1], model) is not None
    if pattern.endswith("*"):
        return model.startswith(pattern[:-1])
    return model == pattern


def _on(prices: list[PriceShape], day: date) -> Price:
    """Return the newest price that holds on `day`; before the first listed change, the first."""
    valid = [price for price in prices if date.fromisoformat(price.get("from", _ALWAYS.isoformat())) <= day]
    shape = valid[-1] if valid else prices[0]
    base = read_rate(shape["in"])
    return Price(
        input=base,
        output=read_rate(shape["out"]) if "out" in shape else _NOTHING,
        cache_read=read_rate(shape["read"]) if "read" in shape else base,
        cache_write=read_rate(shape["write"]) if "write" in shape else base,
    )
