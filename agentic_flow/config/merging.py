"""Layers of settings, the strongest last -> one value for each, with who said it. Lists replace."""

from collections.abc import Mapping, Sequence

from agentic_flow.config.checking import Entry, Layer
from agentic_flow.config.trust import judge_value
from agentic_flow.core.frozen import frozen

_RULES = "routing.rules"
_STRATEGIES = ("routing.strategy", "defaults.priority")


@frozen
class Merged:
    """What holds in the end, by field of `Settings`, and what was wrong or left out on the way."""

    entries: Mapping[str, Entry]
    aside: Mapping[str, Entry]
    """What a project says and what holds only where the person trusts it."""
    mistakes: tuple[str, ...]
    warnings: tuple[str, ...]


def merge(layers: Sequence[Layer]) -> Merged:
    """Merge the layers, the shipped one first. A project's word holds only where `trust` lets it.

    null takes back what weaker sources say: what ships holds again, or nothing. A source that asks for a
    strategy or a priority, and brings no rules, puts the rules of weaker sources aside.
    """
    shipped = layers[0].entries
    merged: dict[str, Entry] = {}
    mine: dict[str, Entry] = {}
    aside: dict[str, Entry] = {}
    mistakes: list[str] = []
    warnings: list[str] = []
    for index, layer in enumerate(layers):
        mistakes += layer.mistakes
        for field, entry in layer.entries.items():
            if not layer.source.trusted:
                if entry.key.guard == "put aside":
                    aside[field] = entry
                    continue
                objection = judge_value(entry.key, entry.value, _value(shipped, field), _value(mine, field))
                if objection:
                    overruled = any(
                        field in above.entries for above in layers[index:] if above.source.trusted
                    )
                    if objection.reason and not overruled:
                        said = f"{entry.where()}: {entry.key.path}: {objection.reason}"
                        (mistakes if objection.refused else warnings).append(said)
                    continue
            elif layer.source.personal:
                mine[field] = entry
            if entry.value is not None:
                merged[field] = entry
            elif field in shipped:
                merged[field] = shipped[field]
            else:
                merged.pop(field, None)
        if _decides_otherwise(layer, merged):
            merged.pop(_RULES, None)
    return Merged(merged, aside, tuple(mistakes), tuple(warnings))


def _decides_otherwise(layer: Layer, merged: Mapping[str, Entry]) -> bool:
    """Say whether a layer asks for a strategy, and so puts aside the rules of weaker ones."""
    asked = [field for field in _STRATEGIES if field in layer.entries]
    return _RULES not in layer.entries and any(merged.get(field) is layer.entries[field] for field in asked)


def _value(entries: Mapping[str, Entry], field: str) -> object:
    return entries[field].value if field in entries else None
