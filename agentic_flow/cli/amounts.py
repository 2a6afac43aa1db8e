"""What is typed -> amounts of money, moments in time, sizes."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import typer

WEEK = 7 * 24 * 3600.0
"""The longest time limit, in seconds: the system's own waiting calls count in 32 bits of milliseconds."""

_SPAN = re.compile(r"(\d{1,5})([mhdw])")
_NUMBER = re.compile(r"\d{1,12}(\.\d{1,9})?")
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


def moment(said: str) -> datetime:
    """Read a moment: so long ago (`90m`, `12h`, `7d`, `2w`), a day (`2026-11-25`) or a time, in UTC."""
    words = said.strip()
    try:
        if span := _SPAN.fullmatch(words):
            return datetime.now(UTC) - timedelta(**{_UNITS[span[2]]: int(span[1])})
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
