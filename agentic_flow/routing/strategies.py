"""TaskProfile, candidates that can serve -> the one to ask, and why. Pure: need, strength, then price."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import StrEnum

from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import LOCAL
from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.values import Candidate, Priority


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


@frozen
class Share:
    """How many of the tasks the strongest model may have, and how difficult the latest of them were."""

    target: float
    """0 to 1."""
    recent: tuple[float, ...] = ()

    def admits(self, difficulty: float) -> bool | None:
        """Say whether a task is among the most difficult ones that make up the share.

        None while there are too few to tell.
        """
        if len(self.recent) < _FEWEST_RECENT:
            return None
        above = sum(each > difficulty for each in self.recent)
        alike = sum(each == difficulty for each in self.recent)
        return above + alike / 2 < self.target * len(self.recent)


_FEWEST_RECENT = 20
_MARGIN = 0.05
"""By how much more than needed a model has to be, where cost is not what weighs most."""
_DOLLARS_A_SECOND = Decimal("0.00002")
"""What balanced pays for waiting a second less: a tenth of a cent a minute."""
_UNKNOWN = Decimal(1_000_000)
_ALIKE = Decimal("1.1")
MONEY_DECIDES = (Strategy.COST_OPTIMIZED, Strategy.BALANCED)

_Rank = Callable[[Candidate], tuple[float | Decimal, ...]]


def pick(
    profile: TaskProfile,
    able: Sequence[Candidate],
    strategy: Strategy,
    share: Share | None = None,
    preferred: Sequence[str] = (),
) -> tuple[Candidate, str]:
    """Choose among candidates that can serve (at least one), and say why.

    Where none is strong enough the strongest serves, whatever the strategy; but for a share of the tasks that
    cost-optimized is held to. `preferred` are providers that win, in this order, where money decides and the
    cost is alike.
    """
    if share is not None and strategy is Strategy.COST_OPTIMIZED and len(able) > 1:
        admitted = share.admits(profile.difficulty)
        best = min(able, key=_strongest)
        of = f"the hardest {share.target:.0%} of the last {len(share.recent)} tasks"
        if admitted:
            return best, f"{strategy}: it is among {of}, which the strongest gets"
        if admitted is False:
            others = [candidate for candidate in able if candidate.target != best.target]
            chosen, why = pick(profile, others, strategy, None, preferred)
            return chosen, f"{why}; {best.target} is kept for {of}"
    work = f"{profile.complexity} {profile.task_type}"
    if strategy is Strategy.QUALITY:
        return min(able, key=_strongest), f"{strategy}: the strongest for {profile.task_type}"
    need = need_of(profile, strategy)
    enough = [candidate for candidate in able if (candidate.strength or 0) >= need]
    if not enough:
        best = min(able, key=_strongest)
        return best, f"{strategy}: nothing that can serve is strong enough for {work}, this is the strongest"
    rank, words = _RANKS[strategy]
    which = f"{words} of the {len(enough)}" if len(enough) > 1 else "the only one"
    best, why = min(enough, key=rank), f"{strategy}: {which} strong enough for {work}"
    if strategy not in MONEY_DECIDES:
        return best, why
    alike = (each for each in enough if _cost(each) <= _cost(best) * _ALIKE)
    liked = min(alike, key=lambda each: (_place(each, preferred), *rank(each)))
    if _place(liked, preferred) == _place(best, preferred):
        return best, why
    return (
        liked,
        f"{why} but for {best.target}, about as dear and of a less preferred provider",
    )


def need_of(profile: TaskProfile, strategy: Strategy) -> float:
    """Return how strong a model has to be for a task."""
    return profile.difficulty + (0 if strategy is Strategy.COST_OPTIMIZED else _MARGIN)


def _place(candidate: Candidate, preferred: Sequence[str]) -> int:
    provider = candidate.target.provider
    return preferred.index(provider) if provider in preferred else len(preferred)


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
