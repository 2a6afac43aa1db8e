"""Lines -> whether a diff begins in them, and where one in prose ends. Pure."""

from collections.abc import Sequence

from agentic_flow.core.words import word_set

MARKS = word_set("diff patch udiff")
"""What a fence is marked with that holds one."""


def is_diff(content: Sequence[str], *, marked: bool) -> bool:
    """Say whether the lines of a block are a diff: by the first of them, or if the block is marked as one."""
    if marked and any(line.startswith(("+", "-", "@@")) for line in content):
        return True
    at = next((at for at, line in enumerate(content) if line.strip()), len(content))
    return begins_file(content, at) or (at < len(content) and f"{content[at]} ".startswith("@@ "))


def end_of_diff(lines: Sequence[str], at: int) -> tuple[int, bool] | None:
    """Return the end of a diff that begins in this line of prose, and whether its counts say so.

    None where none begins.
    """
    if not begins_file(lines, at):
        return None
    from agentic_flow.extraction.hunks import SIGNS, Reader

    reader, end, sure = Reader(lines, at), at, True
    while sure and reader.at < len(lines):
        if begins_file(lines, reader.at):
            reader.read_head()
        elif lines[reader.at].startswith("@@"):
            sure = reader.read_counted()
        elif lines[reader.at].strip():
            break
        else:  # a blank line may stand between two files
            reader.at += 1
            continue
        end = reader.at
    while not sure and end < len(lines) and lines[end][:1] in ("", "@", *SIGNS):
        end += 1
    return end, sure


def begins_file(lines: Sequence[str], at: int) -> bool:
    """Say whether in a line begins what a diff says of a file.

    Two lines of a hunk look like the names of both sides where `-- a` becomes `++ b`; no head stands below.
    """
    line = lines[at] if at < len(lines) else ""
    if line.startswith("diff --git "):
        return True
    if line.startswith("Index: "):
        return any(names_both(lines, below) for below in range(at + 1, at + 3))
    return names_both(lines, at) and at + 2 < len(lines) and lines[at + 2].startswith("@@")


def names_both(lines: Sequence[str], at: int) -> bool:
    """Say whether in a line and the next the file is named as it was and as it becomes."""
    return at + 1 < len(lines) and lines[at].startswith("--- ") and lines[at + 1].startswith("+++ ")
