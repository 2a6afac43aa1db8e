"""A name and the folders to look in -> AgentTemplate. The first folder that has the name wins."""

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from agentic_flow.core.bounds import bound_of
from agentic_flow.core.errors import InvalidTemplate, UnknownAgent, UsageMistake
from agentic_flow.core.filenames import may_be_agent
from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_folder
from agentic_flow.core.settings import Places
from agentic_flow.core.shipped import shipped
from agentic_flow.core.values import AgentTemplate
from agentic_flow.templates.reading import file_name, read_template

Folders = Sequence[tuple[str, Path]]
"""Where to look, in order: what to call the place, and its folder. A folder need not exist."""

_USER, _SHIPPED = _OWN = ("user", "shipped")
"""Whose links lead where they will: nobody else puts files there."""
_BY_PATH = "named by its path"
_MOST_FILES = 2000
"""Looked at in one folder: enough for any gallery, and a bound where the folder is a whole disk."""


@frozen
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
    if agents_dir is not None and not is_folder(agents_dir):
        raise UsageMistake(f"--agents-dir: {agents_dir} is not a folder")
    candidates = (
        *([] if agents_dir is None else [("--agents-dir", agents_dir.absolute())]),
        ("project agents/", places.project / "agents"),
        ("project .agentic-flow/agents/", places.project / ".agentic-flow" / "agents"),
        ("project .claude/agents/", places.project / ".claude" / "agents"),
        (_USER, places.user_config / "agents"),
        (_SHIPPED, shipped("agents")),
    )
    found: dict[str, tuple[str, Path]] = {}
    for origin, folder in candidates:
        if is_folder(folder):
            found.setdefault(os.path.realpath(folder), (origin, folder))
    return list(found.values())


def find_template(name: str, folders: Folders) -> AgentTemplate:
    """Return the agent called `name`, or the one in the file `name` when that is a path ending in `.md`.

    The name in the front matter counts. Where no template says `name`, a file of that name serves.
    Raises `UnknownAgent`; `InvalidTemplate` where the file of that name cannot be used.
    """
    if name.lower().endswith(".md") and os.path.isfile(name):  # noqa: PTH113 - takes any text without failing
        path = Path(name).absolute()
        return read_template(path, _BY_PATH, bound_of(path))
    namesake: AgentTemplate | None = None
    seen: list[AgentTemplate | Unreadable] = []
    for origin, folder in folders:
        for found in _look(origin, folder, name):
            seen.append(found)
            if isinstance(found, Unreadable):
                if found.name == name:
                    raise InvalidTemplate(found.reason)
            elif found.name == name:
                return found
            elif namesake is None and file_name(found.path) == name:
                namesake = found
    if namesake is None:
        raise UnknownAgent(_not_found(name, folders, seen))
    return namesake


def list_templates(folders: Folders) -> list[AgentTemplate | Unreadable]:
    """Read all templates of all folders, in search order. Those that cannot serve are in the list too."""
    return [found for origin, folder in folders for found in _look(origin, folder)]


def templates_at(path: Path) -> list[AgentTemplate | Unreadable]:
    """Read the template at `path`, or all of those below it."""
    return list(_look(_BY_PATH, path)) if is_folder(path) else [_read(path, _BY_PATH)]


def serving(found: Iterable[AgentTemplate | Unreadable]) -> dict[str, AgentTemplate | Unreadable]:
    """Return which of the listed templates each name stands for, as `find_template` decides it.

    The first folder wins; in one folder NAME.md, then the file nearest to the top. A file that cannot be
    used keeps its name: no other agent takes its place unasked.
    """
    chosen: dict[str, AgentTemplate | Unreadable] = {}
    for template in found:
        rival = chosen.get(template.name)
        if rival is None or (rival.origin == template.origin and _prefers(template, rival)):
            chosen[template.name] = template
    return chosen


def _prefers(template: AgentTemplate | Unreadable, rival: AgentTemplate | Unreadable) -> bool:
    own_file = f"{template.name}.md"
    return template.path.name == own_file != rival.path.name


def _read(path: Path, origin: str) -> AgentTemplate | Unreadable:
    try:
        return read_template(path, origin, None if origin in _OWN else bound_of(path))
    except InvalidTemplate as failure:
        return Unreadable(file_name(path), path, origin, str(failure))


def _look(origin: str, folder: Path, name: str | None = None) -> Iterator[AgentTemplate | Unreadable]:
    """Yield what is below `folder`: NAME.md first, without looking further until asked, then all by path."""
    own_file = f"{name}.md" if name else ""
    direct = folder / own_file
    known = bool(name) and Path(own_file).name == own_file and os.path.lexists(direct)
    if known:
        yield _read(direct, origin)
    files, left_out = _walk(folder)
    for path in sorted(files, key=lambda path: (path.name != own_file, len(path.parts), path.as_posix())):
        if not (known and path == direct):
            yield _read(path, origin)
    for path, reason in left_out:
        yield Unreadable(path.name, path, origin, f"{path}:1: {reason}")


def _walk(folder: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """Return the template files below `folder`, and what was not looked into, with the reason.

    Hidden files are left out. Hidden folders are not entered, nor are links to folders: they may lead
    anywhere, and round.
    """
    files: list[Path] = []
    left_out: list[tuple[Path, str]] = []

    def refused(failure: OSError) -> None:
        left_out.append((Path(failure.filename), f"cannot be read ({failure.strerror})"))

    for here, inner, names in os.walk(folder, onerror=refused):
        inner[:] = [each for each in inner if not each.startswith(".")]
        links = (path for path in (Path(here, each) for each in inner) if path.is_symlink())
        left_out.extend((link, "is a link to a folder; name that folder with --agents-dir") for link in links)
        files.extend(Path(here, each) for each in names if _is_agent(each))
        if len(files) > _MOST_FILES:
            left_out.append((folder, f"holds over {_MOST_FILES} Markdown files; the rest was not read"))
            break
    return files[:_MOST_FILES], left_out


def _is_agent(file: str) -> bool:
    return may_be_agent(file) and not file.startswith(".")


def _not_found(name: str, folders: Folders, seen: Sequence[AgentTemplate | Unreadable]) -> str:
    import difflib  # only a mistake needs it

    names = {found.name.casefold(): found.name for found in seen}
    near = difflib.get_close_matches(name.casefold(), names, 1)
    guess = f"; did you mean {names[near[0]]!r}?" if near else "."
    searched = ", ".join(f"{origin} ({folder})" for origin, folder in folders)
    broken = [found.reason for found in seen if isinstance(found, Unreadable)]
    cannot = f" Not usable: {broken[0]}." if broken else ""
    if len(broken) > 1:
        cannot = f" {len(broken)} files cannot be used: `agentic-flow agents validate` says why."
    return f"no agent {name!r}{guess} Searched: {searched}.{cannot} `agentic-flow agents list` shows them all"
