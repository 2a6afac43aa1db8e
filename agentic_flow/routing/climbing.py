"""Decision -> who takes over where its target has used its attempts: the next stronger ones. Pure."""

from decimal import Decimal

from agentic_flow.core.values import Candidate, Decision, Target


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
