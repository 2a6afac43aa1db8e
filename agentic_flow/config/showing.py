"""A raw value -> how a message shows it: short, printable, and never a key."""

import re
from decimal import Decimal

_LONGEST = 60
_KEY_LIKE = re.compile(r"\b(sk|hf|gh[a-z]|xox[a-z]|AKIA)[-_A-Za-z0-9]{12,}")
_USER_INFO = re.compile(r"//[^/@\s]*@")


def shown(raw: object) -> str:
    """Return a value in words: text in quotes, containers by their kind."""
    match raw:
        case None:
            return "null"
        case bool():
            return "true" if raw else "false"
        case int() | float() | Decimal():
            return str(raw)[:_LONGEST]
        case str():
            return (
                repr(_without_keys(raw)[:_LONGEST])
                if len(raw) <= _LONGEST
                else f"{_without_keys(raw)[:_LONGEST]!r}..."
            )
        case list():
            return "a list"
        case _:
            return "an object"


def _without_keys(text: str) -> str:
    return _USER_INFO.sub("//***@", _KEY_LIKE.sub("***", text))


def dotted(path: str, at: tuple[str | int, ...]) -> str:
    """Return the name of a place: `routing.rules` and `(2, 'provider')` give `routing.rules[2].provider`."""
    return path + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in at)
