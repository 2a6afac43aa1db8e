"""JSON from a stranger, read field by field: what is missing, or of another kind, reads as nothing."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TypeAlias, cast

JsonObject: TypeAlias = Mapping[str, object]

_DECODER = json.JSONDecoder(parse_float=Decimal)  # made once: `json.loads` would make one an event
_NOTHING: JsonObject = {}
_MOST = 10**12
"""No call counts more tokens, or costs more dollars: a larger number is not believed."""


def parsed(text: str) -> JsonObject | None:
    """Read one JSON object; None when `text` is anything else. Amounts keep every digit."""
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return None
    return cast("JsonObject", value) if isinstance(value, dict) else None


def child(parent: JsonObject, *path: str) -> JsonObject:
    """Follow `path` through objects; empty when a step is missing."""
    for key in path:
        value = parent.get(key)
        if not isinstance(value, dict):
            return _NOTHING
        parent = cast("JsonObject", value)
    return parent


def children(parent: JsonObject, key: str) -> list[JsonObject]:
    """Return the objects in a list, without what is not an object."""
    value = parent.get(key)
    if not isinstance(value, list):
        return []
    return [cast("JsonObject", item) for item in cast("list[object]", value) if isinstance(item, dict)]


def first(parent: JsonObject, key: str) -> JsonObject:
    """Return the first object in a list; empty when there is none."""
    found = children(parent, key)
    return found[0] if found else _NOTHING


def word(parent: JsonObject, key: str) -> str:
    """Return a string; empty when missing."""
    value = parent.get(key)
    return value if isinstance(value, str) else ""


def count(parent: JsonObject, key: str) -> int | None:
    """Return a whole number from 0 up."""
    value = parent.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST else None


def amount(parent: JsonObject, key: str) -> Decimal | None:
    """Return a number from 0 up, exactly as it was written."""
    value = parent.get(key)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    exact = Decimal(value)
    return exact if exact.is_finite() and 0 <= exact <= _MOST else None


def amount_in(parent: JsonObject, key: str) -> Decimal | None:
    """Return a number from 0 up that is written as one, or as the text of one (`"0.0000025"`)."""
    value = parent.get(key)
    if not isinstance(value, str):
        return amount(parent, key)
    try:
        return amount({key: Decimal(value)}, key)
    except InvalidOperation:
        return None
