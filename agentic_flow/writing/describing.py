"""A step of a plan -> the change as a person and the history read it. Pure."""

import difflib
import hashlib

from agentic_flow.core.values import FileAction, FileChange
from agentic_flow.writing.planning import Step

_LONGEST_DIFF = 5000  # lines on either side; comparing takes up to their product


def describe(step: Step) -> FileChange:
    """Say what a step does to its file. The size and the sum are those of the new bytes."""
    new = step.new or b""
    diff = _diff(step) if step.action is FileAction.REPLACED else ""
    return FileChange(step.path, step.action, len(new), hashlib.sha256(new).hexdigest(), diff)


def _diff(step: Step) -> str:
    before = _lines(step.old.data if step.old else b"")
    after = _lines(step.new or b"")
    if before is None or after is None:
        return f"{step.path}: not text, so no difference is shown\n"
    if max(len(before), len(after)) > _LONGEST_DIFF:
        return f"{step.path}: {len(before)} lines become {len(after)}; too long to compare\n"
    shown = difflib.unified_diff(before, after, f"a/{step.path}", f"b/{step.path}")
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in shown
    )


def _lines(data: bytes) -> list[str] | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    pieces = text.split("\n")
    return [f"{piece}\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
