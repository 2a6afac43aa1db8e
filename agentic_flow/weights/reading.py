"""A catalogue file -> entries, strictly: a mistake names its place, what was found and what would do."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TypeVar, cast

import yaml

from agentic_flow.core.errors import ConfigMistake
from agentic_flow.core.patterns import pattern
from agentic_flow.weights.entries import Entry, Form, HubSource, PackageSource, Quantization, Source, Variant

NAME = pattern(r"[a-z0-9][a-z0-9._-]{0,63}")
"""What a model may be called: it becomes a folder's name on every file system."""
_ANY = pattern(r"[^\x00-\x1f\x7f-\x9f]+")
_REPOSITORY = pattern(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_INSIDE = pattern(r"(?!.*\.\.)[\w.-]+(/[\w.-]+)*")
_NUMBERED = pattern(r"\w([\w./-]|\{n(:0\d)?\})*")
"""`{n}` stands for the number of a part, `{n:02}` for the same with two digits."""
_SHA256 = pattern(r"[0-9a-f]{64}")

_Word = TypeVar("_Word", bound=StrEnum)


def read_entries(path: Path) -> list[Entry]:
    """Read a catalogue file. Raises `ConfigMistake`."""
    try:
        value = _parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigMistake(f"{path} cannot be read: {failure}") from failure
    except yaml.YAMLError as failure:
        raise ConfigMistake(f"{path} is not YAML: {' '.join(str(failure).split())}") from failure
    return [_entry(name, fields) for name, fields in _Fields(value, f"{path.name}: ").each()]


def _parse(text: str) -> object:
    """Parse YAML, and refuse a key given twice, of which YAML would keep the last in silence."""
    # The C loader, which most builds of the library have, is ten times as fast. Both know plain data only.
    loader = (yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader)(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _refuse_twins(root)
        value: object = loader.construct_document(root)  # pyright: ignore[reportUnknownMemberType]  # an untyped stub
    finally:
        loader.dispose()
    return value


def _refuse_twins(root: yaml.Node) -> None:
    nodes, seen = [root], set[int]()
    while nodes:
        node = nodes.pop()
        if id(node) in seen:  # an alias, which may even lead back to itself
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            keys = [getattr(key, "value", None) for key, _ in node.value]
            if twice := next((key for key in keys if keys.count(key) > 1), None):
                problem = f"{twice!r} is given twice"
                raise yaml.constructor.ConstructorError(problem=problem, problem_mark=node.start_mark)
            nodes += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value


def _entry(name: str, fields: "_Fields") -> Entry:
    fields.matches(name, NAME, "a name of a-z, 0-9, '.', '_' and '-'")
    entry = Entry(
        name=name,
        title=fields.text("title"),
        licence=fields.text("licence"),
        parameters=fields.text("parameters"),
        context=fields.count("context"),
        aliases=fields.texts("aliases", NAME),
        variants=tuple(_variant(*item) for item in fields.inner("variants").each()),
    )
    fields.done()
    return entry


def _variant(name: str, fields: "_Fields") -> Variant:
    fields.matches(name, NAME, "a name of a-z, 0-9, '.', '_' and '-'")
    form = fields.word("format", Form)
    variant = Variant(
        name=name,
        quantization=fields.word("quantization", Quantization),
        form=form,
        providers=fields.texts("providers", NAME) or ("cpu",),
        download=fields.count("download"),
        disk=fields.count("disk"),
        memory=fields.count("memory"),
        sources=tuple(_source(inner, form) for inner in fields.items("sources")),
    )
    fields.done()
    return variant


def _source(fields: "_Fields", form: Form) -> Source:
    """Read one source: exactly one of `huggingface` and `packages` says which kind it is."""
    if form is Form.GGUF and fields.has("packages"):
        source: Source = PackageSource(
            package=fields.text("packages", _NUMBERED),
            version=fields.text("version", _INSIDE),
            member=fields.text("member", _NUMBERED),
            parts=fields.count("parts"),
            size=fields.count("size"),
            sha256=fields.text("sha256", _SHA256),
        )
    else:
        inside = "file" if form is Form.GGUF else "folder"
        source = HubSource(
            repository=fields.text("huggingface", _REPOSITORY),
            revision=fields.text("revision", _INSIDE) if fields.has("revision") else "main",
            **{inside: fields.text(inside, _INSIDE)},
        )
    fields.done()
    return source


class _Fields:
    """A mapping of the file and its place. What is asked for is known; `done` refuses the rest."""

    def __init__(self, value: object, place: str) -> None:
        self._place = place
        if not isinstance(value, Mapping) or not value:
            found = f"{place.rstrip('.: ')}: found {value!r:.80}"
            raise ConfigMistake(f"{found}, expected a mapping with at least one key")
        self._values = {str(key): found for key, found in cast("Mapping[object, object]", value).items()}
        self._known: set[str] = set()

    def mistake(self, key: str, expected: str) -> ConfigMistake:
        found = f"found {self._values[key]!r:.80}" if key in self._values else "missing"
        return ConfigMistake(f"{self._place}{key}: {found}, expected {expected}")

    def matches(self, text: str, pattern: re.Pattern[str], expected: str) -> None:
        if not pattern.fullmatch(text):
            raise ConfigMistake(f"{self._place.rstrip('.')}: found {text!r:.80}, expected {expected}")

    def has(self, key: str) -> bool:
        self._known.add(key)
        return key in self._values

    def text(self, key: str, pattern: re.Pattern[str] = _ANY) -> str:
        value = self._values[key] if self.has(key) else None
        shown = str(value) if isinstance(value, str | float) else ""  # an unquoted 1.0 is a version, too
        if not pattern.fullmatch(shown):
            raise self.mistake(key, "text" if pattern is _ANY else f"text like {pattern.pattern}")
        return shown

    def count(self, key: str) -> int:
        value = self._values[key] if self.has(key) else None
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self.mistake(key, "a whole number above 0")
        return value

    def word(self, key: str, words: type[_Word]) -> _Word:
        try:
            return words(str(self._values[key]) if self.has(key) else "")
        except ValueError:
            raise self.mistake(key, " | ".join(words)) from None

    def texts(self, key: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
        texts = tuple(str(value) for value in self._list(key)) if self.has(key) else ()
        if not all(pattern.fullmatch(text) for text in texts):
            raise self.mistake(key, f"a list of texts like {pattern.pattern}")
        return texts

    def inner(self, key: str) -> "_Fields":
        return _Fields(self._values[key] if self.has(key) else None, f"{self._place}{key}.")

    def each(self) -> "Iterator[tuple[str, _Fields]]":
        for key, value in self._values.items():
            yield key, _Fields(value, f"{self._place}{key}.")

    def items(self, key: str) -> "Iterator[_Fields]":
        for number, value in enumerate(self._list(key)):
            yield _Fields(value, f"{self._place}{key}[{number}].")

    def _list(self, key: str) -> list[object]:
        value = self._values[key] if self.has(key) else None
        if not isinstance(value, list) or not value:
            raise self.mistake(key, "a list with at least one item")
        return cast("list[object]", value)

    def done(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._values.keys() - self._known:
            close = get_close_matches(key, self._known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(sorted(self._known))}"
            raise ConfigMistake(f"{self._place}{key}: unknown key; {hint}")
