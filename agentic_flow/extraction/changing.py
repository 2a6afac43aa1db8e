"""What changes a file in places, and the files as they stand -> which is meant, and what it becomes. Pure.

Search/replace blocks and diffs are judged alike: their lines name one place, and none of the new ones stands
for code that the reply does not repeat.
"""

import re
from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentic_flow.core.filenames import bare_words
from agentic_flow.core.frozen import frozen
from agentic_flow.core.languages import kind_of
from agentic_flow.core.patterns import pattern
from agentic_flow.extraction.announcing import tidy
from agentic_flow.extraction.comments import DOCUMENTS, leaves_out
from agentic_flow.extraction.diffs import MARKS, is_diff
from agentic_flow.extraction.editing import apply_edits, can_apply, read_edits
from agentic_flow.extraction.naming import Naming, is_placeholder
from agentic_flow.extraction.places import Unmatched

if TYPE_CHECKING:
    from agentic_flow.extraction.hunks import FileDiff, Hunk  # few replies hold a diff
    from agentic_flow.extraction.patching import Patch

_COMMENT_SIGNS = " \t#/*<!->;%"
_CHOICE = pattern(
    r"\balternativ|\b(?:option|approach|variant|version|solution) \W?\w\b|^\W*or\b",
    re.IGNORECASE | re.MULTILINE,
)
"""What says that one of several diffs is to be chosen."""


def file_of_blocks(
    standing: Mapping[str, str], path: str | None, head: str, content: Sequence[str], last: str | None
) -> str | None:
    """Return the file that search/replace blocks change: the one that they name, else the one that they fit.

    `path` names it beside them, `head` is the line above them, `last` the file that was changed before.
    """
    own = tidy(next(iter(bare_words(head.strip(_COMMENT_SIGNS), standing)), ""))
    found = next((each for each in (path, own) if each in standing), None)
    if found is not None:
        return found
    fitting = [each for each, text in standing.items() if can_apply(text, content)]
    likely = last in fitting or not (fitting or path)
    return last if likely else fitting[0] if len(fitting) == 1 else None


def by_blocks(path: str, text: str, content: Sequence[str]) -> str:
    """Return a file as search/replace blocks make it. Raises `Unmatched`."""
    edits = read_edits(content, text)
    for edit in edits:
        _require_whole(path, edit.replace, edit.search)
    return apply_edits(text, edits)


def is_diff_for(naming: Naming, content: Sequence[str], standing: Collection[str]) -> bool:
    """Say whether a block is a diff of files, and not a file that holds one."""
    path, marked = naming.path, naming.language in MARKS
    if (path and kind_of(path) in MARKS) or not is_diff(content, marked=marked):
        return False
    if marked or path is None or path in standing:
        return True
    from agentic_flow.extraction.hunks import read_diff

    return any(path in diff.names for diff in read_diff(content))


@frozen
class _Said:
    """What a reply's diff says of one file, and where."""

    diff: "FileDiff"
    line: int
    """Where its block begins."""
    closed: bool
    near: str | None
    """What names the file beside the block."""
    above: str
    """The prose over the block."""


@dataclass(slots=True)
class _Series:
    """The diffs of one file so far."""

    known: dict[object, list["Hunk"]] = field(default_factory=dict[object, list["Hunk"]])
    """What they say, by the lines of it."""
    patch: "Patch | None" = None
    """The last of them that all speak of the file as it stood before the first of these."""

    def change(self, text: str, hunks: Sequence["Hunk"]) -> str:
        """Return the file, by now `text`, as one more diff makes it. Raises `Unmatched`.

        What is said again is done once. Where two change the same place, one of them may only tell of what
        is not to be done, or of another way to do it.
        """
        from agentic_flow.extraction.patching import Patch

        new = [hunk for hunk in hunks if not self.hold([hunk])]
        if self.patch is None or not self.patch.fits(new):  # it speaks of what those before have made
            self.patch = Patch(text)
        self.patch.add(new)
        self.note(new)
        return self.patch.text()

    def note(self, hunks: Sequence["Hunk"]) -> None:
        """Keep in mind what has been done."""
        for hunk in hunks:
            self.known.setdefault(hunk.lines, []).append(hunk)

    def hold(self, hunks: Sequence["Hunk"]) -> bool:
        """Say whether all of that has been done."""
        return all(any(map(hunk.repeats, self.known.get(hunk.lines, ()))) for hunk in hunks)


@dataclass(slots=True)
class Diffs:
    """The diffs of a reply."""

    said: list[_Said] = field(default_factory=list[_Said])
    changed: dict[str, str] = field(default_factory=dict[str, str])
    """Files as diffs make them."""
    lost: dict[str, str] = field(default_factory=dict[str, str])
    """Why those that are there cannot be changed."""
    unseen: dict[str, str] = field(default_factory=dict[str, str])
    """Why those that are not there cannot be had."""
    astray: list[int] = field(default_factory=list[int])
    """The lines of diffs that name no file and fit none, or several."""

    def add(self, content: Sequence[str], line: int, near: str | None, above: str, *, closed: bool) -> None:
        """Take in a block that is a diff."""
        from agentic_flow.extraction.hunks import read_diff

        self.said += [_Said(diff, line, closed, near, above) for diff in read_diff(content)]

    def names(self, path: str) -> bool:
        """Say whether a file is called by its name in one of them."""
        return any(path in said.diff.names for said in self.said)

    def put_aside(self) -> None:
        """Leave them all as they are: they are examples."""
        self.astray += [said.line for said in self.said]
        self.said.clear()

    def apply(self, texts: Mapping[str, str], drafts: Mapping[str, str], whole: Collection[str]) -> None:
        """Make all changes: to files as they were shown, or as the reply's blocks change them.

        A draft that is given `whole` stays: the diff only tells of it.
        """
        edited = {path: text for path, text in drafts.items() if path not in whole}
        standing = ChainMap(self.changed, edited, {**texts}, {**drafts})
        lines: dict[str, int] = {}
        series: dict[str, _Series] = {}
        for said in self.said:
            found = _file_of(standing, said)
            path = found or next(iter(said.diff.names), said.near)
            if path is None:
                self.astray.append(said.line)
            elif path not in {*self.lost, *self.unseen} and not (path in whole and path in drafts):
                try:
                    choice = lines.setdefault(path, said.line) != said.line and _CHOICE.search(said.above)
                    others = series.setdefault(path, _Series())
                    self.changed[path] = _made(path, standing.get(path), said, others, choice=bool(choice))
                except Unmatched as why:
                    (self.unseen if found is None else self.lost)[path] = str(why)
                    self.changed.pop(path, None)


def _file_of(standing: Mapping[str, str], said: _Said) -> str | None:
    """Return the file that a diff changes: the one it names, else of those of its name the one it fits."""
    from agentic_flow.extraction.patching import Patch

    names = said.diff.names
    near = [said.near] if said.near is not None and _are_alike(said.near, names) else []
    if found := next((each for each in (*names, *near) if each in standing), None):
        return found
    alike = [] if said.diff.is_new else [each for each in standing if _are_alike(each, names)]
    fitting = [each for each in alike if Patch(standing[each]).fits(said.diff.hunks)]
    return fitting[0] if len(fitting) == 1 else None


def _are_alike(path: str, names: Sequence[str]) -> bool:
    return not names or path.rpartition("/")[2] in {name.rpartition("/")[2] for name in names}


def _made(path: str, before: str | None, said: _Said, others: _Series, *, choice: bool) -> str:
    """Return a file as a diff makes it. Raises `Unmatched`."""
    diff = said.diff
    if not said.closed:
        raise Unmatched("it is not certain where its diff ends: write it in a fence, and close that")
    if diff.why_not:
        raise Unmatched(diff.why_not)
    if choice:
        raise Unmatched("the reply gives several diffs of it to choose from: give one")
    for hunk in diff.hunks:
        _require_whole(path, [line for sign, line in hunk.lines if sign == "+"], hunk.old)
    if before is not None and (diff.hunks or not before) and others.hold(diff.hunks):
        return before
    if not before and diff.creates:
        others.note(diff.hunks)
        if before is None and is_placeholder(path):
            raise Unmatched("this is not a name but stands for one")
        return _created(diff)
    if before and diff.is_new:
        raise Unmatched("its diff says that it is new, and it is there; give it whole")
    if before is None:
        raise Unmatched("there is no file of that name to change by a diff; give it whole")
    return others.change(before, diff.hunks)


def _created(diff: "FileDiff") -> str:
    lines = diff.whole()
    if lines is None:
        raise Unmatched("its diff is of a new file, and holds lines of an old one; give it whole")
    text = "".join(f"{line}\n" for line in lines)
    return text[:-1] if any(hunk.open_end for hunk in diff.hunks) else text


def told_left_out(line: str) -> str:
    """Say what a line stands for that stands for code."""
    return f"parts of it are left out ({line.strip()[:80]!r})"


def _require_whole(path: str, new: Sequence[str], old: Sequence[str]) -> None:
    documents = kind_of(path) in DOCUMENTS
    line = next((each for each in new if leaves_out(each) and each not in old and not documents), None)
    if line is not None:
        raise Unmatched(told_left_out(line))
