"""Who answers where the chosen one cannot, in the order of a strategy. Pure."""

from collections.abc import Sequence

from agentic_flow.core.names import LOCAL
from agentic_flow.core.values import Candidate, Decision, Target
from agentic_flow.routing.strategies import Strategy, pick


def stand_ins(
    target: Target, decision: Decision, strategy: Strategy, preferred: Sequence[str] = ()
) -> tuple[Target, ...]:
    """Return whom a strategy would choose without `target`, without that one too, and so on.

    What keeps a hosted model from serving keeps the others of its provider from it as a rule: a key, a
    connection. So each hosted provider is asked for one.
    """
    if decision.profile is None:
        return ()
    chain: list[Target] = []
    able = [each for each in decision.candidates if each.obstacle is None]
    while able := _others(able, chain[-1] if chain else target):
        chosen, _ = pick(decision.profile, able, strategy, None, preferred)
        chain.append(chosen.target)
    return tuple(chain)


def _others(candidates: Sequence[Candidate], target: Target) -> list[Candidate]:
    """Return those that may serve where a target does not."""
    if target.provider == LOCAL:
        return [each for each in candidates if each.target != target]
    return [each for each in candidates if each.target.provider != target.provider]
