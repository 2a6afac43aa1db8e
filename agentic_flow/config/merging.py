"""Layers of settings, the strongest last -> one value for each, with who said it. Lists replace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agentic_flow.config.checking import Entry, Layer
from agentic_flow.config.trust import judge_endpoint, loosens


@dataclass(frozen=True, slots=True)
class Merged:
    """What holds in the end, by field of `Settings`, and what was wrong or left out on the way."""

    entries: Mapping[str, Entry]
    mistakes: tuple[str, ...]
    warnings: tuple[str, ...]


def merge(layers: Sequence[Layer]) -> Merged:
    """Merge the layers; a project's word holds only where `trust` lets it.

    The first layer is the shipped one. A project's layers come after the person's file and before the
    person's environment and flags.
    """
    shipped = layers[0].entries
    merged: dict[str, Entry] = {}
    mistakes: list[str] = []
    warnings: list[str] = []
    for index, layer in enumerate(layers):
        mistakes += layer.mistakes
        for field, entry in layer.entries.items():
            if not layer.source.trusted:
                below = merged.get(field)
                overruled = any(
                    field in above.entries for above in layers[index + 1 :] if above.source.trusted
                )
                if field.endswith(".base_url"):
                    refusal = _refusal(entry, shipped[field], below)
                    if refusal and not overruled:
                        mistakes.append(refusal)
                    if refusal or (below is not None and below.source.personal and below.source.trusted):
                        continue
                elif entry.key.guard and below and below.source.trusted and below.source.personal:
                    if loosens(entry.key.guard, below.value, entry.value):
                        if not overruled:
                            warnings.append(
                                f"{entry.where()}: {entry.key.path} is left as {below.source.words} has it: a "
                                "project may tighten it, not loosen it"
                            )
                        continue
            merged[field] = entry
    return Merged(merged, tuple(mistakes), tuple(warnings))


def _refusal(entry: Entry, own: Entry, below: Entry | None) -> str | None:
    said = str(below.value) if below is not None else None
    refusal = judge_endpoint(entry.key, str(entry.value), str(own.value), said)
    return f"{entry.where()}: {entry.key.path}: found {entry.value!r}, {refusal}" if refusal else None
