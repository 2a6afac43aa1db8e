"""Where a task may go, what speaks for it and against it, and where it goes."""

from decimal import Decimal
from enum import StrEnum

from agentic_flow.core.calls import Target
from agentic_flow.core.frozen import frozen
from agentic_flow.core.profiles import TaskProfile


class Priority(StrEnum):
    """What a person would give up last."""

    COST = "cost"
    BALANCED = "balanced"
    QUALITY = "quality"
    SPEED = "speed"
    PRIVACY = "privacy"


@frozen
class Named:
    """What a model's name stands for, and what a person should know about the name."""

    target: Target
    warnings: tuple[str, ...] = ()


@frozen
class Candidate:
    """A target that was weighed, what it would cost, and why it cannot serve; None when it can."""

    target: Target
    obstacle: str | None = None
    cost_usd: Decimal | None = None
    """An estimate; None when nobody knows the price."""
    latency_s: float | None = None
    """Seconds to the last word, an estimate."""
    strength: float | None = None
    """0 to 1, on the scale of the profile's `difficulty`, for this kind of work."""
    over_budget: bool = False
    """Whether only a cost limit is the obstacle."""
    passed_over: str | None = None
    """Why it was not taken although it can serve; None for the one that was."""

    @property
    def serves_but_for_money(self) -> bool:
        """Whether nothing but a cost limit is in the way."""
        return self.obstacle is None or self.over_budget


@frozen
class Decision:
    """Where the task goes, and why, in words a person can check."""

    target: Target
    reason: str
    warnings: tuple[str, ...] = ()
    profile: TaskProfile | None = None
    """None where a name, not the task, decided."""
    candidates: tuple[Candidate, ...] = ()
    """All that were weighed, in the order in which they are configured."""
