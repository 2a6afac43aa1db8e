"""Who tries first where checks tell a wrong answer, and who takes over from whom. Pure: chance and price."""

import math
from collections.abc import Sequence
from decimal import Decimal

from agentic_flow.core.values import Candidate, Decision, Target

_EQUAL = 1.4
"""Log odds that an answer passes where strength and difficulty are equal: four of five."""
_STEP = 0.1
"""By how much harder a task is for each unit of log odds lost. Judgements, both, like the strengths."""
_LEAST_CHANCE = 0.1
"""Whoever is less likely to pass does not try, even for nothing."""


def first_try(difficulty: float, able: Sequence[Candidate], chosen: Candidate) -> Candidate:
    """Return who tries first where a check tells a wrong answer, and `chosen` would answer without one.

    From the chosen one down, each cheaper model comes before the others where its try costs less than what
    it is likely to spare. Where the chosen one costs nothing it is time that is spared.
    """
    free = not chosen.cost_usd

    def price(candidate: Candidate) -> float:
        return (candidate.latency_s or 0) if free else float(candidate.cost_usd or 0)

    first, expected = chosen, price(chosen)
    cheaper = [each for each in able if each.cost_usd is not None and price(each) < expected]
    for candidate in sorted(cheaper, key=price, reverse=True):
        chance = _chance(candidate, difficulty)
        if chance >= _LEAST_CHANCE and price(candidate) < chance * expected:
            first, expected = candidate, price(candidate) + (1 - chance) * expected
    return first


def _chance(candidate: Candidate, difficulty: float) -> float:
    return 1 / (1 + math.exp(-((candidate.strength or 0) - difficulty) / _STEP - _EQUAL))


def climb(decision: Decision) -> tuple[Target, ...]:
    """Return the stronger candidates that can serve, cheapest first, each stronger than the one before.

    Between equals in price the stronger comes first, so no step is taken twice for the same money.
    """
    able = [each for each in decision.candidates if each.obstacle is None]
    reached = max((each.strength or 0 for each in able if each.target == decision.target), default=0)
    steps: list[Target] = []
    for candidate in sorted(able, key=_cost_then_strength):
        if candidate.target != decision.target and (candidate.strength or 0) > reached:
            steps.append(candidate.target)
            reached = candidate.strength or 0
    return tuple(steps)


def _cost_then_strength(candidate: Candidate) -> tuple[bool, Decimal, float]:
    """Order by price, the unknown last, and then by strength."""
    cost = candidate.cost_usd
    return (cost is None, cost or Decimal(0), -(candidate.strength or 0))
