"""Flags, files, the environment -> what every source says, merged; one `ConfigMistake` names all mistakes."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

from agentic_flow.config.checking import Layer, Source, check
from agentic_flow.config.environment import Names, environment, read_dotenv
from agentic_flow.config.keys import KEYS, Key
from agentic_flow.config.kinds import SecretText
from agentic_flow.config.merging import Merged, merge
from agentic_flow.config.places import Project, absolute, config_in, find_places, find_project
from agentic_flow.config.reading import read_document
from agentic_flow.config.rules import remarks
from agentic_flow.config.suggesting import did_you_mean
from agentic_flow.config.tracked import is_tracked
from agentic_flow.core.errors import ConfigMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.settings import Places, Rule
from agentic_flow.core.shipped import shipped

_MOST_MISTAKES = 20
_NOTHING = Names({})
_OURS = "AGENTIC_FLOW_"
_NOT_SETTINGS = ("AGENTIC_FLOW_CONFIG", "AGENTIC_FLOW_MODELS_DIR")
"""Names of ours that say where things are."""


@frozen
class Flags:
    """What the command line says about the configuration."""

    config: Path | None = None
    """`--config`: read instead of the project's file, and trusted as the person's own words."""
    models_dir: Path | None = None
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    """Single values by their dotted key, as JSON would hold them."""


@frozen
class Loaded:
    """Everything that was read."""

    places: Places
    models_from: str
    """Who says where models lie, in words."""
    layers: tuple[Layer, ...]
    merged: Merged
    warnings: tuple[str, ...]
    bad_keys: Mapping[str, str]
    """What is wrong with a provider's key that the environment or `.env` holds, by field of `Settings`."""
    strange: tuple[str, ...]
    """Names in the environment and in `.env` that look like ours and are not."""


@frozen
class Finding:
    """What the rest of the program has to say about a setting."""

    field: str
    """Of `Settings`: `defaults.model`."""
    words: str
    wrong: bool
    """A mistake, and not only a remark."""
    part: str = ""
    """Which part of the setting: `[2].model`."""


def load(flags: Flags, candidate: Path | None = None) -> Loaded:
    """Read every source and merge them. Raises `ConfigMistake` with a line for each mistake.

    `candidate` is a file to judge as if it were the project's.
    """
    project = find_project()
    names = Names(environment(), read_dotenv(project.folders, project.show))
    warnings = list(names.dotenv.warnings)
    places, models_from = find_places(flags.models_dir, names.environment, project.working)

    shipped_file = shipped("router.config.json")
    files = [(shipped_file, Source("shipped", shipped_file.parent, project.working, personal=False))]
    if user := _first(places.user_config, project, warnings):
        files.append((user, Source(f"user {user.name}", user.parent, project.working)))
    known = {path for path, _ in files}
    if candidate is not None:
        chosen = _candidate(project, candidate, known)
    else:
        chosen = _said(flags, names, project) or _found(project, known, warnings)
    if chosen:
        files.append(chosen)
        if not chosen[1].trusted:
            places = replace(places, project=chosen[0].parent)

    layers = [_read(path, source, project, names) for path, source in files]
    named = list(_named(project, names))
    bad_keys = _bad_keys(named)
    layers += [layer for _, layer in named]
    flagged = Source("flag", project.working, project.working)
    layers.append(check(_nested(flags.settings), lambda _: "command line", flagged, names))
    merged = merge(layers)
    if merged.mistakes:
        raise ConfigMistake(_summary([*merged.mistakes, *bad_keys.values()]))
    if bad_keys:  # the weaker key that it was to replace is not used in its place
        left = {into: entry for into, entry in merged.entries.items() if into not in bad_keys}
        merged = replace(merged, entries=left)
    warnings += [*bad_keys.values(), *merged.warnings, *_rule_remarks(merged), *_limit_remarks(merged)]
    warnings += _brought_keys(merged, names, project)
    return Loaded(
        places, models_from, tuple(layers), merged, tuple(warnings), bad_keys, tuple(_strange(names))
    )


def require_keys(loaded: Loaded) -> None:
    """Raise `ConfigMistake` where the environment or `.env` holds a key that is none."""
    if loaded.bad_keys:
        raise ConfigMistake(_summary([*loaded.bad_keys.values()]))


def judged(loaded: Loaded, findings: Iterable[Finding]) -> Loaded:
    """Add what was found out about settings that somebody made. Raises `ConfigMistake` for what is wrong."""
    entries = loaded.merged.entries
    said = [
        (found.wrong, f"{entry.where()}: {entry.key.path}{found.part}: {found.words}")
        for found in findings
        if (entry := entries.get(found.field)) is not None
    ]
    if mistakes := [sentence for wrong, sentence in said if wrong]:
        raise ConfigMistake(_summary(mistakes))
    return replace(loaded, warnings=(*loaded.warnings, *(sentence for _, sentence in said)))


def _said(flags: Flags, names: Names, project: Project) -> tuple[Path, Source] | None:
    """Return the file that `--config` or AGENTIC_FLOW_CONFIG names."""
    for words, said in (
        ("--config", flags.config),
        ("AGENTIC_FLOW_CONFIG", names.environment.get("AGENTIC_FLOW_CONFIG")),
    ):
        if said:
            path = absolute(said, project.working)
            return path, Source(f"{words} {project.show(path)}", path.parent, project.working)
    return None


def _candidate(project: Project, file: Path, known: set[Path]) -> tuple[Path, Source] | None:
    """Return a file as the project's, unless it is the person's or the shipped one."""
    path = absolute(file, project.working)
    real = Path(os.path.realpath(path))  # which takes links that lead in a circle, too
    root = project.root if real.is_relative_to(project.root) else path.parent
    return (
        None
        if path in known
        else (path, Source(f"project {path.name}", path.parent, path.parent, root, path))
    )


def _found(project: Project, known: set[Path], warnings: list[str]) -> tuple[Path, Source] | None:
    """Return the project's nearest file; in a checkout of this program the shipped one is no project's."""
    for folder in project.folders:
        path = _first(folder, project, warnings)
        if path is not None and path not in known:
            return path, Source(f"project {path.name}", folder, folder, project.root, path)
    return None


def _first(folder: Path, project: Project, warnings: list[str]) -> Path | None:
    """Return the file to read in a folder, if any; name those beside it that are not read."""
    first, *others = config_in(folder) or (None,)
    if first:
        warnings += [
            f"{project.show(path)} is not read, because {first.name} lies beside it" for path in others
        ]
    return first


def _read(path: Path, source: Source, project: Project, names: Names) -> Layer:
    try:
        document = read_document(path, project.show(path))
        return check(document.tree, document.place, source, names)
    except ConfigMistake as mistake:
        return Layer(source, mistakes=str(mistake).splitlines())
    except RecursionError:
        return Layer(source, mistakes=[f"{project.show(path)}: nested too deeply to be a configuration"])


def _strange(names: Names) -> Iterator[str]:
    """Name what somebody may have misspelt: it does nothing."""
    known = [*(key.env for key in KEYS.values() if key.env and key.env.startswith(_OURS)), *_NOT_SETTINGS]
    said = {name: f"environment {name}" for name in names.environment}
    said = {name: f"{label}: {name}" for name, (_, label) in names.dotenv.values.items()} | said
    for name, place in said.items():
        if name.startswith(_OURS) and name not in known:
            near = did_you_mean(name, known) or f"; of ours there are {', '.join(known)}"
            yield f"{place} means nothing{near}"


def _bad_keys(named: Iterable[tuple[Key, Layer]]) -> dict[str, str]:
    """Take what is wrong with keys out of the layers; what a stronger source says of the same one counts.

    A mistake in a file stops everything. A key in the environment concerns only whom it is for: a shell has
    it for other programs, too.
    """
    bad: dict[str, str] = {}
    for key, layer in named:
        if isinstance(key.kind, SecretText):
            bad.pop(key.into, None)
            if layer.mistakes:
                bad[key.into] = layer.mistakes.pop()
    return bad


def _named(project: Project, names: Names) -> Iterator[tuple[Key, Layer]]:
    """Return what `.env` and then the environment say about settings, each name a layer of its own."""
    here = project.working
    for key in KEYS.values():
        if key.env is None:
            continue
        said, label = names.dotenv.values.get(key.env, ("", ""))
        if said:
            yield key, _one(key.path, said, f"{label}: {key.env}", Source(label, here, here, project.root))
        if said := names.environment.get(key.env, ""):
            words = f"environment {key.env}"
            yield key, _one(key.path, said, words, Source(words, here, here))


def _one(path: str, text: str, label: str, source: Source) -> Layer:
    """Return a layer of one setting, whose text is taken as it is."""
    return check(_nested({path: text.replace("${", "$${")}), lambda _: label, source, _NOTHING)


def _nested(settings: Mapping[str, object]) -> dict[str, object]:
    """Return settings by dotted key as the tree that a file would hold."""
    tree: dict[str, Any] = {}
    for path, value in settings.items():
        *sections, name = path.split(".")
        below = tree
        for section in sections:
            below = below.setdefault(section, {})
        below[name] = value
    return tree


def _brought_keys(merged: Merged, names: Names, project: Project) -> Iterator[str]:
    """Name the keys that hold and came with the repository: it is not the person who owns them."""
    said = {value.strip(): label for value, label in names.dotenv.values.values()}
    for entry in merged.entries.values():
        own = entry.source.trusted or entry.value in names.environment.values()
        if own or not isinstance(entry.key.kind, SecretText):
            continue
        label = said.get(str(entry.value))
        file = project.working / label if label else entry.source.file
        if file is not None and is_tracked(file, project.root):
            yield (
                f"{entry.where()}: this repository brings that key (git tracks {project.show(file)}); whoever"
                " owns it can see what is sent with it: set your own in the environment, or where this one is"
                " yours, keep it out of git"
            )


def _rule_remarks(merged: Merged) -> Iterator[str]:
    entry = merged.entries.get("routing.rules")
    if entry is not None and entry.source.personal:
        for remark in remarks(cast("tuple[Rule, ...]", entry.value)):
            yield f"{entry.where()}: {remark}"


def _limit_remarks(merged: Merged) -> Iterator[str]:
    """Name the first cost limit that somebody set and that nobody switched on."""
    enabled = merged.entries.get("budget.enabled")
    if enabled is not None and enabled.value is True:
        return
    for entry in merged.entries.values():
        if isinstance(entry.value, Decimal) and entry.key.into.startswith("budget."):
            yield f"{entry.where()}: {entry.key.path} does not hold: costOptimization.enabled is not true"
            return


def _summary(mistakes: Sequence[str]) -> str:
    """Return the mistakes, a line each, and below several of them how many there are."""
    if len(mistakes) == 1:
        return mistakes[0]
    hidden = len(mistakes) - _MOST_MISTAKES
    lines = [*mistakes[:_MOST_MISTAKES], f"{len(mistakes)} mistakes in the configuration"]
    if hidden > 0:
        lines[-1] += f", {hidden} of them not shown"
    return "\n".join(lines)
