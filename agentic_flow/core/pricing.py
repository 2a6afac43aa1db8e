"""What tokens cost: rates with tiers, and the price of a finished call. Money is `Decimal` throughout."""

from decimal import Decimal

from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Usage

_MILLION = Decimal(1_000_000)

RateShape = str | list[str | list[int | str]]
"""A rate as JSON holds it: `"2.5"`, or with tiers `["0.1", [100000, "0.5"]]`: from more than 100,000 input
tokens on, 0.5."""


@frozen
class Rate:
    """US dollars a million tokens. With more than `tiers[i][0]` input tokens, all cost `tiers[i][1]`."""

    base: Decimal
    tiers: tuple[tuple[int, Decimal], ...] = ()

    def at(self, input_tokens: int) -> Decimal:
        """Return the rate that a call with a prompt of `input_tokens` pays."""
        reached = [rate for start, rate in self.tiers if input_tokens > start]
        return reached[-1] if reached else self.base

    @property
    def shape(self) -> RateShape:
        """The rate as JSON holds it."""
        if not self.tiers:
            return str(self.base)
        tiers: list[list[int | str]] = [[start, str(rate)] for start, rate in self.tiers]
        return [str(self.base), *tiers]


def read_rate(shape: RateShape) -> Rate:
    """Read a rate as JSON holds it."""
    if isinstance(shape, str):
        return Rate(Decimal(shape))
    base, *tiers = shape
    return Rate(Decimal(str(base)), tuple((int(tier[0]), Decimal(str(tier[1]))) for tier in tiers))


@frozen
class Price:
    """What a model's tokens cost."""

    input: Rate
    output: Rate
    cache_read: Rate
    cache_write: Rate
    request: Decimal = Decimal(0)
    """US dollars for the call itself, whatever its length."""

    def cost(self, usage: Usage) -> Decimal:
        """Return what a finished call costs, in US dollars."""
        size = usage.input_tokens
        fresh = size - usage.cached_input_tokens - usage.cache_write_tokens
        return self.request + (
            (
                fresh * self.input.at(size)
                + usage.cached_input_tokens * self.cache_read.at(size)
                + usage.cache_write_tokens * self.cache_write.at(size)
                + usage.output_tokens * self.output.at(size)
            )
            / _MILLION
        )

    def worst(self, input_tokens: int, output_tokens: int) -> Decimal:
        """Return the most a call can cost, in US dollars: all of the prompt written to the cache."""
        dearest = max(self.input.at(input_tokens), self.cache_write.at(input_tokens))
        tokens = input_tokens * dearest + output_tokens * self.output.at(input_tokens)
        return self.request + tokens / _MILLION


_NOTHING = Rate(Decimal(0))
FREE = Price(_NOTHING, _NOTHING, _NOTHING, _NOTHING)
