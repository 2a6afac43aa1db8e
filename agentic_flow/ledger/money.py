"""Decimal dollars <-> the whole picodollars that are stored."""

from decimal import ROUND_CEILING, Decimal

_PICO = Decimal(10) ** 12
MOST = 10**18
"""A million dollars. A provider that claims more for one call is not believed further than this."""


def pico(dollars: Decimal) -> int:
    """Return picodollars, rounded up: a limit holds even by the last one."""
    return int(min(dollars * _PICO, Decimal(MOST)).to_integral_value(ROUND_CEILING))


def dollars(stored: int) -> Decimal:
    """Return US dollars."""
    return Decimal(stored) / _PICO


def maybe_dollars(stored: int | None) -> Decimal | None:
    """Return US dollars; None, which nobody knows, stays None."""
    return None if stored is None else dollars(stored)
