"""A name a person writes -> the catalogue's entry. Aliases, `default`, and a person's own `models.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from agentic_flow.core.errors import ConfigMistake, UnknownModel
from agentic_flow.core.settings import Places
from agentic_flow.core.shipped import shipped
from agentic_flow.weights.entries import Entry
from agentic_flow.weights.reading import read_entries

OWN_CATALOGUE = "models.yaml"
"""In the user's config folder. Only there: a project must not say where weights come from."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """Every model that can be downloaded, by name and by alias."""

    entries: Mapping[str, Entry]
    aliases: Mapping[str, str]
    """Alias to name."""

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    def get(self, name: str) -> Entry | None:
        """Return the entry of a name or an alias, whatever its case, or None."""
        wanted = name.lower()
        return self.entries.get(self.aliases.get(wanted, wanted))

    def entry(self, name: str) -> Entry:
        """Return the entry of a name or an alias. Raises `UnknownModel`."""
        found = self.get(name)
        if found is None:
            raise unknown_model(name, [*self.entries, *self.aliases])
        return found


def load_catalog(places: Places) -> Catalog:
    """Read the shipped catalogue, then the user's own, which may add names. Raises `ConfigMistake`."""
    entries: dict[str, Entry] = {}
    aliases: dict[str, str] = {}
    for path in (shipped("models", "catalog.yaml"), places.user_config / OWN_CATALOGUE):
        for entry in read_entries(path) if path.is_file() else ():
            _add(entry, path, entries, aliases)
    return Catalog(entries, aliases)


def unknown_model(name: str, known: list[str]) -> UnknownModel:
    """Return the error for a name that is neither in the catalogue nor on this machine."""
    close = get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return UnknownModel(f"no local model is called {name!r}; {hint}`agentic-flow models list` shows all")


def _add(entry: Entry, path: Path, entries: dict[str, Entry], aliases: dict[str, str]) -> None:
    for name in (entry.name, *entry.aliases):
        if name in entries or name in aliases:
            owner = aliases.get(name, name)
            raise ConfigMistake(f"{path.name}: {entry.name}: the name {name!r} already belongs to {owner!r}")
        if name == entry.name:
            entries[name] = entry
        else:
            aliases[name] = entry.name
