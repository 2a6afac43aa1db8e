"""Settings that count something: numbers, money, sizes, times. Booleans are not numbers, nor is infinity."""

import math
import re
from decimal import Decimal

from agentic_flow.config.kinds import Schema, or_reference, refuse
from agentic_flow.core.frozen import frozen

_LARGEST = 10**15

_UNITS = {
    "B": 1,
    "kB": 1000,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", start=1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", start=1)},
}
_SIZE = r"(\d{1,12}(?:\.\d{1,6})?) ?(" + "|".join(_UNITS) + ")"
_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
_DURATION = r"(\d{1,9}(?:\.\d{1,6})?) ?(ms|s|m|h)"
_SHORTEST = Decimal("0.001")


def _number(raw: object, expected: str) -> Decimal:
    """Return `raw` as a finite number."""
    match raw:
        case bool():
            refuse(expected)
        case int() | Decimal():
            number = Decimal(raw)
        case float() if math.isfinite(raw):
            number = Decimal(str(raw))
        case _:
            refuse(expected)
    if not number.is_finite() or abs(number) > _LARGEST:
        refuse(expected)
    return number


@frozen
class Number:
    """A number between two bounds, both included."""

    low: int
    high: int

    def parse(self, raw: object) -> float:
        """Return it as a float."""
        expected = f"a number from {self.low} to {self.high}"
        number = _number(raw, expected)
        if not self.low <= number <= self.high:
            refuse(expected)
        return float(number)

    def schema(self) -> Schema:
        """Return: a bounded number."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@frozen
class Whole:
    """A whole number between two bounds, both included."""

    low: int
    high: int

    def parse(self, raw: object) -> int:
        """Return it as an int; 4.0 is 4."""
        expected = f"a whole number from {self.low} to {self.high}"
        number = _number(raw, expected)
        if not self.low <= number <= self.high or number != int(number):
            refuse(expected)
        return int(number)

    def schema(self) -> Schema:
        """Return: a bounded integer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@frozen
class Money:
    """An amount of US dollars, not negative."""

    def parse(self, raw: object) -> Decimal:
        """Return it exactly as it was written."""
        expected = "US dollars as a number, 0 or more"
        amount = _number(raw, expected)
        if amount < 0:
            refuse(expected)
        return amount

    def schema(self) -> Schema:
        """Return: a number from 0."""
        return {"type": "number", "minimum": 0, "maximum": _LARGEST}


@frozen
class Size:
    """An amount of memory or disk: bytes, or a number with a unit (GB is 1000³ bytes, GiB 1024³)."""

    def parse(self, raw: object) -> int:
        """Return bytes."""
        expected = "a size such as '8GB', '512MB' or '1GiB', or bytes as a whole number"
        if not isinstance(raw, str):
            size = _number(raw, expected)
            if size != int(size):
                refuse(expected)
        elif found := re.fullmatch(_SIZE, raw):
            size = Decimal(found[1]) * _UNITS[found[2]]
        else:
            refuse(expected)
        if size < 1:
            refuse(expected)
        return int(size)

    def schema(self) -> Schema:
        """Return: a whole number from 1, or text with a unit."""
        number: Schema = {"type": "integer", "minimum": 1, "maximum": _LARGEST}
        return {"anyOf": [number, or_reference({"type": "string", "pattern": f"^{_SIZE}$"})]}


@frozen
class Duration:
    """A length of time, a millisecond or more: seconds, or a number with a unit."""

    def parse(self, raw: object) -> float:
        """Return seconds."""
        expected = "a time such as '30s', '2m', '1h' or '500ms', or seconds as a number"
        if not isinstance(raw, str):
            seconds = _number(raw, expected)
        elif found := re.fullmatch(_DURATION, raw):
            seconds = Decimal(found[1]) * _SECONDS[found[2]]
        else:
            refuse(expected)
        if seconds < _SHORTEST:
            refuse(expected)
        return float(seconds)

    def schema(self) -> Schema:
        """Return: a number of seconds, or text with a unit."""
        number: Schema = {"type": "number", "minimum": float(_SHORTEST), "maximum": _LARGEST}
        return {"anyOf": [number, or_reference({"type": "string", "pattern": f"^{_DURATION}$"})]}
