"""A target that is configured -> a candidate for one task: its cost, its time, its strength, its obstacle."""

from collections.abc import Callable
from decimal import Decimal

from agentic_flow.core.budgets import Room, dollars
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import LOCAL
from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.values import Candidate, Target
from agentic_flow.routing.strengths import Standing, standing_of


@frozen
class Offer:
    """A configured target as it stands before any task is known."""

    target: Target
    cost: Callable[[int, int], Decimal | None]
    """Prompt tokens, answer tokens -> US dollars; None when nobody knows the price."""
    obstacle: str | None = None
    """Why it cannot serve at all now: no key, not downloaded, switched off."""
    tier: str | None = None
    """The tier it is configured as; speaks for a model that the table of strengths does not know."""
    context: int | None = None
    """Tokens of prompt and answer together, where that is known."""
    pace: float | None = None
    """Tokens of answers a second, over whole calls, as this person saw it; else the table's guess counts."""

    def seconds(self, prompt_tokens: int, answer_tokens: int) -> float:
        """Return about how long an answer takes."""
        if self.pace:
            return answer_tokens / self.pace
        return standing_of(self.target, self.tier).seconds(prompt_tokens, answer_tokens)


def weigh(offer: Offer, profile: TaskProfile, room: Room | None = None) -> Candidate:
    """Judge one offer for one task; `room` is what the tightest cost limit leaves, where one holds."""
    standing = standing_of(offer.target, offer.tier)
    cost = offer.cost(profile.prompt_tokens, profile.expected_output_tokens)
    obstacle = offer.obstacle or _obstacle(offer, profile, standing)
    dear = None if obstacle or room is None else _too_dear(cost, room)
    return Candidate(
        target=offer.target,
        obstacle=obstacle or dear,
        over_budget=dear is not None,
        cost_usd=cost,
        latency_s=offer.seconds(profile.prompt_tokens, profile.expected_output_tokens),
        strength=standing.strength(profile.task_type),
    )


def _too_dear(cost: Decimal | None, room: Room) -> str | None:
    if cost is None:
        return f"nobody knows its price, and {room.limit.name} holds"
    if cost <= room.left:
        return None
    return f"over {room.limit.name}: {dollars(room.left)} left, this needs about {dollars(cost)}"


def _obstacle(offer: Offer, profile: TaskProfile, standing: Standing) -> str | None:
    if profile.private is not None and offer.target.provider != LOCAL:
        return f"the task stays on this machine: {profile.private}"
    window = offer.context or standing.context
    wanted = profile.prompt_tokens + profile.expected_output_tokens
    if window is not None and wanted > window:
        return f"about {wanted:,} tokens do not fit its context of {window:,}"
    return None
