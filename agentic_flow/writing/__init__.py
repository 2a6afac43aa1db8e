"""Drafts -> files inside the output folder, all or none; a folder of kept bytes -> the files as they were.

A draft's path is a stranger's word. It is judged by its text, then against what lies in the folder, before
the first byte; nothing outside the folder is ever opened, and no link is followed below it.
"""

import dataclasses
import errno
import os
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from agentic_flow.core.bounds import bound_of
from agentic_flow.core.errors import OutputProblem, ReplacesFile, UnsafeWrite
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Draft, FileAction, FileChange
from agentic_flow.writing.describing import describe
from agentic_flow.writing.keeping import adopt, keep, read_manifest, sum_of
from agentic_flow.writing.names import judge
from agentic_flow.writing.planning import Step, judge_drafts, plan
from agentic_flow.writing.replacing import new_token, replace
from agentic_flow.writing.restoring import take_back
from agentic_flow.writing.tree import Tree, sums_below
from agentic_flow.writing.turns import turn

__all__ = [
    "Workspace",
    "adopt",
    "kept_for",
    "kept_from",
    "require_keeping",
    "require_room",
    "restore",
    "sums_below",
    "why_refused",
    "write",
]


@frozen
class Workspace:
    """Where drafts may go, and on what terms."""

    root: Path
    """The output folder. It is made with the first file if it does not exist."""
    overwrite: bool = False
    """Whether files that exist may be replaced without asking."""
    readable: frozenset[Path] = frozenset()
    """Files the model was shown, absolute and with links resolved: these may be replaced."""
    known: Mapping[Path, Collection[str]] = field(default_factory=dict[Path, Collection[str]])
    """What files are where nobody has changed them since the model was shown them, or the run wrote them, by
    the sha256 of their bytes. What is something else by now is replaced only after a yes."""
    confirm: Callable[[Sequence[FileChange]], bool] | None = None
    """Asks a person whether these files may be replaced, their differences in sight. None: nobody to ask."""
    keep: Path | None = None
    """Where the bytes from before go, for `restore`. One folder a run. None: they are not kept."""
    dry_run: bool = False
    """Say what would be done, to files that need a yes as well; touch nothing and ask nobody."""


def why_refused(path: str, root: Path) -> str | None:
    """Say why no answer may write to a path below `root`, whatever lies there; None where one may."""
    try:
        judge(path, beneath=root.absolute().parts, inside=_inside(root.absolute()))
    except UnsafeWrite as refusal:
        return refusal.reason
    return None


def require_room(root: Path) -> None:
    """Raise `OutputProblem` where no file could be written below `root`, as far as can be told beforehand."""
    with _translated(root), Tree(root) as tree:
        tree.require_leave()


def require_keeping(place: Path) -> None:
    """Make the folder that keeps what runs replace. Raises `OutputProblem` where it may not be written to."""
    with _translated(place, "keeping what was there in", "; set XDG_DATA_HOME to a folder of yours"):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(place, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "it may not be written to")


def write(drafts: Sequence[Draft], workspace: Workspace) -> tuple[FileChange, ...]:
    """Write all drafts or none, and return what became of each, in their order.

    Raises `UnsafeWrite` or `ReplacesFile` when one is refused, `OutputProblem` when the disk fails; nothing
    has changed then.
    """
    with _translated(workspace.root), turn(workspace.root):
        return _write(drafts, workspace)


def _inside(root: Path) -> tuple[str, ...]:
    """Return an output folder from its project's root, in parts."""
    project = bound_of(root)
    return root.relative_to(project).parts if project and root.is_relative_to(project) else ()


def _write(drafts: Sequence[Draft], workspace: Workspace) -> tuple[FileChange, ...]:
    with _translated(workspace.root), Tree(workspace.root) as tree:
        judged = judge_drafts(drafts, tree.root.parts, _inside(tree.root))
        steps = plan(tree, judged)
    changes = tuple(describe(step) for step in steps)
    if workspace.dry_run:
        unasked = _without_leave(workspace, tree.root, steps, changes)
        return tuple(
            dataclasses.replace(change, preview=True, needs_leave=change in unasked) for change in changes
        )
    if all(change.action is FileAction.UNCHANGED for change in changes):
        return changes
    _require_leave(workspace, tree.root, steps, changes)
    with _translated(workspace.root), Tree(workspace.root) as tree:
        if plan(tree, judged) != steps:  # a person may have thought about it for an hour
            raise OutputProblem("the files changed meanwhile; nothing was written, run it again")
        _carry_out(tree, steps, workspace.keep)
    return changes


def restore(keep: Path, *, force: bool = False) -> tuple[FileChange, ...]:
    """Bring back what a run changed, byte for byte, from where `Workspace.keep` kept it.

    Returns what became of each file. Files and folders that the run made are removed; a folder that holds
    anything else stays. Raises `OutputProblem`, having changed nothing, when a file is not as the run left
    it: `force` restores it then.
    """
    with _translated(keep):
        return take_back(keep, force=force)


def kept_from(keep: Path) -> str | None:
    """Return the folder that what `Workspace.keep` kept is from; None where nothing is kept there."""
    with _translated(keep):
        manifest = read_manifest(keep)
    return manifest.root if manifest else None


def kept_for(folder: Path, keeps: Iterable[Path]) -> Path | None:
    """Return the first of `keeps` whose run was begun, or wrote, at or below a folder; None if none was."""
    return next((keep for keep in keeps if _concerns(keep, folder)), None)


def _concerns(keep: Path, folder: Path) -> bool:
    try:
        manifest = read_manifest(keep)
    except (OutputProblem, OSError):
        return False  # nobody can tell, and nobody could take it back
    return manifest is not None and manifest.concerns(folder)


def _require_leave(
    workspace: Workspace, root: Path, steps: Sequence[Step], changes: Sequence[FileChange]
) -> None:
    """Make sure that what exists may be replaced, if need be by asking."""
    asked = _without_leave(workspace, root, steps, changes)
    if not asked:
        return
    more = f", as are {len(asked) - 1} more" if len(asked) > 1 else ""
    if workspace.confirm is None:
        if changed := next((step.path for step in steps if _is_changed(workspace, root, step)), None):
            raise ReplacesFile(changed, _CHANGED)
        hint = "--overwrite replaces it, --context shows it to the model first"
        raise ReplacesFile(asked[0].path, f"it is there already{more}; {hint}")
    if not workspace.confirm(asked):
        raise ReplacesFile(asked[0].path, f"it is there already{more}, and you did not say yes")


_CHANGED = (
    "somebody changed it after the model was shown it, or the run wrote it; the answer is in the output all"
    " the same, and when it is run again the model is shown what is there now"
)


def _without_leave(
    workspace: Workspace, root: Path, steps: Sequence[Step], changes: Sequence[FileChange]
) -> list[FileChange]:
    """Return the changes that nobody has allowed yet."""
    return [
        change
        for step, change in zip(steps, changes, strict=True)
        if change.action is FileAction.REPLACED
        and (
            _is_changed(workspace, root, step)
            or not (workspace.overwrite or root / step.path in workspace.readable)
        )
    ]


def _is_changed(workspace: Workspace, root: Path, step: Step) -> bool:
    """Say whether a step replaces what somebody made of a file meanwhile."""
    known = workspace.known.get(root / step.path)
    if known is None or step.old is None or step.action is not FileAction.REPLACED:
        return False
    return sum_of(step.old.data) not in known


def _carry_out(tree: Tree, steps: Sequence[Step], place: Path | None) -> None:
    token = new_token()
    forget = None
    if place:
        with _translated(place, "keeping what was there in"):
            forget = keep(place, tree, steps, token)
    try:
        replace(tree, steps, token)
    except BaseException:
        if forget:
            forget()
        raise


@contextmanager
def _translated(place: Path, doing: str = "writing to", hint: str = "") -> Generator[None]:
    """Say a failure of the disk in our words."""
    try:
        yield
    except UnicodeEncodeError as failure:
        reason = f"this system's locale has no way to write {failure.object!r}; use a UTF-8 one"
        raise OutputProblem(
            f"{doing} {str(place)!r} failed: {reason}; no file was changed{hint}"
        ) from failure
    except (OSError, RuntimeError) as failure:  # RuntimeError: links that lead in a circle
        number = failure.errno if isinstance(failure, OSError) else errno.ELOOP
        reason = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "your share of the disk is full",
            errno.EROFS: "the disk is read-only",
            errno.EMFILE: "too many files are open",
            errno.ENAMETOOLONG: "a name is too long for this disk",
        }.get(number or 0, str(failure))
        if isinstance(failure, FileNotFoundError) and failure.filename is None:
            reason = "the working folder is gone"
        raise OutputProblem(
            f"{doing} {str(place)!r} failed: {reason}; no file was changed{hint}"
        ) from failure
