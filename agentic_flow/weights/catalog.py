"""A name a person writes -> the catalogue's entry. Aliases, `default`, and a person's own `models.yaml`."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG

from agentic_flow.core.errors import ConfigMistake, UnknownModel
from agentic_flow.core.frozen import frozen
from agentic_flow.core.settings import OnnxSettings, Places
from agentic_flow.core.shipped import shipped
from agentic_flow.weights.entries import Entry, Variant
from agentic_flow.weights.reading import read_entries

OWN_CATALOGUE = "models.yaml"
"""In the user's config folder. Only there: a project must not say where weights come from."""


@frozen
class Choice:
    """One variant of a catalogue model."""

    entry: Entry
    variant: Variant

    @property
    def folder(self) -> str:
        """Its folder's name: the model's, and `@variant` behind it for all but the model's first variant."""
        first = self.variant is self.entry.variants[0]
        return self.entry.name if first else f"{self.entry.name}@{self.variant.name}"


@frozen
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

    def choose(self, name: str, onnx: OnnxSettings) -> Choice | None:
        """Return the variant that suits the settings, or the one that `name@variant` asks for, or None."""
        base, _, asked = name.lower().partition("@")
        entry = self.get(base)
        if entry is None:
            return None
        if not asked:
            return Choice(entry, entry.variant_for(onnx.execution_provider, onnx.quantization))
        return next((choice for choice in choices(entry) if choice.variant.name == asked), None)


def choices(entry: Entry) -> tuple[Choice, ...]:
    """Return every variant of a model."""
    return tuple(Choice(entry, variant) for variant in entry.variants)


def load_catalog(places: Places) -> Catalog:
    """Read the shipped catalogue, then the user's own, which may add names. Raises `ConfigMistake`."""
    paths = (shipped("models", "catalog.yaml"), places.user_config / OWN_CATALOGUE)
    return _read(tuple((path, _stamp(path)) for path in paths))


Stamp = tuple[int, int, int] | None
"""What tells one state of a file from another; None: there is none."""


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_ino, found.st_size, found.st_mtime_ns) if S_ISREG(found.st_mode) else None


@lru_cache(maxsize=4)  # a batch asks for each of its tasks
def _read(files: tuple[tuple[Path, Stamp], ...]) -> Catalog:
    entries: dict[str, Entry] = {}
    aliases: dict[str, str] = {}
    for path, stamp in files:
        for entry in () if stamp is None else read_entries(path):
            _add(entry, path, entries, aliases)
    return Catalog(entries, aliases)


def unknown_model(name: str, catalog: Catalog, imported: Iterable[str] = ()) -> UnknownModel:
    """Return the error for a name that is neither in the catalogue nor on this machine."""
    close = get_close_matches(name.lower(), [*catalog.entries, *catalog.aliases, *imported], n=1)
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
