"""A document -> the settings it makes, and everything that is wrong with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from agentic_flow.config.endpoints import BadEndpoint, checked
from agentic_flow.config.environment import BadReference, Names, UnsetName
from agentic_flow.config.keys import KEYS, SECTIONS, Key, below
from agentic_flow.config.kinds import At, Problem, SecretText, Unfit
from agentic_flow.config.places import HOMELESS, absolute
from agentic_flow.config.showing import dotted, shown
from agentic_flow.config.suggesting import did_you_mean
from agentic_flow.config.trust import judge_folder, judge_reference
from agentic_flow.core.errors import ConfigMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern

_REFERENCE = pattern(r"\$\{\w*\}")

Place = Callable[[At], str]


@frozen
class Source:
    """Who says something."""

    words: str
    """How `config show` calls it: `user router.config.json`."""
    folder: Path
    """Where a relative path begins."""
    output: Path
    """Where a relative output folder begins."""
    bound: Path | None = None
    """The project's root where a project speaks; None for the person's own words."""
    file: Path | None = None
    """The project's file, where one speaks."""
    personal: bool = True
    """False for what ships with the program, which is not warned about."""

    @property
    def trusted(self) -> bool:
        """Whether these are not a project's words."""
        return self.bound is None


@frozen
class Entry:
    """One setting as one source says it."""

    key: Key
    value: object
    source: Source
    where: Callable[[], str]
    """The place of the value, for messages."""


@dataclass(slots=True)
class Layer:
    """All that one source says, by the field of `Settings` it sets."""

    source: Source
    entries: dict[str, Entry] = field(default_factory=dict[str, Entry])
    mistakes: list[str] = field(default_factory=list[str])


def check(tree: dict[str, object], place: Place, source: Source, names: Names) -> Layer:
    """Read a whole tree; unknown keys and values that do not fit are collected, not raised."""
    layer = Layer(source)
    _Reader(layer, place, names).walk(tree, "", ())
    return layer


class _Reader:
    """Reads one tree into one layer."""

    def __init__(self, layer: Layer, place: Place, names: Names) -> None:
        self._layer = layer
        self._place = place
        self._names = names

    def walk(self, tree: dict[str, object], section: str, at: At) -> None:
        """Read a section; null says nothing."""
        for name, raw in tree.items():
            path = f"{section}.{name}" if section else name
            here = (*at, name)
            if "." not in name and path in KEYS:
                self.setting(KEYS[path], raw, here)
            elif "." in name or path not in SECTIONS:
                self._mistake(here, f"{dotted(*here)}: unknown key{_near(name, section)}")
            elif isinstance(raw, dict):
                self.walk(cast("dict[str, object]", raw), path, here)
            elif raw is not None:
                self._mistake(
                    here, f"{path}: found {shown(raw)}, expected an object with {', '.join(below(path))}"
                )

    def setting(self, key: Key, raw: object, at: At) -> None:
        """Read one setting."""
        try:
            value = None if raw is None else self._typed(key, self._expanded(key, raw))
        except UnsetName as unset:
            if not isinstance(key.kind, SecretText):  # a key that is not set is a provider without one
                self._problem(key, raw, at, Problem((), str(unset)))
        except BadReference as bad:
            self._problem(key, raw, at, Problem((), str(bad)))
        except Unfit as unfit:
            if raw == f"${{{key.env}}}":
                return  # that name is a source of its own, and is told of there
            for problem in unfit.problems:
                self._problem(key, raw, at, problem)
        else:
            if key.into:
                self._keep(key, value, at)

    def _expanded(self, key: Key, raw: object) -> object:
        """Return `raw` with `${NAME}` made whole in every text."""
        trusted = self._layer.source.trusted
        # Where a project's word is limited, its `.env` does not speak through the person's own file either.
        names = Names(self._names.environment) if trusted and key.limited else self._names

        def allow(name: str) -> None:
            if not trusted:
                judge_reference(key, name, names.environment.get(name, ""))

        match raw:
            case str():
                return names.expand(raw, allow)
            case list():
                return [self._expanded(key, item) for item in cast("list[object]", raw)]
            case dict():
                items = cast("dict[str, object]", raw).items()
                return {name: self._expanded(key, item) for name, item in items}
            case _:
                return raw

    def _typed(self, key: Key, raw: object) -> object:
        """Return the value; URLs are judged, paths are made absolute."""
        value = key.kind.parse(raw)
        try:
            if key.into.endswith(".base_url"):
                return checked(str(value))
            if key.starts_at is not None:
                return self._path(key, str(value))
        except BadEndpoint as bad:
            raise Unfit(Problem((), str(bad))) from bad
        return value

    def _path(self, key: Key, path: str) -> Path:
        source = self._layer.source
        try:
            whole = absolute(path, source.folder if key.starts_at == "file" else source.output)
        except ConfigMistake as mistake:
            raise Unfit(Problem((), HOMELESS)) from mistake
        if (
            key.starts_at == "output"
            and source.bound is not None
            and (wanted := judge_folder(whole, source.bound))
        ):
            raise Unfit(Problem((), wanted))
        return whole

    def _keep(self, key: Key, value: object, at: At) -> None:
        before = self._layer.entries.get(key.into)
        if before is not None and before.value != value:
            self._mistake(at, f"{key.path}: says otherwise than {before.key.path}, which is the same setting")
        self._layer.entries[key.into] = Entry(key, value, self._layer.source, lambda: self._place(at))

    def _problem(self, key: Key, raw: object, at: At, problem: Problem) -> None:
        value = _part(raw, problem.at)
        found = problem.found or shown(value)
        if isinstance(key.kind, SecretText) and not (problem.found or _REFERENCE.fullmatch(str(value))):
            found = "a key (not shown)"
        place = (*at, *problem.at)
        self._mistake(place, f"{dotted(*place)}: found {found}, expected {problem.expected}{problem.hint}")

    def _mistake(self, at: At, sentence: str) -> None:
        self._layer.mistakes.append(f"{self._place(at)}: {sentence}")


def _near(name: str, section: str) -> str:
    """Return what an unknown key was probably meant to be: a neighbour, else the same name elsewhere."""
    if near := did_you_mean(name, below(section)):
        return near
    elsewhere = [path for path in KEYS if path.rpartition(".")[2].casefold() == name.casefold()]
    return f"; did you mean {elsewhere[0]!r}?" if elsewhere else f", expected {', '.join(below(section))}"


def _part(raw: object, at: At) -> object:
    """Return the part of a raw value at a place that a kind found in it."""
    for step in at:
        raw = cast("dict[str | int, object]", raw)[step]  # a list where the step is a number
    return raw
