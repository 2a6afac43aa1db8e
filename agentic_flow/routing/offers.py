"""A target that is configured -> a candidate for one task: its cost, its time, its strength, its obstacle."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.values import Candidate, Target
from agentic_flow.routing.strengths import Standing, standing_of

LOCAL = "onnx"


@dataclass(frozen=True, slots=True)
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


def weigh(offer: Offer, profile: TaskProfile) -> Candidate:
    """Judge one offer for one task."""
    standing = standing_of(offer.target, offer.tier)
    return Candidate(
        target=offer.target,
        obstacle=offer.obstacle or _obstacle(offer, profile, standing),
        cost_usd=offer.cost(profile.prompt_tokens, profile.expected_output_tokens),
        latency_s=standing.seconds(profile.prompt_tokens, profile.expected_output_tokens),
        strength=standing.strength(profile.task_type),
    )


def _obstacle(offer: Offer, profile: TaskProfile, standing: Standing) -> str | None:
    if profile.private is not None and offer.target.provider != LOCAL:
        return f"the task stays on this machine: {profile.private}"
    window = offer.context or standing.context
    wanted = profile.prompt_tokens + profile.expected_output_tokens
    if window is not None and wanted > window:
        return f"about {wanted:,} tokens do not fit its context of {window:,}"
    return None
