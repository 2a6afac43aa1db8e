"""Flags, files and the environment -> `Settings`, or one `ConfigMistake` that names everything wrong."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentic_flow.config.checking import Layer, Source, check
from agentic_flow.config.environment import DotEnv, Names, environment, read_dotenv
from agentic_flow.config.keys import KEYS, Key
from agentic_flow.config.kinds import SecretText
from agentic_flow.config.merging import Merged, merge
from agentic_flow.config.places import Project, absolute, config_in, find_places, find_project
from agentic_flow.config.reading import read_document
from agentic_flow.core.errors import ConfigMistake, FlowError
from agentic_flow.core.settings import (
    BudgetSettings,
    CacheSettings,
    Defaults,
    FallbackSettings,
    OnnxSettings,
    Places,
    RemoteSettings,
    RoutingSettings,
    Secret,
    Settings,
)
from agentic_flow.core.shipped import shipped

_MOST_MISTAKES = 20
_SHORTEST_KEY = 8


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says about the configuration."""

    config: Path | None = None
    """`--config`: read instead of the project's file, and trusted as the person's own words."""
    models_dir: Path | None = None
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    """Single values by their dotted key, as JSON would hold them."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that was read."""

    places: Places
    layers: tuple[Layer, ...]
    merged: Merged
    warnings: tuple[str, ...]


def load_settings(flags: Flags) -> Settings:
    """Read the whole configuration. Raises `ConfigMistake` with a line for each mistake."""
    loaded = load(flags)
    fields: dict[str, dict[str, Any]] = defaultdict(dict)
    for into, entry in loaded.merged.entries.items():
        section, name, *tier = into.split(".")
        if tier:
            if entry.value is not None:
                fields[section].setdefault(name, {})[tier[0]] = entry.value
        else:
            fields[section][name] = entry.value
    for section in ("anthropic", "openrouter"):
        if key := fields[section].get("api_key"):
            fields[section]["api_key"] = Secret(key)
    return Settings(
        places=loaded.places,
        anthropic=RemoteSettings(**fields["anthropic"]),
        openrouter=RemoteSettings(**fields["openrouter"]),
        onnx=OnnxSettings(**fields["onnx"]),
        routing=RoutingSettings(**fields["routing"]),
        fallback=FallbackSettings(**fields["fallback"]),
        cache=CacheSettings(**fields["cache"]),
        budget=BudgetSettings(**fields["budget"]),
        defaults=Defaults(**fields["defaults"]),
        warnings=loaded.warnings,
    )


def load(flags: Flags) -> Loaded:
    """Read every source and merge them. Raises `ConfigMistake` with a line for each mistake."""
    project = find_project()
    env = environment()
    dotenv = read_dotenv(project.folders, project.show)
    names = Names(env, dotenv)
    warnings = list(dotenv.warnings)
    chosen = _chosen_file(flags, env, project, warnings)
    folder = project.working if chosen is None or chosen[1].trusted else chosen[1].folder
    places = find_places(folder, flags.models_dir, env)

    files = [(shipped("router.config.json"), Source("shipped", shipped(), project.working, personal=False))]
    for path in _first(places.user_config, project, warnings):
        files.append((path, Source(f"user {path.name}", path.parent, project.working)))
    if chosen is not None:
        files.append(chosen)
    layers = [_read(path, source, project, names) for path, source in files]
    layers += _said_by_names(project, names)
    flagged = Source("flag", project.working, project.working)
    layers.append(check(_nested(flags.settings), lambda _: "command line", flagged, names))

    merged = merge(layers)
    if merged.mistakes:
        raise ConfigMistake(_summary(merged.mistakes))
    warnings += [*merged.warnings, *_idle(layers)]
    return Loaded(places, tuple(layers), merged, tuple(warnings))


def scrubbed(text: str) -> str:
    """Return a text without any key this machine is configured with. Never fails: it serves reports of failures."""
    secrets: dict[str, str] = {}
    with suppress(FlowError):
        project = find_project()
        dotenv = read_dotenv(project.folders, project.show)
        said = {**{name: value for name, (value, _) in dotenv.values.items()}, **environment()}
        secrets |= {
            key.env: said.get(key.env, "").strip() for key in KEYS.values() if _secret(key) and key.env
        }
        for entry in load(Flags()).merged.entries.values():
            if _secret(entry.key) and entry.value:
                secrets[entry.key.path] = str(entry.value)
    for name, secret in secrets.items():
        if len(secret) >= _SHORTEST_KEY:
            text = text.replace(secret, f"[{name}]")
    return text


def _secret(key: Key) -> bool:
    return isinstance(key.kind, SecretText)


def _chosen_file(
    flags: Flags, env: Mapping[str, str], project: Project, warnings: list[str]
) -> tuple[Path, Source] | None:
    """Return the file of `--config` or AGENTIC_FLOW_CONFIG, else the project's nearest, else None."""
    for words, said in (("--config", flags.config), ("AGENTIC_FLOW_CONFIG", env.get("AGENTIC_FLOW_CONFIG"))):
        if said:
            path = absolute(said)
            return path, Source(f"{words} {project.show(path)}", path.parent, project.working)
    for folder in project.folders:
        for path in _first(folder, project, warnings):
            if path == shipped(path.name):
                continue  # in a checkout of this program its shipped file is no project's
            return path, Source(f"project {path.name}", folder, folder, bound=project.root)
    return None


def _first(folder: Path, project: Project, warnings: list[str]) -> tuple[Path, ...]:
    """Return the file to read in a folder, if any; name those beside it that are not read."""
    first, *others = config_in(folder) or (None,)
    warnings += [
        f"{project.show(path)} is not read, because {first.name} lies beside it" for path in others if first
    ]
    return (first,) if first else ()


def _read(path: Path, source: Source, project: Project, names: Names) -> Layer:
    try:
        document = read_document(path, project.show(path))
    except ConfigMistake as mistake:
        return Layer(source, mistakes=str(mistake).splitlines())
    return check(document.tree, document.place, source, names)


def _said_by_names(project: Project, names: Names) -> Iterator[Layer]:
    """Return what `.env` and the environment say about settings, each name a layer of its own."""
    here = project.working
    for key in KEYS.values():
        if key.env is None:
            continue
        said, label = names.dotenv.values.get(key.env, ("", ""))
        if said:
            source = Source(label, here, here, bound=project.root)
            yield _one(key.path, said, f"{label}: {key.env}", source)
        if said := names.environment.get(key.env, ""):
            yield _one(key.path, said, f"environment {key.env}", Source(f"environment {key.env}", here, here))


def _one(path: str, value: str, label: str, source: Source) -> Layer:
    """Return a layer of one setting whose text is taken as it is."""
    return check(_nested({path: value.replace("${", "$${")}), lambda _: label, source, Names({}, DotEnv({})))


def _nested(settings: Mapping[str, object]) -> dict[str, object]:
    tree: dict[str, Any] = {}
    for path, value in settings.items():
        *sections, name = path.split(".")
        below = tree
        for section in sections:
            below = below.setdefault(section, {})
        below[name] = value
    return tree


def _idle(layers: list[Layer]) -> Iterator[str]:
    """Name each setting of the person's or the project's that no part of the program asks for yet."""
    for layer in layers:
        if layer.source.personal:
            for entry in layer.entries.values():
                if not entry.key.acts:
                    yield f"{entry.where().split(':')[0]}: {entry.key.path} is accepted and does not act yet"


def _summary(mistakes: tuple[str, ...]) -> str:
    more = len(mistakes) - _MOST_MISTAKES
    return "\n".join(mistakes[:_MOST_MISTAKES]) + (f"\nand {more} more" if more > 0 else "")
