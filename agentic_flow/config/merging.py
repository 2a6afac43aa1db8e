"""Layers of settings, the strongest last -> one value for each, with who said it. Lists replace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentic_flow.config.checking import Entry, Layer
from agentic_flow.config.trust import judge_value


@dataclass(frozen=True, slots=True)
class Merged:
    """What holds in the end, by field of `Settings`, and what was wrong or left out on the way."""

    entries: Mapping[str, Entry]
    mistakes: tuple[str, ...]
    warnings: tuple[str, ...]


def merge(layers: Sequence[Layer]) -> Merged:
    """Merge the layers, the shipped one first. A project's word holds only where `trust` lets it.

    null takes back what weaker sources say: what ships holds again, or nothing.
    """
    shipped = layers[0].entries
    merged: dict[str, Entry] = {}
    mine: dict[str, Entry] = {}
    mistakes: list[str] = []
    warnings: list[str] = []
    for index, layer in enumerate(layers):
        mistakes += layer.mistakes
        for field, entry in layer.entries.items():
            if not layer.source.trusted:
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
    return Merged(merged, tuple(mistakes), tuple(warnings))


def _value(entries: Mapping[str, Entry], field: str) -> object:
    return entries[field].value if field in entries else None
