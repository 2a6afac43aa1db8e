"""TaskProfile, candidates that can serve -> the one to ask, and why. Pure: need, strength, then price."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum

from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.values import Candidate, Priority
from agentic_flow.routing.offers import LOCAL


class Strategy(StrEnum):
    """What weighs most."""

    COST_OPTIMIZED = "cost-optimized"
    BALANCED = "balanced"
    QUALITY = "quality"
    SPEED = "speed"
    PRIVACY = "privacy"

    @classmethod
    def of(cls, priority: Priority) -> "Strategy":
        """Return the strategy that a priority asks for."""
        return cls.COST_OPTIMIZED if priority is Priority.COST else cls(priority.value)


_MARGIN = 0.05
"""By how much more than needed a model has to be, where cost is not what weighs most."""
_DOLLARS_A_SECOND = Decimal("0.00002")
"""What balanced pays for waiting a second less: a tenth of a cent a minute."""
_UNKNOWN = Decimal(1_000_000)

_Rank = Callable[[Candidate], tuple[float | Decimal, ...]]


def pick(profile: TaskProfile, able: Sequence[Candidate], strategy: Strategy) -> tuple[Candidate, str]:
    """Choose among candidates that can serve (at least one), and say why.

    Where none is strong enough the strongest serves, whatever the strategy.
    """
    work = f"{profile.complexity} {profile.task_type}"
    if strategy is Strategy.QUALITY:
        return min(able, key=_strongest), f"{strategy}: the strongest for {profile.task_type}"
    need = profile.difficulty + (0 if strategy is Strategy.COST_OPTIMIZED else _MARGIN)
    enough = [candidate for candidate in able if (candidate.strength or 0) >= need]
    if not enough:
        best = min(able, key=_strongest)
        return best, f"{strategy}: nothing that can serve is strong enough for {work}, this is the strongest"
    rank, words = _RANKS[strategy]
    return min(enough, key=rank), f"{strategy}: {words} of {_counted(enough)} strong enough for {work}"


def _cost(candidate: Candidate) -> Decimal:
    return _UNKNOWN if candidate.cost_usd is None else candidate.cost_usd


def _cheapest(candidate: Candidate) -> tuple[float | Decimal, ...]:
    return (_cost(candidate), candidate.latency_s or 0)


def _fastest(candidate: Candidate) -> tuple[float | Decimal, ...]:
    return (candidate.latency_s or 0, _cost(candidate))


def _strongest(candidate: Candidate) -> tuple[float | Decimal, ...]:
    return (-(candidate.strength or 0), *_cheapest(candidate))


def _best_value(candidate: Candidate) -> tuple[float | Decimal, ...]:
    return (_cost(candidate) + _DOLLARS_A_SECOND * Decimal(candidate.latency_s or 0),)


_RANKS: dict[Strategy, tuple[_Rank, str]] = {
    Strategy.COST_OPTIMIZED: (_cheapest, "the cheapest"),
    Strategy.BALANCED: (_best_value, "the best value in money and time"),
    Strategy.SPEED: (_fastest, "the fastest"),
    Strategy.PRIVACY: (_fastest, f"the fastest {LOCAL} model"),
}


def _counted(candidates: Sequence[Candidate]) -> str:
    return "the only one" if len(candidates) == 1 else f"{len(candidates)}"
