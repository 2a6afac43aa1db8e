"""A plan -> all of it done, or none: whole files are put in place of whole files, and an error undoes them.

Every new file is first written in full beside its place, under a name of our own; only then does one after
the other take its place by a rename. Until the last has, the old file keeps a second name and can go back.
"""

import errno
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import FileAction
from agentic_flow.writing.folders import Folder
from agentic_flow.writing.planning import Existing, Step
from agentic_flow.writing.tree import Tree

PREFIX = ".agentic-flow-"
"""How the names begin that are only there while we work."""

Undo = Callable[[], None]


def new_token() -> str:
    """Return what tells our passing names from those of another run."""
    return secrets.token_hex(8)


def replace(tree: Tree, steps: Sequence[Step], token: str) -> None:
    """Take every step that changes something. Whatever is raised, a signal too, nothing has changed then."""
    undo: list[Undo] = [tree.unmake]
    try:
        moves = [
            _prepare(tree, step, f"{PREFIX}{token}-{number}", undo)
            for number, step in enumerate(steps)
            if step.action is not FileAction.UNCHANGED
        ]
        clearing = [move() for move in moves]
        tree.sync()
        for clear in clearing:
            clear()
    except BaseException:
        _take_back(undo)
        raise


def _prepare(tree: Tree, step: Step, passing: str, undo: list[Undo]) -> Callable[[], Undo]:
    """Write the new file beside its place; return what puts it there, which returns what clears up."""
    folder, name = tree.make(step.parts[:-1]), step.parts[-1]
    new, old = f"{passing}.new", f"{passing}.old"
    if step.new is not None:
        undo.append(lambda: _remove_if_there(folder, new))
        folder.create(new, step.new, step.access)

    def move() -> Undo:
        _require_same(folder, name, step)
        was = step.old
        if was is None:
            undo.append(lambda: None if folder.look(new) else folder.remove(name))
            folder.move(new, name)
            return lambda: None
        undo.append(lambda: _remove_if_there(folder, old))
        undo.append(lambda: _put_back(folder, name, old, was, moved=new if step.new is not None else name))
        if step.new is None:
            folder.move(name, old)
        else:
            _keep_beside(folder, name, old, was)
            folder.move(new, name)
        return lambda: folder.remove(old)

    return move


def _require_same(folder: Folder, name: str, step: Step) -> None:
    now = folder.look(name)
    if now != (step.old.stamp if step.old else None):
        raise OutputProblem(f"{step.path!r} was changed meanwhile by somebody else; no file was written")


def _keep_beside(folder: Folder, name: str, other: str, old: Existing) -> None:
    """Give the old file a second name, or make a copy where the file system has no second names."""
    try:
        folder.link(name, other)
    except OSError as failure:
        if failure.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
        folder.create(other, old.data, old.stamp.access)


def _put_back(folder: Folder, name: str, other: str, old: Existing, *, moved: str) -> None:
    """Bring the old file back to its place if it has lost it: if `moved` is not where it was."""
    if folder.look(moved) is not None:
        return
    if folder.look(other) is None:
        folder.create(other, old.data, old.stamp.access)
    folder.move(other, name)


def _remove_if_there(folder: Folder, name: str) -> None:
    with suppress(FileNotFoundError):
        folder.remove(name)


def _take_back(undo: Sequence[Undo]) -> None:
    for step in reversed(undo):
        with suppress(OSError):  # each on its own: one that fails must not keep the others from it
            step()
