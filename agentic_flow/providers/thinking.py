"""How hard a model is to think -> what its request may say about that, and how long it may be. Pure.

Models from 4.6 on take `adaptive` with an effort; those from 3.7 to 4.5 a number of tokens, which is part of
`max_tokens`; older ones think not at all. Fable and Mythos cannot be told not to.
"""

from collections.abc import Mapping

Version = tuple[int, int]

_ADAPTIVE: Version = (4, 6)
_BUDGETED: Version = (3, 7)
_BUDGETS: Mapping[str, int] = {"low": 1024, "medium": 4096, "high": 16384}
_LEAST_BUDGET = 1024
_ANSWER_TOKENS = 8192
_ROOM: Mapping[str, int] = {"low": 2048, "medium": 8192, "high": 24576}
_ALWAYS_THINK = ("claude-fable", "claude-mythos")
OFF = "off"


def usual_tokens(thinking: str | None) -> int:
    """Return the longest answer to ask for where nobody says; what is thought is part of it.

    Anthropic has no default, and OpenRouter holds the model's maximum against the credit (402).
    """
    return _ANSWER_TOKENS + _ROOM.get(thinking or OFF, 0)


def thinking_of(
    model: str, version: Version | None, wanted: str | None, max_tokens: int
) -> dict[str, object] | None:
    """Return what the request says; None where the model cannot be told. Nothing wanted says nothing."""
    if wanted is None:
        return {}
    if version is None:
        return None
    if wanted == OFF:
        if model.startswith(_ALWAYS_THINK):
            return None
        return {"thinking": {"type": "disabled"}} if version >= _BUDGETED else {}
    if version >= _ADAPTIVE:
        return {"thinking": {"type": "adaptive"}, "output_config": {"effort": wanted}}
    budget = min(_BUDGETS[wanted], max_tokens // 2)
    if version < _BUDGETED or budget < _LEAST_BUDGET:
        return None
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}
