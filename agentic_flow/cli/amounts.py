"""What is typed -> amounts of money, moments in time, sizes, rates."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import typer

from agentic_flow.core.budgets import Rate
from agentic_flow.core.patterns import pattern

WEEK = 7 * 24 * 3600.0
"""The longest time limit, in seconds: the system's own waiting calls count in 32 bits of milliseconds."""

_SPAN = pattern(r"(\d{1,5})([mhdw])")
_NUMBER = pattern(r"\d{1,12}(\.\d{1,9})?")
_RATE = pattern(r"(\w+)=(\d+)(?:/(\d+))?", re.ASCII)
_RATE_DIGITS = 9, 12
"""The most for requests, and for tokens."""
_MONTH = pattern(r"(\d{4})(?:-(\d{2}))?")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def dollars(said: str) -> Decimal:
    """Read an amount of US dollars exactly as it was typed; `$0.50` is 0.50."""
    try:
        amount = Decimal(said.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"found {said!r}, expected US dollars as a number, such as 0.50")
    return amount


def seconds(said: str) -> float:
    """Read a length of time as the configuration and a batch write it: `90`, `500ms`, `30s`, `2m`, `1h`."""
    from agentic_flow.config.amounts import Duration
    from agentic_flow.config.kinds import Unfit

    try:
        wanted = Duration().parse(Decimal(said) if _NUMBER.fullmatch(said) else said)
    except Unfit as unfit:
        raise typer.BadParameter(f"found {said!r}, expected {unfit.problems[0].expected}") from unfit
    if wanted > WEEK:
        raise typer.BadParameter(f"found {said!r}, expected a week at most")
    return wanted


def rate(said: str) -> Rate:
    """Read how fast a provider may be asked: `anthropic=50` a minute, `openrouter=20/40000` with tokens."""
    from agentic_flow.core.names import HOSTED

    found = _RATE.fullmatch(said.strip())
    if found and any(len(found[n] or "") > most for n, most in enumerate(_RATE_DIGITS, 2)):
        most = "/".join("9" * digits for digits in _RATE_DIGITS)
        raise typer.BadParameter(f"found {said!r}, which is too large: {found[1]}={most} at most")
    if found is None or found[1] not in HOSTED or 0 in (int(found[2]), int(found[3] or 1)):
        raise typer.BadParameter(
            f"found {said!r}, expected {' or '.join(HOSTED)}, `=`, and how many requests a minute, then"
            " perhaps `/` and how many tokens, such as anthropic=50/40000"
        )
    return Rate(found[1], int(found[2]), int(found[3]) if found[3] else None)


def moment(said: str) -> datetime:
    """Read a moment: so long ago (`90m`, `12h`, `7d`, `2w`), a day (`2026-11-25`) or a time, in UTC.

    A year or a month (`2026`, `2026-11`) is its first day.
    """
    words = said.strip()
    try:
        if span := _SPAN.fullmatch(words):
            return datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
        if span := _MONTH.fullmatch(words):
            words = f"{span[1]}-{span[2] or '01'}-01"
        read = datetime.fromisoformat(words)
    except (ValueError, OverflowError) as failure:
        raise typer.BadParameter(
            f"found {said!r}, expected a day such as 2026-11-25, or how long ago: 12h, 7d, 2w"
        ) from failure
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def size(said: str) -> int:
    """Read bytes, as the configuration writes them: `500MB`, `2GB`, `1GiB`."""
    from agentic_flow.config.amounts import Size
    from agentic_flow.config.kinds import Unfit

    try:
        return Size().parse(int(said) if said.isdigit() else said)
    except Unfit as unfit:
        raise typer.BadParameter(f"found {said!r}, expected {unfit.problems[0].expected}") from unfit
