"""What a setting can hold: a raw value in, a typed value out, or every place where it does not fit.

Raw values are what JSON knows: None, bool, int, Decimal (float from a flag), str, list, dict. Each kind
also gives the JSON Schema of what it accepts, so the two cannot drift apart.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn, Protocol

Schema = dict[str, object]
At = tuple[str | int, ...]

_REFERENCE = r"\$\{"
_PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f]+$"
_LARGEST = Decimal(10) ** 15

_UNITS = {"B": 1}
_UNITS |= {f"{letter}B": 1000**power for power, letter in enumerate("KMGT", start=1)}
_UNITS |= {f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", start=1)}
_UNITS |= {"kB": 1000}
_SIZE = r"^(\d{1,12}(?:\.\d{1,6})?) ?(" + "|".join(_UNITS) + r")$"
_SECONDS = {"ms": Decimal("0.001"), "s": Decimal(1), "m": Decimal(60), "h": Decimal(3600)}
_DURATION = r"^(\d{1,9}(?:\.\d{1,6})?) ?(ms|s|m|h)$"


@dataclass(frozen=True, slots=True)
class Problem:
    """One place in a value, counted from the key, and what it should have been."""

    at: At
    expected: str
    choices: tuple[str, ...] = ()
    found: str | None = None
    """In words, where showing the value itself would not do."""


class Unfit(Exception):
    """A value does not fit its kind. Holds at least one problem."""

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


def _refuse(expected: str, *, choices: tuple[str, ...] = (), found: str | None = None) -> NoReturn:
    raise Unfit(Problem((), expected, choices, found))


def _number(raw: object, expected: str) -> Decimal:
    """Return `raw` as a finite number; booleans are not numbers."""
    match raw:
        case bool():
            _refuse(expected)
        case int() | Decimal():
            number = Decimal(raw)
        case float() if math.isfinite(raw):
            number = Decimal(str(raw))
        case _:
            _refuse(expected)
    if not number.is_finite() or abs(number) > _LARGEST:
        _refuse(expected)
    return number


def _text(raw: object, expected: str) -> str:
    """Return `raw` as text without control characters and lone surrogates."""
    if not isinstance(raw, str):
        _refuse(expected)
    if not re.match(_PRINTABLE, raw) or raw.endswith("\n") or any("\ud800" <= c <= "\udfff" for c in raw):
        _refuse(expected, found="an empty text" if not raw else None)
    return raw


def or_reference(schema: Schema) -> Schema:
    """Return a schema that also takes text holding `${NAME}`, whose value a schema cannot know."""
    return {"anyOf": [schema, {"type": "string", "pattern": _REFERENCE}]}


@dataclass(frozen=True, slots=True)
class Text:
    """Some words, or one."""

    what: str = "text"

    def parse(self, raw: object) -> str:
        """Return the text as it is."""
        return _text(raw, self.what)

    def schema(self) -> Schema:
        """Any text without control characters."""
        return {"type": "string", "pattern": _PRINTABLE}


@dataclass(frozen=True, slots=True)
class Tolerated:
    """A text or a number that means nothing here."""

    def parse(self, raw: object) -> None:
        """Return None for whatever it says."""
        if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
            _refuse("a text or a number")

    def schema(self) -> Schema:
        """A JSON string or number."""
        return {"type": ["string", "number"]}


@dataclass(frozen=True, slots=True)
class SecretText:
    """A key. It is never shown, not even when it is wrong."""

    def parse(self, raw: object) -> str:
        """Return the key without white space around it."""
        expected = "a key in visible ASCII characters, or ${NAME}"
        if not isinstance(raw, str):
            _refuse(expected, found="something else than text")
        key = raw.strip()
        if not key or not re.fullmatch(r"[!-~]+", key):
            _refuse(
                expected, found="an empty text" if not key else "a text with other characters (not shown)"
            )
        return key

    def schema(self) -> Schema:
        """Visible ASCII; white space around it is dropped."""
        return or_reference({"type": "string", "pattern": r"^\s*[!-~]+\s*$"})


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    def parse(self, raw: object) -> bool:
        """Return true or false."""
        if not isinstance(raw, bool):
            _refuse("true | false", choices=("true", "false"))
        return raw

    def schema(self) -> Schema:
        """A JSON boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two bounds, both included."""

    low: int
    high: int

    def parse(self, raw: object) -> float:
        """Return it as a float."""
        expected = f"a number from {self.low} to {self.high}"
        number = _number(raw, expected)
        if not self.low <= number <= self.high:
            _refuse(expected)
        return float(number)

    def schema(self) -> Schema:
        """A bounded JSON number."""
        return {"type": "number", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two bounds, both included."""

    low: int
    high: int

    def parse(self, raw: object) -> int:
        """Return it as an int; 4.0 is 4."""
        expected = f"a whole number from {self.low} to {self.high}"
        number = _number(raw, expected)
        if not self.low <= number <= self.high or number != number.to_integral_value():
            _refuse(expected)
        return int(number)

    def schema(self) -> Schema:
        """A bounded JSON integer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of US dollars, not negative."""

    def parse(self, raw: object) -> Decimal:
        """Return it exactly as it was written."""
        expected = "US dollars as a number, 0 or more"
        amount = _number(raw, expected)
        if amount < 0:
            _refuse(expected)
        return amount

    def schema(self) -> Schema:
        """A JSON number."""
        return {"type": "number", "minimum": 0, "maximum": int(_LARGEST)}


@dataclass(frozen=True, slots=True)
class Size:
    """An amount of memory or disk: bytes, or a number with a unit (GB is 1000³ bytes, GiB 1024³)."""

    def parse(self, raw: object) -> int:
        """Return bytes."""
        expected = "a size such as '8GB', '512MB' or '1GiB', or bytes as a whole number"
        match raw:
            case str() if found := re.fullmatch(_SIZE[1:-1], raw):
                size = Decimal(found[1]) * _UNITS[found[2]]
            case str():
                _refuse(expected)
            case _:
                size = _number(raw, expected)
                if size != size.to_integral_value():
                    _refuse(expected)
        if size < 1:
            _refuse(expected)
        return int(size)

    def schema(self) -> Schema:
        """A positive integer, or text with a unit."""
        number: Schema = {"type": "integer", "minimum": 1, "maximum": int(_LARGEST)}
        return {"anyOf": [number, or_reference({"type": "string", "pattern": _SIZE})]}


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: seconds, or a number with a unit."""

    def parse(self, raw: object) -> float:
        """Return seconds."""
        expected = "a time such as '30s', '2m', '1h' or '500ms', or seconds as a number above 0"
        match raw:
            case str() if found := re.fullmatch(_DURATION[1:-1], raw):
                seconds = Decimal(found[1]) * _SECONDS[found[2]]
            case str():
                _refuse(expected)
            case _:
                seconds = _number(raw, expected)
        if seconds <= 0:
            _refuse(expected)
        return float(seconds)

    def schema(self) -> Schema:
        """A positive number, or text with a unit."""
        number: Schema = {"type": "number", "exclusiveMinimum": 0, "maximum": int(_LARGEST)}
        return {"anyOf": [number, or_reference({"type": "string", "pattern": _DURATION})]}


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words; `make` turns the word into its typed value."""

    words: tuple[str, ...]
    make: Callable[[str], object] = str

    def parse(self, raw: object) -> object:
        """Return what `make` makes of the word."""
        if not isinstance(raw, str) or raw not in self.words:
            _refuse(" | ".join(self.words), choices=self.words)
        return self.make(raw)

    def schema(self) -> Schema:
        """An enumeration."""
        return or_reference({"enum": list(self.words)})


@dataclass(frozen=True, slots=True)
class ListOf:
    """Several values of one kind, no two alike."""

    kind: Kind

    def parse(self, raw: object) -> tuple[object, ...]:
        """Return them in order."""
        if not isinstance(raw, list):
            _refuse("a list")
        values: list[object] = []
        problems: list[Problem] = []
        for index, item in enumerate(raw):
            try:
                value = self.kind.parse(item)
            except Unfit as unfit:
                problems += [Problem((index, *p.at), p.expected, p.choices, p.found) for p in unfit.problems]
                continue
            if value in values:
                problems.append(Problem((index,), "each value once"))
            values.append(value)
        if problems:
            raise Unfit(*problems)
        return tuple(values)

    def schema(self) -> Schema:
        """A JSON array."""
        return {"type": "array", "items": self.kind.schema(), "uniqueItems": True}


@dataclass(frozen=True, slots=True)
class Row:
    """An object with fixed fields; `make` turns the parsed fields into its typed value."""

    fields: Mapping[str, Kind]
    required: tuple[str, ...]
    make: Callable[[Mapping[str, object]], object]

    def parse(self, raw: object) -> object:
        """Return what `make` makes of the fields."""
        if not isinstance(raw, dict):
            _refuse(f"an object with {', '.join(self.fields)}")
        problems = [
            Problem((), f"a {name!r} in it", found="none") for name in self.required if name not in raw
        ]
        values: dict[str, object] = {}
        for name, value in raw.items():
            kind = self.fields.get(name)
            if kind is None:
                problems.append(Problem((name,), "", tuple(self.fields), found="an unknown key"))
                continue
            try:
                values[name] = kind.parse(value)
            except Unfit as unfit:
                problems += [Problem((name, *p.at), p.expected, p.choices, p.found) for p in unfit.problems]
        if problems:
            raise Unfit(*problems)
        return self.make(values)

    def schema(self) -> Schema:
        """A closed JSON object."""
        properties = {name: kind.schema() for name, kind in self.fields.items()}
        required = list(self.required)
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
