"""Model, Usage -> US dollars, or unknown. Pure but for reading the shipped table once.

The table is dated and generated (`make prices`) from genai-prices (MIT). What a provider says it charged
is always better than what stands here.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict

from agentic_flow.core.values import Target, Usage

TABLE = Path(__file__).with_name("table.json")
_LOCAL = frozenset({"onnx", "scripted"})
_MILLION = Decimal(1_000_000)
_ALWAYS = date.min

RateShape = str | list[str | list[int | str]]
"""`"2.5"`, or with tiers `["0.1", [100000, "0.5"]]`: from more than 100,000 input tokens on, 0.5."""

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


@dataclass(frozen=True, slots=True)
class Rate:
    """US dollars a million tokens. With more than `tiers[i][0]` input tokens, all cost `tiers[i][1]`."""

    base: Decimal
    tiers: tuple[tuple[int, Decimal], ...] = ()

    def at(self, input_tokens: int) -> Decimal:
        """Return the rate that a call with a prompt of `input_tokens` pays."""
        reached = [rate for start, rate in self.tiers if input_tokens > start]
        return reached[-1] if reached else self.base


@dataclass(frozen=True, slots=True)
class Price:
    """What a model's tokens cost."""

    input: Rate
    output: Rate
    cache_read: Rate
    cache_write: Rate

    def cost(self, usage: Usage) -> Decimal:
        """Return what a finished call costs, in US dollars."""
        size = usage.input_tokens
        fresh = size - usage.cached_input_tokens - usage.cache_write_tokens
        return (
            fresh * self.input.at(size)
            + usage.cached_input_tokens * self.cache_read.at(size)
            + usage.cache_write_tokens * self.cache_write.at(size)
            + usage.output_tokens * self.output.at(size)
        ) / _MILLION

    def worst(self, input_tokens: int, output_tokens: int) -> Decimal:
        """Return the most a call can cost, in US dollars: all of the prompt written to the cache."""
        dearest = max(self.input.at(input_tokens), self.cache_write.at(input_tokens))
        return (input_tokens * dearest + output_tokens * self.output.at(input_tokens)) / _MILLION


_NOTHING = Rate(Decimal(0))
FREE = Price(_NOTHING, _NOTHING, _NOTHING, _NOTHING)


def price_of(target: Target, day: date, overrides: Mapping[str, Price] | None = None) -> Price | None:
    """Return what `target` costs on `day` (UTC): nothing for local models, None when nobody knows.

    `overrides` maps `provider/model` to a price and wins over the shipped table.
    """
    if target.provider in _LOCAL:
        return FREE
    if overrides and (price := overrides.get(str(target))):
        return price
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


def table_date() -> date:
    """Return the day the shipped table was made."""
    return date.fromisoformat(_table()["dated"])


@cache
def _table() -> TableShape:
    table: TableShape = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


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
    base = _rate(shape["in"])
    return Price(
        input=base,
        output=_rate(shape["out"]) if "out" in shape else _NOTHING,
        cache_read=_rate(shape["read"]) if "read" in shape else base,
        cache_write=_rate(shape["write"]) if "write" in shape else base,
    )


def _rate(shape: RateShape) -> Rate:
    if isinstance(shape, str):
        return Rate(Decimal(shape))
    base, *tiers = shape
    return Rate(Decimal(str(base)), tuple((int(tier[0]), Decimal(str(tier[1]))) for tier in tiers))
