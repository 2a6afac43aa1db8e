"""A name and the folders to look in -> AgentTemplate. The first folder that has the name wins."""

import difflib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentic_flow.core.errors import InvalidTemplate, UnknownAgent, UsageMistake
from agentic_flow.core.settings import Places
from agentic_flow.core.shipped import shipped
from agentic_flow.core.values import AgentTemplate
from agentic_flow.templates.reading import file_name, read_template

Folders = Sequence[tuple[str, Path]]
"""Where to look, in order: what to call the place, and its folder. A folder need not exist."""

_MOST_FILES = 2000
"""Looked at in one folder: enough for any gallery, and a bound where the folder is a whole disk."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file where a template should be, that cannot serve. `reason` names file and line."""

    name: str
    path: Path
    origin: str
    reason: str


def template_folders(places: Places, agents_dir: Path | None = None) -> list[tuple[str, Path]]:
    """Return the folders of this run in search order, each once, those that exist.

    Raises `UsageMistake` where `agents_dir` is no folder.
    """
    if agents_dir is not None and not agents_dir.is_dir():
        raise UsageMistake(f"--agents-dir: {agents_dir} is not a folder")
    candidates = (
        *([] if agents_dir is None else [("--agents-dir", agents_dir.absolute())]),
        ("project agents/", places.project / "agents"),
        ("project .agentic-flow/agents/", places.project / ".agentic-flow" / "agents"),
        ("project .claude/agents/", places.project / ".claude" / "agents"),
        ("user", places.user_config / "agents"),
        ("shipped", shipped("agents")),
    )
    found: dict[str, tuple[str, Path]] = {}
    for origin, folder in candidates:
        if folder.is_dir():
            found.setdefault(os.path.realpath(folder), (origin, folder))
    return list(found.values())


def find_template(name: str, folders: Folders) -> AgentTemplate:
    """Return the agent called `name`, or the one in the file `name` when that is a path ending in `.md`.

    The name in the front matter counts. Where no template says `name`, a file of that name serves.
    Raises `UnknownAgent`; `InvalidTemplate` where the file of that name cannot be used.
    """
    if name.lower().endswith(".md") and Path(name).is_file():
        return read_template(Path(name).absolute(), "named by its path")
    namesake: AgentTemplate | None = None
    seen: list[AgentTemplate | Unreadable] = []
    for origin, folder in folders:
        for path in _paths(folder, name):
            found = _read(path, origin)
            seen.append(found)
            if isinstance(found, Unreadable):
                if found.name == name:
                    raise InvalidTemplate(found.reason)
            elif found.name == name:
                return found
            elif namesake is None and file_name(path) == name:
                namesake = found
    if namesake is None:
        raise UnknownAgent(_not_found(name, folders, seen))
    return namesake


def list_templates(folders: Folders) -> list[AgentTemplate | Unreadable]:
    """Read all templates of all folders, in search order. Those that cannot serve are in the list too."""
    return [_read(path, origin) for origin, folder in folders for path in _paths(folder)]


def templates_at(path: Path) -> list[AgentTemplate | Unreadable]:
    """Read the template at `path`, or all of those below it."""
    return [_read(each, "named by its path") for each in (_paths(path) if path.is_dir() else [path])]


def serving(found: Iterable[AgentTemplate | Unreadable]) -> dict[str, AgentTemplate | Unreadable]:
    """Return which of the listed templates each name stands for, as `find_template` decides it.

    The first folder wins; in one folder the file that bears the name, then the first by path. A file that
    cannot be used keeps its name: no other agent takes its place unasked.
    """
    chosen: dict[str, AgentTemplate | Unreadable] = {}
    for template in found:
        rival = chosen.get(template.name)
        if rival is None or (rival.origin == template.origin and _prefers(template, rival)):
            chosen[template.name] = template
    return chosen


def _prefers(template: AgentTemplate | Unreadable, rival: AgentTemplate | Unreadable) -> bool:
    return file_name(template.path) == template.name != file_name(rival.path)


def _read(path: Path, origin: str) -> AgentTemplate | Unreadable:
    try:
        return read_template(path, origin)
    except InvalidTemplate as failure:
        return Unreadable(file_name(path), path, origin, str(failure))


def _paths(folder: Path, name: str | None = None) -> Iterator[Path]:
    """Yield the template files below `folder`: those that bear `name` first, the others by path.

    Hidden folders, and links to folders, are not entered.
    """
    direct = None
    if name and Path(name).name == name and os.path.lexists(folder / f"{name}.md"):
        direct = folder / f"{name}.md"
        yield direct
    others = sorted(_walk(folder), key=lambda path: (file_name(path) != name, path.as_posix()))
    yield from (path for path in others if path != direct)


def _walk(folder: Path) -> Iterator[Path]:
    left = _MOST_FILES
    for here, inner, files in os.walk(folder):
        inner[:] = sorted(each for each in inner if not each.startswith("."))
        for file in sorted(files):
            if file.lower().endswith(".md"):
                yield Path(here, file)
                left -= 1
                if not left:
                    return


def _not_found(name: str, folders: Folders, seen: Sequence[AgentTemplate | Unreadable]) -> str:
    names = {found.name.casefold(): found.name for found in seen}
    near = difflib.get_close_matches(name.casefold(), names, 1)
    guess = f"; did you mean {names[near[0]]!r}?" if near else "."
    searched = ", ".join(f"{origin} ({folder})" for origin, folder in folders)
    broken = [found.reason for found in seen if isinstance(found, Unreadable)]
    cannot = f" Not usable: {'; '.join(broken)}." if broken else ""
    return f"no agent {name!r}{guess} Searched: {searched}.{cannot} `agentic-flow agents list` shows them all"
