"""What is typed -> amounts of money."""

from decimal import Decimal, InvalidOperation

import typer


def dollars(said: str) -> Decimal:
    """Read an amount of US dollars exactly as it was typed; `$0.50` is 0.50."""
    try:
        amount = Decimal(said.strip().removeprefix("$"))
    except InvalidOperation:
        amount = Decimal(-1)
    if not amount.is_finite() or amount < 0:
        raise typer.BadParameter(f"found {said!r}, expected US dollars as a number, such as 0.50")
    return amount
