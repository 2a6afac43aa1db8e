"""A plan -> the bytes it replaces, kept in a folder of ours; that folder -> the plan that brings them back.

The folder holds `undo.json` and one file of bytes per content, named by its sha256. It is complete and on the
disk before the first file changes, so that a run that is killed can be taken back too.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import FileAction
from agentic_flow.writing.folders import Access, Folder
from agentic_flow.writing.planning import Existing, Step
from agentic_flow.writing.tree import Tree

MANIFEST = "undo.json"
_VERSION = 1


@frozen
class State:
    """What a file was, or became. `None` in place of it: there was none."""

    sha256: str
    mode: int | None = None
    """Permission bits; None where nobody will ask."""


@frozen
class Entry:
    """One file of a run."""

    path: str
    before: State | None
    after: State | None
    between: tuple[State | None, ...] = ()
    """What earlier writes of the run made of it: one that is killed before its last change leaves that."""

    @property
    def own(self) -> frozenset[State | None]:
        """What the file is where nobody else has changed it; of its contents alone."""
        states = (self.before, self.after, *self.between)
        return frozenset(state and State(state.sha256) for state in states)


@frozen
class Manifest:
    """What a run did, as far as taking it back needs to know."""

    root: str
    tokens: tuple[str, ...]
    """How the passing names of the run's writes begin: one that was killed may have left some."""
    outer: tuple[str, ...]
    """Folders made above and including the root, outermost first."""
    folders: tuple[str, ...]
    """Folders made below the root, outermost first."""
    entries: tuple[Entry, ...]
    begun_in: str | None = None
    """The working folder of the run; None in what earlier versions kept."""

    def concerns(self, folder: Path) -> bool:
        """Say whether the run was begun, or wrote a file, at or below a folder."""
        begun = self.begun_in is not None and Path(self.begun_in).is_relative_to(folder)
        return begun or any(Path(self.root, entry.path).is_relative_to(folder) for entry in self.entries)


def keep(place: Path, tree: Tree, steps: Sequence[Step], token: str) -> Callable[[], None]:
    """Keep what the steps will change; return what forgets it again, for when they fail.

    A second write of the same run is added to the first: what is kept is from before both.
    """
    before = read_manifest(place)
    if before and before.root != str(tree.root):
        raise OutputProblem(
            f"{str(place)!r} keeps the files of {before.root!r}; one run writes to one folder"
        )
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _forgetting(place, before), Folder.at(place.resolve()) as folder:
        for step in steps:
            if step.old and step.action is not FileAction.UNCHANGED:
                _put(folder, sum_of(step.old.data), step.old.data)
        _put(folder, MANIFEST, _to_json(_extended(before, tree, steps, token)))
    return lambda: _go_back_to(place, before)


def keep_token(place: Path, manifest: Manifest, token: str) -> None:
    """Note the passing names of one more write."""
    keep_manifest(place, replace(manifest, tokens=(*manifest.tokens, token)))


def keep_manifest(place: Path, manifest: Manifest) -> None:
    """Put a manifest in the place of the one that is kept."""
    with Folder.at(place.resolve()) as folder:
        _put(folder, MANIFEST, _to_json(manifest))


def adopt(place: Path, sums: Mapping[str, str | None]) -> None:
    """Note what files of the run were made into by it without a write: a check may be a formatter.

    `sums` are the sha256 of their bytes by path; None: there is no such file any more.
    """
    manifest = read_manifest(place)
    if manifest is None:
        return
    entries = tuple(
        _followed(entry, _summed(sums[entry.path])) if entry.path in sums else entry
        for entry in manifest.entries
    )
    keep_manifest(place, replace(manifest, entries=entries))


def read_manifest(place: Path) -> Manifest | None:
    """Return what is kept in a folder; None if nothing is."""
    try:
        raw: dict[str, Any] = json.loads((place / MANIFEST).read_bytes())
        if raw["version"] != _VERSION:
            raise OutputProblem(
                f"{str(place)!r} was kept by another version of agentic-flow, which can undo it"
            )
        tokens, outer, folders = (tuple(raw[name]) for name in ("tokens", "outer", "folders"))
        entries = tuple(map(_read_entry, raw["entries"]))
        return Manifest(raw["root"], tokens, outer, folders, entries, raw.get("begun_in"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as failure:
        raise OutputProblem(f"what is kept in {str(place)!r} is damaged; nothing was undone") from failure


def _read_entry(row: dict[str, Any]) -> Entry:
    before, after, *between = (
        State(**state) if state else None for state in (row["before"], row["after"], *row.get("between", ()))
    )
    return Entry(row["path"], before, after, tuple(between))


def read_kept(place: Path, state: State) -> bytes:
    """Return bytes that were kept, proven to be the same."""
    try:
        data = (place / state.sha256).read_bytes()
    except FileNotFoundError:
        data = b""
    if sum_of(data) != state.sha256:
        raise OutputProblem(f"what is kept in {str(place)!r} is damaged; nothing was undone")
    return data


def forget(place: Path) -> None:
    """Remove a folder of kept bytes."""
    with suppress(FileNotFoundError):
        for file in place.iterdir():
            file.unlink()
        place.rmdir()


def sum_of(data: bytes) -> str:
    """Return the sha256 of some bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _forgetting(place: Path, before: Manifest | None) -> Generator[None]:
    try:
        yield
    except BaseException:
        _go_back_to(place, before)
        raise


def _go_back_to(place: Path, before: Manifest | None) -> None:
    with suppress(OSError):
        if before is None:
            forget(place)
        else:
            (place / MANIFEST).write_bytes(_to_json(before))


def _put(folder: Folder, name: str, data: bytes) -> None:
    passing = f"{name}.new"
    if folder.look(passing):
        folder.remove(passing)
    folder.create(passing, data, Access(0o600))
    folder.move(passing, name)
    folder.sync()


def _to_json(manifest: Manifest) -> bytes:
    return json.dumps({"version": _VERSION, **asdict(manifest)}, indent=1).encode()


def _extended(before: Manifest | None, tree: Tree, steps: Sequence[Step], token: str) -> Manifest:
    manifest = before or Manifest(
        str(tree.root), (), tuple(map(str, tree.outer())), (), (), begun_in=_working_folder()
    )
    entries = {entry.path: entry for entry in manifest.entries}
    for step in steps:
        if step.action is not FileAction.UNCHANGED:
            entries[step.path] = _entry(step, entries.get(step.path))
    folders = dict.fromkeys([*manifest.folders, *_missing_folders(tree, steps)])
    return replace(
        manifest, tokens=(*manifest.tokens, token), folders=tuple(folders), entries=tuple(entries.values())
    )


def _entry(step: Step, earlier: Entry | None) -> Entry:
    after = _state_after(step)
    if earlier is None:
        return Entry(step.path, _state(step.old), after)
    return _followed(earlier, after)


def _followed(entry: Entry, after: State | None) -> Entry:
    return replace(entry, after=after, between=(*entry.between, entry.after))


def _working_folder() -> str | None:
    try:
        return str(Path.cwd())
    except FileNotFoundError:  # somebody removed it meanwhile
        return None


def _missing_folders(tree: Tree, steps: Sequence[Step]) -> Iterable[str]:
    for step in steps:
        for depth in range(1, len(step.parts)):
            if tree.open(step.parts[:depth]) is None:
                yield "/".join(step.parts[:depth])


def _state(old: Existing | None) -> State | None:
    return State(sum_of(old.data), old.stamp.access.mode) if old else None


def _summed(sha256: str | None) -> State | None:
    return State(sha256) if sha256 else None


def _state_after(step: Step) -> State | None:
    return State(sum_of(step.new)) if step.new is not None else None
