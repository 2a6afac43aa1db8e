"""Drafts and what lies in the output folder -> what each file would be, or why not. Changes nothing."""

import errno
import os
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence

from agentic_flow.core.errors import UnsafeWrite
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Draft, FileAction
from agentic_flow.writing.folders import Access, Folder, Stamp
from agentic_flow.writing.names import collision_key, judge
from agentic_flow.writing.tree import Parts, Tree

MOST_FILES = 500
LARGEST_FILE = 16 * 2**20
LARGEST_SUM = 64 * 2**20

_REPOSITORY = {("HEAD",), ("objects",), ("refs",)}
"""What git takes for a repository of its own, hooks and all."""


@frozen
class Existing:
    """A file as it was when the plan was made."""

    data: bytes
    stamp: Stamp


@frozen
class Step:
    """One file: what it was and what it is to be. None is no file."""

    parts: Parts
    old: Existing | None
    new: bytes | None
    access: Access | None = None
    """What the new file is given; None leaves it to the umask."""

    @property
    def path(self) -> str:
        """The path below the root."""
        return "/".join(self.parts)

    @property
    def action(self) -> FileAction:
        """What taking this step does."""
        if self.old is None:
            return FileAction.CREATED if self.new is not None else FileAction.UNCHANGED
        if self.new is None:
            return FileAction.REMOVED
        same = self.old.data == self.new and self.access in (None, self.old.stamp.access)
        return FileAction.UNCHANGED if same else FileAction.REPLACED


def judge_drafts(
    drafts: Sequence[Draft], beneath: Sequence[str], inside: Sequence[str]
) -> list[tuple[Parts, bytes]]:
    """Judge every draft by its words alone: its path, its size, and whether two are one file somewhere."""
    judged = [(judge(draft.path, beneath=beneath, inside=inside), _encoded(draft)) for draft in drafts]
    if len(judged) > MOST_FILES:
        raise UnsafeWrite(drafts[MOST_FILES].path, f"these are more than {MOST_FILES} files")
    if sum(len(data) for _, data in judged) > LARGEST_SUM:
        raise UnsafeWrite(drafts[-1].path, f"the files together are larger than {LARGEST_SUM // 2**20} MiB")
    taken: dict[Parts, tuple[Parts, bool]] = {}
    for parts, _ in judged:
        for depth in range(1, len(parts) + 1):
            mine = (parts[:depth], depth == len(parts))
            other, is_file = taken.setdefault(collision_key(parts[:depth]), mine)
            if (other, is_file) != mine or (is_file and other is not mine[0]):
                reason = f"{'/'.join(other)!r} is the same name, at least on some systems"
                raise UnsafeWrite("/".join(parts), reason)
    return judged


def plan(tree: Tree, judged: Sequence[tuple[Parts, bytes]]) -> list[Step]:
    """Look at every place a file would go to. Raises `UnsafeWrite` where one may not; touches none."""
    listings: dict[Parts, dict[Parts, str]] = {}
    return [_step(tree, parts, data, listings) for parts, data in judged]


def _step(tree: Tree, parts: Parts, data: bytes, listings: dict[Parts, dict[Parts, str]]) -> Step:
    path = "/".join(parts)
    old = None
    for depth, (folder, name) in enumerate(_way(tree, parts)):
        above = parts[:depth]
        if above not in listings:
            listings[above] = _listing(folder)
        if all(name in listings[above] for name in _REPOSITORY):
            raise UnsafeWrite(path, "its folder is the inside of a git repository")
        there = listings[above].get((name,)) or listings[above].get(collision_key([name]), name)
        if there != name:
            raise UnsafeWrite(path, f"{there!r} is there, which some systems take for the same name")
        if depth == len(parts) - 1:
            old = _existing(folder, name, path)
    if old and old.data.startswith(BOM_UTF8) and not data.startswith(BOM_UTF8):  # no reply says it
        data = BOM_UTF8 + data
    if old and old.data != data:
        _require_replaceable(old.stamp, path)
    return Step(parts, old, data, old.stamp.access if old else None)


def _listing(folder: Folder) -> dict[Parts, str]:
    """Return what is in a folder, found by its exact name and by the name some system takes it for."""
    names = folder.names()
    return {collision_key([name]): name for name in names} | {(name,): name for name in names}


def _way(tree: Tree, parts: Parts) -> Iterator[tuple[Folder, str]]:
    """Yield each open folder on the way with the next name, as far as they exist."""
    for depth, name in enumerate(parts):
        try:
            folder = tree.open(parts[:depth])
        except OSError as failure:
            if failure.errno in (errno.ENOTDIR, errno.ELOOP):
                reason = f"{'/'.join(parts[:depth])!r} is a link or a file, not a folder"
                raise UnsafeWrite("/".join(parts), reason) from failure
            raise
        if folder is None:
            return
        yield folder, name


def _existing(folder: Folder, name: str, path: str) -> Existing | None:
    stamp = folder.look(name)
    if stamp is None:
        return None
    if stamp.kind != "file":
        what = "a folder" if stamp.kind == "folder" else "a link or a device"
        raise UnsafeWrite(path, f"{what} of that name is there")
    if stamp.size > LARGEST_FILE:
        raise UnsafeWrite(path, f"it is there and larger than {LARGEST_FILE // 2**20} MiB, too large to keep")
    try:
        return Existing(*folder.read(name))
    except PermissionError as failure:
        raise UnsafeWrite(path, "it is there and cannot be read, so no copy could be kept") from failure


def _require_replaceable(stamp: Stamp, path: str) -> None:
    if not stamp.access.mode & 0o222:
        raise UnsafeWrite(path, "it is there and marked read-only")
    if hasattr(os, "geteuid") and stamp.access.owner and os.geteuid() not in (0, stamp.access.owner[0]):
        raise UnsafeWrite(path, "it is there and belongs to somebody else")


def _encoded(draft: Draft) -> bytes:
    try:
        data = draft.text.encode()
    except UnicodeEncodeError as failure:
        raise UnsafeWrite(draft.path, "its text holds half a character") from failure
    if len(data) > LARGEST_FILE:
        raise UnsafeWrite(draft.path, f"it is larger than {LARGEST_FILE // 2**20} MiB")
    return data
