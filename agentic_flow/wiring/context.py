"""`--context` paths and globs -> ContextFiles, read once."""

import glob
import hashlib
import json
import shlex
from collections.abc import Iterable, Sequence
from itertools import takewhile
from pathlib import Path

from agentic_flow.core.bounds import bound_of, leads_out
from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.opening import TooLarge, read_regular
from agentic_flow.core.values import LARGEST_INPUT, ContextFile

_HEAD = 8000
"""Bytes in which a zero tells that a file is no text, as it does for git."""


@frozen
class Shown:
    """What `--context` names."""

    files: tuple[ContextFile, ...]
    unreadable: tuple[str, ...]
    """What a pattern caught beside them that is no text: pictures, archives, compiled code."""


def read_context(patterns: Sequence[str]) -> Shown:
    """Read every file the patterns name, each once, in the order named.

    Raises UsageMistake for a pattern that matches nothing, a folder, what is not UTF-8 text, or a file to
    which a link leads out of the project.
    """
    found: dict[Path, Path] = {}
    named: set[Path] = set()
    for pattern in patterns:
        try:
            matching = {_inside(path, pattern): path for path in _matches(pattern)}
            named.update(place for place, path in matching.items() if path == Path(pattern))
            found |= matching
        except (OSError, RuntimeError) as failure:  # RuntimeError: links that lead in a circle
            reason = failure.strerror if isinstance(failure, OSError) else "links that lead in a circle"
            raise UsageMistake(f"--context {pattern}: cannot be read ({reason})") from failure
    files: list[ContextFile] = []
    unreadable: list[str] = []
    for resolved, path in found.items():
        try:
            files.append(_read(resolved, path))
        except UsageMistake:
            if resolved in named or not _is_binary(resolved):
                raise
            unreadable.append(str(path))
    if unreadable and not files:
        what = f"--context {shlex.join(patterns)}"
        raise UsageMistake(f"{what}: there is no text, only files such as {unreadable[0]}")
    return Shown(tuple(files), tuple(unreadable))


def context_digest(patterns: Sequence[str]) -> str:
    """Return the sha256 of what the patterns name, in hexadecimal; empty where that is nothing to read."""
    try:
        files = read_context(patterns).files
    except UsageMistake:
        files = ()
    if not files:
        return ""
    said = json.dumps([(file.shown, file.text) for file in files])
    return hashlib.sha256(said.encode()).hexdigest()


def _matches(pattern: str) -> Iterable[Path]:
    if not pattern:
        raise UsageMistake("--context is empty; name a file, or leave the option out")
    path = Path(pattern)
    if path.is_dir():
        raise UsageMistake(
            f"--context {pattern}: is a folder; name its files, for example '{pattern.rstrip('/')}/*.py'"
        )
    if path.is_file():
        return (path,)
    if path.exists():
        raise UsageMistake(f"--context {pattern}: is no regular file; pipe it in beside --task instead")
    if not glob.has_magic(pattern):
        raise UsageMistake(f"--context {pattern}: there is no such file")
    # Path.glob refuses absolute patterns.
    found = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207
    files = [Path(name) for name in found if Path(name).is_file()]
    if not files:
        raise UsageMistake(f"--context {pattern}: the pattern matches no file")
    return files


def _inside(path: Path, pattern: str) -> Path:
    """Return where a file really lies. In a project, a link of its own may not lead to the person's files."""
    resolved = path.resolve()
    bound = bound_of(path)
    if bound is None and str(path) != pattern:  # no project, but somebody else may have filled that folder
        bound = Path(*takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts))
    if leads_out(resolved, bound):
        raise UsageMistake(
            f"--context {pattern}: a link leads from {path} out of its project, to {resolved}; if you mean "
            f"that file, name it so: --context {shlex.quote(str(resolved))}"
        )
    return resolved


def _read(resolved: Path, path: Path) -> ContextFile:
    try:
        text = read_regular(resolved, LARGEST_INPUT).decode("utf-8-sig")
    except TooLarge as failure:
        raise UsageMistake(f"--context {path}: {failure.strerror}; give a part of it") from failure
    except UnicodeDecodeError as failure:
        raise UsageMistake(f"--context {path}: is not UTF-8 text; leave it out or convert it") from failure
    except OSError as failure:
        raise UsageMistake(f"--context {path}: cannot be read ({failure.strerror})") from failure
    return ContextFile(resolved, _shown(resolved, path), text)


def _is_binary(path: Path) -> bool:
    with path.open("rb") as file:
        return b"\0" in file.read(_HEAD)


def _shown(resolved: Path, path: Path) -> str:
    try:
        return resolved.relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return path.name
