"""A folder of kept bytes -> the files as they were before a run, and what it made taken away."""

import errno
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace as changed
from pathlib import Path

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import FileAction, FileChange
from agentic_flow.writing.describing import describe
from agentic_flow.writing.folders import Access
from agentic_flow.writing.keeping import (
    Entry,
    Manifest,
    State,
    forget,
    keep_manifest,
    keep_token,
    read_kept,
    read_manifest,
    sum_of,
)
from agentic_flow.writing.planning import Existing, Step
from agentic_flow.writing.replacing import PREFIX, new_token, replace
from agentic_flow.writing.tree import Parts, Tree


def take_back(place: Path, *, force: bool) -> tuple[FileChange, ...]:
    """Bring back what is kept in `place`, all of it or nothing, and forget it."""
    manifest = read_manifest(place)
    if manifest is None:
        raise OutputProblem("nothing is kept of that run; it wrote no file, or was undone already")
    root = Path(manifest.root)
    with Tree(root) as tree:
        if tree.root != root:
            raise OutputProblem(f"{str(root)!r} leads elsewhere now; nothing was undone")
        entries, shut = _reachable(tree, place, manifest.entries)
        if shut and not (force and entries):
            hint = ", --force undoes the others" if entries else ""
            raise OutputProblem(f"{'; '.join(shut)}; nothing was undone{hint}")
        steps = [_step_back(tree, place, entry) for entry in entries]
        others = [
            step.path
            for step, entry in zip(steps, entries, strict=True)
            if _contents(step.old) not in entry.own
        ]
        if others and not force:
            changed_since = ", ".join(others)
            raise OutputProblem(
                f"changed since that run: {changed_since}; nothing was undone, --force does it"
            )
        token = new_token()
        keep_token(place, manifest, token)
        replace(tree, steps, token)
        _clear(tree, steps, manifest)
    if shut:
        left = tuple(entry for entry in manifest.entries if entry not in entries)
        keep_manifest(place, changed(manifest, entries=left))
        undone = ", ".join(entry.path for entry in entries)
        raise OutputProblem(f"{'; '.join(shut)}; undone are only the others: {undone}")
    for folder in reversed(manifest.outer):
        with _unless_used():
            Path(folder).rmdir()
    forget(place)
    return tuple(describe(step) for step in steps if step.action is not FileAction.UNCHANGED)


def _reachable(tree: Tree, place: Path, entries: Sequence[Entry]) -> tuple[list[Entry], list[str]]:
    """Return the files that can be reached, and of each other one why not."""
    found, shut = list[Entry](), list[str]()
    for entry in entries:
        try:
            _existing(tree, _parts(place, entry.path))
        except NotADirectoryError as failure:
            shut.append(str(failure))
        else:
            found.append(entry)
    return found, shut


def _step_back(tree: Tree, place: Path, entry: Entry) -> Step:
    parts = _parts(place, entry.path)
    old = _existing(tree, parts)
    if entry.before is None:
        return Step(parts, old, None)
    data = read_kept(place, entry.before)
    mode = entry.before.mode if entry.before.mode is not None else 0o600
    access = changed(old.stamp.access, mode=mode) if old else Access(mode)
    return Step(parts, old, data, access)


def _existing(tree: Tree, parts: Parts) -> Existing | None:
    try:
        folder = tree.open(parts[:-1])
    except OSError as failure:
        raise NotADirectoryError(f"{'/'.join(parts)!r}: its folder is no folder any more") from failure
    stamp = folder.look(parts[-1]) if folder else None
    if folder is None or stamp is None:
        return None
    if stamp.kind != "file":
        raise NotADirectoryError(f"{'/'.join(parts)!r} is no file any more")
    return Existing(*folder.read(parts[-1]))


def _clear(tree: Tree, steps: list[Step], manifest: Manifest) -> None:
    """Take away the folders the run made and what a killed write left in others."""
    begun = tuple(f"{PREFIX}{token}-" for token in manifest.tokens)
    for above in {step.parts[:-1] for step in steps}:
        if folder := tree.open(above):
            for name in folder.names():
                if name.startswith(begun):
                    folder.remove(name)
    for path in reversed(manifest.folders):
        parts = tuple(path.split("/"))
        with _unless_used():
            if folder := tree.open(parts[:-1]):
                folder.remove_folder(parts[-1])


@contextmanager
def _unless_used() -> Generator[None]:
    """Leave a folder that is gone, or that holds something that is not of the run."""
    try:
        yield
    except OSError as failure:
        if failure.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.ELOOP):
            raise


def _parts(place: Path, path: str) -> Parts:
    parts = tuple(path.split("/"))
    if not {"", ".", ".."}.isdisjoint(parts):
        raise OutputProblem(f"what is kept in {str(place)!r} is damaged; nothing was undone")
    return parts


def _contents(old: Existing | None) -> State | None:
    return State(sum_of(old.data)) if old else None
