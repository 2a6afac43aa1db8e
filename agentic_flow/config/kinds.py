"""What a setting can hold: a raw value in, a typed value out, or every place where it does not fit.

Raw values are what JSON knows: None, bool, int, Decimal (or float), str, list, dict. Each kind also gives
the JSON Schema of what it takes, so that the two stand side by side and do not drift apart.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NoReturn, Protocol

from agentic_flow.config.suggesting import did_you_mean
from agentic_flow.core.frozen import frozen

Schema = dict[str, object]
At = tuple[str | int, ...]

_PRINTABLE = r"^(?=.*\S)[^\u0000-\u001f\u007f-\u009f]+$"
_REFERENCE = r"\$\{"


@frozen
class Problem:
    """One place in a value, counted from the key, and what it should have been."""

    at: At
    expected: str
    found: str | None = None
    """In words, where showing the value itself would not do."""
    hint: str = ""


class Unfit(Exception):
    """A value does not fit its kind: at least one problem. It never leaves this package."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems


class Kind(Protocol):
    """What a setting can hold."""

    def parse(self, raw: object, /) -> object:
        """Return the typed value; raise `Unfit`."""
        ...

    def schema(self) -> Schema:
        """Return the JSON Schema of the raw values that fit."""
        ...


def refuse(expected: str, *, found: str | None = None, hint: str = "") -> NoReturn:
    """Raise `Unfit` for a whole value."""
    raise Unfit(Problem((), expected, found, hint))


def or_reference(schema: Schema) -> Schema:
    """Return a schema that also takes text holding `${NAME}`, whose value no schema can know."""
    return {"anyOf": [schema, {"type": "string", "pattern": _REFERENCE}]}


@frozen
class Text:
    """Some words, or one, without control characters; `pattern` may ask for more."""

    expected: str = "a text"
    pattern: str = _PRINTABLE

    def parse(self, raw: object) -> str:
        """Return the text as it is."""
        if not isinstance(raw, str):
            refuse(self.expected)
        if not raw.strip():
            refuse(self.expected, found="an empty text")
        if raw.endswith("\n") or not re.match(_PRINTABLE, raw) or any("\ud800" <= c <= "\udfff" for c in raw):
            refuse(f"{self.expected} without control characters")
        if not re.match(self.pattern, raw):
            refuse(self.expected)
        return raw

    def schema(self) -> Schema:
        """Return: text of a pattern."""
        plain: Schema = {"type": "string", "pattern": self.pattern}
        return plain if self.pattern == _PRINTABLE else or_reference(plain)


@frozen
class SecretText:
    """A key. It is never shown, not even when it is wrong."""

    def parse(self, raw: object) -> str:
        """Return the key without white space around it."""
        expected = "a key in visible ASCII characters, or ${NAME}"
        if not isinstance(raw, str):
            refuse(expected, found="something else than text")
        key = raw.strip()
        if not key:
            refuse(expected, found="an empty text")
        if not re.fullmatch(r"[!-~]+", key):
            refuse(expected, found="a text with other characters (not shown)")
        if re.fullmatch(r"\$(?:[A-Za-z_]\w*|\{\w+\})", key):  # where it is read as it is written
            refuse("the key itself", found="another variable (not shown), which nothing fills in here")
        return key

    def schema(self) -> Schema:
        """Return: visible ASCII, perhaps with white space around it."""
        return or_reference({"type": "string", "pattern": r"^\s*[!-~]+\s*$"})


@frozen
class Flag:
    """Yes or no."""

    def parse(self, raw: object) -> bool:
        """Return true or false."""
        if not isinstance(raw, bool):
            refuse("true | false")
        return raw

    def schema(self) -> Schema:
        """Return: a boolean."""
        return {"type": "boolean"}


@frozen
class Choice:
    """One of a few words; `make` turns the word into its typed value."""

    words: tuple[str, ...]
    make: Callable[[str], object] = str

    def parse(self, raw: object) -> object:
        """Return what `make` makes of the word."""
        if not isinstance(raw, str) or raw not in self.words:
            hint = did_you_mean(raw, self.words) if isinstance(raw, str) else ""
            refuse(" | ".join(self.words), hint=hint)
        return self.make(raw)

    def schema(self) -> Schema:
        """Return: an enumeration."""
        return or_reference({"enum": [str(word) for word in self.words]})


@frozen
class Tolerated:
    """A text or a number that means nothing here."""

    def parse(self, raw: object) -> None:
        """Return None for whatever it says."""
        if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
            refuse("a text or a number")

    def schema(self) -> Schema:
        """Return: text or a number."""
        return {"type": ["string", "number"]}
