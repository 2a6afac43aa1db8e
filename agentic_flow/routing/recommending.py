"""Offers, what for -> the models to take, best first, each with why. Pure: strengths, prices, windows."""

from collections.abc import Iterable
from decimal import Decimal

from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import LOCAL
from agentic_flow.core.profiles import TaskType
from agentic_flow.core.values import Target
from agentic_flow.core.wishes import Purpose
from agentic_flow.routing.offers import Offer
from agentic_flow.routing.strengths import standing_of


@frozen
class Recommended:
    """A model, and what speaks for it and against it."""

    target: Target
    why: str
    obstacle: str | None
    cost_usd: Decimal | None
    """Of the usual job."""
    latency_s: float
    strength: float
    context: int | None


@frozen
class Job:
    """A usual job of a purpose, and the strength it takes."""

    prompt_tokens: int
    answer_tokens: int
    kind: TaskType
    strength: float


JOBS = {
    Purpose.CODING: Job(1_500, 2_000, TaskType.CODING, 0.7),
    Purpose.FAST: Job(300, 150, TaskType.GENERAL, 0.2),
    Purpose.REASONING: Job(1_500, 4_000, TaskType.GENERAL, 0.85),
    Purpose.LONG_CONTEXT: Job(150_000, 2_000, TaskType.GENERAL, 0.7),
}
"""Judgements: sizes to compare prices and times by, and what falls short of the purpose."""
_UNPRICED = Decimal(10**6)


def recommend(purpose: Purpose, offers: Iterable[Offer]) -> list[Recommended]:
    """Return the models that would do, the cheapest or for `fast` the fastest first; then what falls short.

    Of those that would do, the ones that can serve now come first.
    """
    return sorted((_judged(offer, purpose) for offer in offers), key=lambda each: _rank(each, purpose))


def _judged(offer: Offer, purpose: Purpose) -> Recommended:
    job = JOBS[purpose]
    standing = standing_of(offer.target, offer.tier)
    window, strength = offer.context or standing.context, standing.strength(job.kind)
    seconds = offer.seconds(job.prompt_tokens, job.answer_tokens)
    return Recommended(
        offer.target,
        _why(offer, purpose, strength, window, seconds),
        offer.obstacle,
        offer.cost(job.prompt_tokens, job.answer_tokens),
        seconds,
        strength,
        window,
    )


def _why(offer: Offer, purpose: Purpose, strength: float, window: int | None, seconds: float) -> str:
    job = JOBS[purpose]
    wanted = job.prompt_tokens + job.answer_tokens
    if window is not None and window < wanted:
        return f"too small: {wanted:,} tokens do not fit {window:,}"
    if strength < job.strength:
        return f"too weak: strength {strength:.2f}, it takes about {job.strength:.2f}"
    if purpose is Purpose.LONG_CONTEXT and window is None:
        return "how much it can read is not known"
    said = [f"strength {strength:.2f}", f"about {seconds:.0f} s" if seconds >= 1 else "about a second"]
    if purpose is Purpose.LONG_CONTEXT:
        said.insert(0, f"reads {window:,} tokens")
    return ", ".join([*said, "free, nothing leaves this machine"] if offer.target.provider == LOCAL else said)


def _rank(each: Recommended, purpose: Purpose) -> tuple[float | Decimal, ...]:
    job = JOBS[purpose]
    fits = each.context is None or each.context >= job.prompt_tokens + job.answer_tokens
    known = purpose is not Purpose.LONG_CONTEXT or each.context is not None
    enough = fits and known and each.strength >= job.strength
    cost = _UNPRICED if each.cost_usd is None else each.cost_usd
    if not enough:
        return (2, -each.strength, cost, each.latency_s)
    blocked = int(each.obstacle is not None)
    return (blocked, each.latency_s, cost) if purpose is Purpose.FAST else (blocked, cost, each.latency_s)
