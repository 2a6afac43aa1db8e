"""A file's text and the search/replace blocks for it -> the text as it becomes, or why not. Pure.

    <<<<<<< SEARCH
    lines of the file, letter for letter
    =======
    what stands there instead
    >>>>>>> REPLACE

A model does not always copy letter for letter. Where its lines differ from the file's only in their indent
they still name the place, and the new lines take the file's indent. Anything else would be a guess.
"""

import re
from collections.abc import Sequence

from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern
from agentic_flow.extraction.places import Unmatched, found, in_several, joined, nowhere, parted

_SEARCH = pattern(r"<{5,9} ?(?:SEARCH|ORIGINAL|HEAD):?\s*\Z", re.IGNORECASE)
_SEARCH_IN_PROSE = pattern(r"<{5,9} ?(?:SEARCH|ORIGINAL):?\s*\Z", re.IGNORECASE)
"""Without `HEAD`: that is how a conflict begins which somebody tells of."""
_MIDDLE = pattern(r"={5,9}\s*\Z")
_REPLACE = pattern(r">{5,9} ?(?:(REPLACE|UPDATED)|\S*)\s*\Z")


@frozen
class Edit:
    """One block."""

    search: tuple[str, ...]
    replace: tuple[str, ...]


def blocks_in(content: Sequence[str]) -> tuple[str, Sequence[str]] | None:
    """Return the search/replace blocks that lines are, and what stands in the line above; None of a file."""
    said = [at for at, line in enumerate(content) if line.strip()][:2]
    begin = next((at for at in said if _SEARCH.match(content[at])), None)
    return None if begin is None else (content[said[0]] if begin != said[0] else "", content[begin:])


def end_of_blocks(lines: Sequence[str], at: int) -> int | None:
    """Return the line behind the search/replace blocks that begin in a line of prose; None where none do."""
    end = None
    while at < len(lines) and _SEARCH_IN_PROSE.match(lines[at]):
        at = end = _end_of_block(lines, at)
        at = next((below for below in range(end, len(lines)) if lines[below].strip()), len(lines))
    return end


def _end_of_block(lines: Sequence[str], at: int) -> int:
    """Return the line behind a block; one that has no end is its first line alone.

    A file may hold lines that look like the last: the one that says so ends it, where there is one.
    """
    parted, ended = False, at + 1
    for end in range(at + 1, len(lines)):
        if _SEARCH.match(lines[end]):
            break
        parted = parted or bool(_MIDDLE.match(lines[end]))
        if parted and (last := _REPLACE.match(lines[end])):
            ended = end + 1 if ended == at + 1 or last[1] else ended
            if last[1]:
                break
    return ended


def read_edits(content: Sequence[str], text: str) -> list[Edit]:
    """Read the blocks in lines for the file `text`. Raises `Unmatched` where a mark is missing."""
    edits: list[Edit] = []
    known = [line.strip() for line in text.split("\n")]
    block: list[str] | None = None
    middles: list[int] = []
    for line in content:
        if block is None:
            if _SEARCH.match(line):
                block, middles = [], []
            elif line.strip():
                raise Unmatched(f"{line.strip()[:80]!r} stands outside the SEARCH and REPLACE marks")
        elif middles and _REPLACE.match(line):
            middle = _parting(block, middles, known)
            edits.append(Edit(tuple(block[:middle]), tuple(block[middle + 1 :])))
            block = None
        else:
            if _MIDDLE.match(line):
                middles.append(len(block))
            block.append(line)
    if block is not None:
        raise Unmatched("a block has no end: after SEARCH come =======, the new lines and >>>>>>> REPLACE")
    return edits


def _parting(block: Sequence[str], middles: Sequence[int], known: Sequence[str]) -> int:
    """Return which of the lines that look like it parts the lines to replace from the new ones.

    The line below a title looks like it, too. What stands before the right one is in the file; of several
    such, the last, for what the others leave to the new lines is in the file as well.
    """
    if len(middles) == 1:
        return middles[0]
    for middle in reversed(middles):
        search, _ = _framed(Edit(tuple(block[:middle]), ()))
        if search and next(found(known, search, str.strip), None) is not None:
            return middle
    return middles[0]


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """Return a file's text with every block applied, one after the other. Raises `Unmatched`.

    Lines end as those did in whose place they stand; one line that ends as on Windows makes no such file.
    """
    lines, ends = parted(text)
    for edit in edits:
        start, stop, new = _place(lines, edit)
        old = ends[start:stop]
        lines[start:stop] = new
        ends[start:stop] = [old[min(at, len(old) - 1)] for at in range(len(new))]
    return joined(lines, ends, text)


def can_apply(text: str, content: Sequence[str]) -> bool:
    """Say whether blocks can be applied to a file, without looking for what comes closest where not."""
    lines = text.replace("\r\n", "\n").split("\n")
    try:
        edits = read_edits(content, text)
    except Unmatched:
        return False
    for edit in edits:
        spots, search, new = _spots(lines, edit)
        if len(spots) != 1:
            return False
        lines[spots[0] : spots[0] + len(search)] = new
    return True


def _place(lines: Sequence[str], edit: Edit) -> tuple[int, int, Sequence[str]]:
    """Return the lines that a block replaces, and by what."""
    spots, search, new = _spots(lines, edit)
    if not search:
        raise Unmatched("the SEARCH part is empty: copy the lines that are to be replaced into it")
    if not spots:
        raise nowhere("the SEARCH part", lines, search, "a SEARCH part has to repeat lines of the file")
    if len(spots) > 1:
        raise in_several("the SEARCH part", search, spots)
    at = spots[0]
    return at, at + len(search), [_indented(line, search[0], lines[at]) for line in new]


def _spots(lines: Sequence[str], edit: Edit) -> tuple[list[int], Sequence[str], Sequence[str]]:
    """Return where the lines to replace stand, these lines, and what takes their place.

    They stand there letter for letter, with or without the blank lines around; else but for their indent.
    """
    search, new = _framed(edit)
    if not search:
        return [], search, new
    literal = list(found(lines, edit.search))
    if len(literal) == 1:
        return literal, edit.search, edit.replace
    exact = list(found(lines, search))
    return exact or list(found(lines, search, str.strip)), search, new


def _framed(edit: Edit) -> tuple[Sequence[str], Sequence[str]]:
    """Return both parts without the blank lines that both begin or end with."""
    search, new = list(edit.search), list(edit.replace)
    while search and not search[0].strip():
        search.pop(0)
        if new and not new[0].strip():
            new.pop(0)
    while search and not search[-1].strip():
        search.pop()
        if new and not new[-1].strip():
            new.pop()
    return search, new


def _indented(line: str, searched: str, found: str) -> str:
    """Move a new line by as much as the file's lines are away from those that were searched for."""
    was, now = _indent(searched), _indent(found)
    if not line.strip() or was == now:
        return line
    if line.startswith(was):
        return now + line[len(was) :]
    lacking = len(was) - len(_indent(line))  # it stands further out than the first line
    return now[: max(0, len(now) - lacking)] + line.lstrip()


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
