"""Who tries first where checks tell a wrong answer, how often, and who is next. Pure: chance and price."""

import math
from collections.abc import Callable, Sequence
from decimal import Decimal

from agentic_flow.core.values import Candidate, Decision, Target

_EQUAL = 1.4
"""Log odds that an answer passes where strength and difficulty are equal: four of five."""
_LESSON = 1.4
"""Log odds that a failure takes from the next answer of the same model: one of two where they are equal."""
_STEP = 0.1
"""By how much harder a task is for each unit of log odds lost. Judgements, all three, like the strengths."""
_LEAST_CHANCE = 0.1
"""Whoever is less likely to pass does not try, even for nothing."""
_PATIENCE = 2
"""Answers of a model that has a stronger one behind it: a second failure is one too many."""

_Price = Callable[[Candidate], float]


def first_try(difficulty: float, able: Sequence[Candidate], chosen: Candidate) -> Candidate:
    """Return who tries first where a check tells a wrong answer, and `chosen` would answer without one.

    From the chosen one down, each cheaper model comes before the others where its try costs less than what
    it is likely to spare. Where the chosen one costs nothing it is time that is spared.
    """
    price = _price_of(chosen)
    first, expected = chosen, _expected(difficulty, [chosen], price)
    cheaper = [each for each in able if each.cost_usd is not None and price(each) < price(chosen)]
    for candidate in sorted(cheaper, key=price, reverse=True):
        chance = _chance(candidate, difficulty)
        if _spares(price(candidate), chance, expected):
            first, expected = candidate, price(candidate) + (1 - chance) * expected
    return first


def patience(decision: Decision, target: Target, behind: Sequence[Target]) -> int:
    """Return after how many answers of `target` the first of `behind` takes over.

    A second one is asked for where it costs less than what it is likely to spare, by the same measure as a
    first, and where nobody knows.
    """
    weighed = {each.target: each for each in decision.candidates if each.cost_usd is not None}
    known = [weighed[each] for each in (target, *behind) if each in weighed]
    if decision.profile is None or len(known) <= len(behind):
        return _PATIENCE
    own, *above = known
    difficulty, price = decision.profile.difficulty, _price_of(above[0])
    again = _chance(own, difficulty, failures=1)
    return _PATIENCE if _spares(price(own), again, _expected(difficulty, above, price)) else 1


def _price_of(stronger: Candidate) -> _Price:
    """Return what an answer costs that may spare one of `stronger`: money, or time where that is free."""
    if stronger.cost_usd:
        return lambda each: float(each.cost_usd or 0)
    return lambda each: each.latency_s or 0


def _spares(price: float, chance: float, expected: float) -> bool:
    """Say whether an answer at a price is worth it before what is `expected` to be paid without it."""
    return chance >= _LEAST_CHANCE and price < chance * expected


def _expected(difficulty: float, ladder: Sequence[Candidate], price: _Price) -> float:
    """Return what is likely to be paid until one of a ladder passes; the last of it repairs once."""
    *others, last = ladder
    expected = price(last) * (2 - _chance(last, difficulty))
    for each in reversed(others):
        expected = price(each) + (1 - _chance(each, difficulty)) * expected
    return expected


def _chance(candidate: Candidate, difficulty: float, *, failures: int = 0) -> float:
    lead = ((candidate.strength or 0) - difficulty) / _STEP
    return 1 / (1 + math.exp(_LESSON * failures - lead - _EQUAL))


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
