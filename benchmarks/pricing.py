"""Three local models that stand for a cheap, a middle and a strong hosted one, and what each would cost."""

from collections.abc import Mapping
from decimal import Decimal

CHEAP, MIDDLE, STRONG = "smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"
BILLIONS = {CHEAP: Decimal("0.135"), MIDDLE: Decimal("0.494"), STRONG: Decimal("1.544")}
"""Parameters; as many US dollars for a million tokens of prompts."""
OUTPUT_WEIGHT = 5


def spaced(gap: Decimal | None) -> Mapping[str, Decimal]:
    """Return dollars for a million tokens of prompts: the parameters, or `gap` times as many at each step up.

    The strong one costs the same either way.
    """
    if gap is None:
        return BILLIONS
    return {CHEAP: BILLIONS[STRONG] / gap**2, MIDDLE: BILLIONS[STRONG] / gap, STRONG: BILLIONS[STRONG]}


def estimate(dollars: Decimal, prompt_tokens: int, answer_tokens: int) -> Decimal:
    """Return what a call costs, in US dollars, at so many for a million tokens of prompts."""
    return dollars * (prompt_tokens + OUTPUT_WEIGHT * answer_tokens) / 1_000_000
