"""Merged settings -> each value in words, with who said it. Keys are never among the words."""

from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from decimal import Decimal
from pathlib import Path
from typing import cast

from agentic_flow.config.keys import KEYS
from agentic_flow.config.kinds import SecretText
from agentic_flow.config.loading import Loaded
from agentic_flow.core.frozen import frozen
from agentic_flow.core.pricing import Price

NOT_SET = "not set"


@frozen
class Origin:
    """One setting as it holds in the end."""

    key: str
    """Dotted, as a person writes it."""
    value: object
    """As JSON holds it: bytes, seconds; `set` for a key, None where nobody says anything."""
    source: str
    """`flag`, `environment NAME`, `.env`, `project FILE`, `user FILE`, `shipped`, or `not set`."""


def explain(loaded: Loaded) -> list[Origin]:
    """Return every setting in the table's order, then the models folder.

    A setting with two names stands under the one it was said by.
    """
    entries = loaded.merged.entries
    origins: dict[str, Origin] = {}
    for key in KEYS.values():
        if not key.into:
            continue
        entry = entries.get(key.into)
        if entry is None:
            origins.setdefault(key.into, Origin(key.path, None, NOT_SET))
        else:
            value = "set" if isinstance(key.kind, SecretText) else _plain(entry.value)
            origins[key.into] = Origin(entry.key.path, value, entry.source.words)
    return [*origins.values(), Origin("(models folder)", str(loaded.places.models), loaded.models_from)]


def _plain(value: object) -> object:
    """Return a typed value as JSON holds it."""
    match value:
        case Decimal():
            return float(value)
        case Path():
            return str(value)
        case tuple():
            return [_plain(item) for item in cast("tuple[object, ...]", value)]
        case Mapping():
            return {name: _plain(item) for name, item in cast("Mapping[str, object]", value).items()}
        case Price():
            rates = (value.input, value.output, value.cache_read, value.cache_write)
            names = ("input", "output", "cacheRead", "cacheWrite")
            return {name: float(rate.base) for name, rate in zip(names, rates, strict=True)}
        case _ if is_dataclass(value) and not isinstance(value, type):
            return asdict(value)
        case _:
            return value
