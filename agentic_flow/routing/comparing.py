"""Who could serve and was not asked -> why not, in a few words. Pure."""

from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.values import Candidate
from agentic_flow.routing.strategies import MONEY_DECIDES, Strategy, need_of

BY_RULE = "a rule chose"
_WORSE = {
    Strategy.COST_OPTIMIZED: "dearer",
    Strategy.BALANCED: "worth less in money and time",
    Strategy.QUALITY: "no stronger, and dearer or slower",
    Strategy.SPEED: "slower",
    Strategy.PRIVACY: "slower",
}


def why_not(candidate: Candidate, wished: Candidate, profile: TaskProfile, strategy: Strategy) -> str:
    """Say why a candidate that could serve is not the one that the strategy wishes for."""
    strength, most = candidate.strength or 0, wished.strength or 0
    if candidate.target == wished.target:
        return "the choice without checks; cheaper ones try first"
    if strategy is Strategy.QUALITY and strength < most:
        return "weaker"
    need = need_of(profile, strategy)
    if strength < need and strength <= most:
        return f"too weak: {strength:.2f}, where {need:.2f} is asked for"
    if strength > most and strength >= need > most:
        return "kept for harder tasks"
    cost, price = candidate.cost_usd, wished.cost_usd
    if strategy is Strategy.COST_OPTIMIZED and cost is not None and price is not None and cost <= price:
        return "as dear, and slower" if cost == price else "cheaper; the reason says why not"
    if cost is None and strategy in MONEY_DECIDES:
        return "nobody knows its price"
    return _WORSE[strategy]
