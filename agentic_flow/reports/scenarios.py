"""A load of work, ways to share it out, prices -> what each way costs. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from agentic_flow.core.frozen import frozen
from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.values import Target, Usage

Pricing = Callable[[Target, Usage], Decimal | None]
"""What one call costs; None when nobody knows."""
Choosing = Callable[[TaskProfile], Target]


@frozen
class Load:
    """So many calls of one kind."""

    calls: Decimal
    """May be a fraction: a share of a month."""
    usage: Usage
    """Of one call."""
    profile: TaskProfile

    @property
    def tokens(self) -> Decimal:
        """Of all its calls."""
        return self.calls * (self.usage.input_tokens + self.usage.output_tokens)


@frozen
class Costing:
    """What one way of sharing the work out costs."""

    name: str
    shares: Mapping[Target, Decimal]
    """The part of all tokens that each model reads and writes."""
    cost_usd: Decimal | None
    """None where a price is not known."""

    def saves(self, base: "Costing") -> Decimal | None:
        """Return the part of the base's cost that this saves; negative where it costs more."""
        if self.cost_usd is None or not base.cost_usd:
            return None
        return 1 - self.cost_usd / base.cost_usd


def month_of(tokens: int, mix: Sequence[tuple[Decimal, TaskProfile]]) -> list[Load]:
    """Share the tokens of a month out over kinds of tasks; a weight says how many tasks are of a kind."""
    one = sum(weight * (profile.prompt_tokens + profile.expected_output_tokens) for weight, profile in mix)
    return [
        Load(
            calls=weight * tokens / one,
            usage=Usage(profile.prompt_tokens, profile.expected_output_tokens),
            profile=profile,
        )
        for weight, profile in mix
    ]


def shared(name: str, loads: Iterable[Load], shares: Mapping[Target, Decimal], price: Pricing) -> Costing:
    """Cost a fixed share of every kind of work for each model."""
    costs = [
        _cost(load, share, price(target, load.usage)) for load in loads for target, share in shares.items()
    ]
    return Costing(name, shares, _sum(costs))


def chosen(name: str, loads: Sequence[Load], choose: Choosing, price: Pricing) -> Costing:
    """Cost what a router would choose for each kind of work."""
    costs: list[Decimal | None] = []
    tokens: dict[Target, Decimal] = {}
    for load in loads:
        target = choose(load.profile)
        tokens[target] = tokens.get(target, Decimal(0)) + load.tokens
        costs.append(_cost(load, Decimal(1), price(target, load.usage)))
    whole = sum(tokens.values(), Decimal(0)) or Decimal(1)
    by_share = sorted(tokens.items(), key=lambda pair: -pair[1])
    return Costing(name, {target: part / whole for target, part in by_share}, _sum(costs))


def _cost(load: Load, share: Decimal, price: Decimal | None) -> Decimal | None:
    return None if price is None else load.calls * share * price


def _sum(costs: Sequence[Decimal | None]) -> Decimal | None:
    known = [cost for cost in costs if cost is not None]
    return sum(known, Decimal(0)) if len(known) == len(costs) else None
