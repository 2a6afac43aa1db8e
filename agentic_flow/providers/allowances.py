"""The rate-limit headers of a reply -> what may still be asked, and how it fills up again. Pure.

Three families: `anthropic-ratelimit-*` with a moment (https://platform.claude.com/docs/en/api/rate-limits);
`x-ratelimit-*-requests` and `-tokens` with a span, as servers of the chat dialect say it; and `x-ratelimit-*`
alone with a moment since 1970, for a window that begins anew.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum, auto

from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern

_MINUTE = 60.0
_MILLISECONDS_FROM = 1e11
"""A moment of so many seconds since 1970 is 3,000 years off: it counts milliseconds."""
_NUMBER = pattern(r"\d{1,15}(\.\d{1,9})?", re.ASCII)
_SPAN = pattern(
    r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m(?!s))?(?:(\d{1,9}(?:\.\d{1,9})?)s)?(?:(\d{1,9})ms)?",
    re.ASCII,
)
_UNITS = (86400.0, 3600.0, _MINUTE, 1.0, 0.001)


class Kind(Enum):
    """What is counted."""

    REQUESTS = auto()
    TOKENS = auto()
    """Read and said together."""
    INPUT = auto()
    OUTPUT = auto()


@frozen
class Allowance:
    """So much of one kind is left of `limit`."""

    kind: Kind
    limit: float
    left: float
    full_in: float
    """Seconds until all of it is there again."""
    a_second: float
    """How much comes back each second; 0 where all of it comes at once, in the end."""


_NAMES: tuple[tuple[str, str, Kind, bool], ...] = (
    ("anthropic-ratelimit-requests-", "", Kind.REQUESTS, True),
    ("anthropic-ratelimit-tokens-", "", Kind.TOKENS, True),
    ("anthropic-ratelimit-input-tokens-", "", Kind.INPUT, True),
    ("anthropic-ratelimit-output-tokens-", "", Kind.OUTPUT, True),
    ("x-ratelimit-", "-requests", Kind.REQUESTS, True),
    ("x-ratelimit-", "-tokens", Kind.TOKENS, True),
    ("x-ratelimit-", "", Kind.REQUESTS, False),
)
"""What stands around `limit`, `remaining` and `reset`, what it counts, and whether it fills steadily."""


def allowances(headers: Mapping[str, str], today: float) -> Iterator[Allowance]:
    """Yield what the headers allow, as far as they can be read. `today`: seconds since 1970."""
    for before, after, kind, steady in _NAMES:
        limit, left, reset = (
            headers.get(f"{before}{name}{after}", "").strip() for name in ("limit", "remaining", "reset")
        )
        if not _NUMBER.fullmatch(limit) or not _NUMBER.fullmatch(left):
            continue
        full_in = _seconds(reset, today)
        if full_in is None:
            continue
        most, now = float(limit), float(left)
        if most > 0:
            # Limits are a minute's, most of them; one of a day says by its reset that it fills more slowly.
            # The reset is a whole second, so a span shorter than one says nothing.
            filling = (most - now) / max(full_in, 1.0) if now < most else most / _MINUTE
            yield Allowance(kind, most, now, full_in, min(filling, most / _MINUTE) if steady else 0.0)


def _seconds(reset: str, today: float) -> float | None:
    """Read a moment (RFC 3339, or since 1970) or a span (`6m0s`, `20ms`) as seconds from now."""
    if _NUMBER.fullmatch(reset):
        number = float(reset)
        if number < today / 2:  # too early for a moment: a span
            return number
        return max(0.0, (number / 1000 if number > _MILLISECONDS_FROM else number) - today)
    if reset and (span := _SPAN.fullmatch(reset)):
        return sum(float(part or 0) * unit for part, unit in zip(span.groups(), _UNITS, strict=True))
    try:
        moment = datetime.fromisoformat(reset)
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - today)
    except (ValueError, OverflowError):
        return None
