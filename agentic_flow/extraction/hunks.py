"""Lines that are a unified diff -> which files it changes, and by which hunks. Pure.

The libraries for diffs that are kept up trust the counts in a hunk's head, or refuse the hunk: models write
wrong ones all the time, or `@@` alone. Here a head is believed as far as it agrees with what stands below it;
else a hunk goes on to the next head, and its lines alone say where in the file it belongs.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern
from agentic_flow.extraction.announcing import tidy
from agentic_flow.extraction.diffs import begins_file, names_both

_HEAD = pattern(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_ENDED = "\\"
"""Stands before a remark that the file ends there without a newline."""
SIGNS = (" ", "+", "-", _ENDED)
_NOWHERE = "/dev/null"
_SIDE = pattern(r"(?:[abciow]|old|new|orig|original|modified|updated)/")
"""What git and others put before a path, to say which side of the change it is on."""
_SIDE_OF_GIT = pattern(r"[bciow]/")
"""The same before a file that was not there: a folder may well be called `old` or `new`."""
_OLDER = pattern(r"\.(?:orig|original|old|bak)$")
_REMARK = pattern(r"(?:\t.*|\s+\([^()]*\)|\s+\d{4}-\d\d-\d\d[ T].*)$")
_NO_PATH = pattern(
    r"(?:the )?(?:a|b|old|new|original|modified|updated|before|after)(?: (?:file|version|code))?",
    re.IGNORECASE,
)
_QUOTED = pattern(r'"((?:[^"\\]|\\.)*)"')
_ESCAPED = pattern(r"\\([0-7]{3}|.)")
_OF_GIT = pattern(r'diff --git "?a/(.+?)"? "?b/(.+?)"?$')
_OF_HEAD = pattern(
    r"index [0-9a-f]+\.\.|(?:dis)?similarity |(?:rename|copy) |(?:old|new|deleted file|new file) mode "
    r"|Binary files |GIT binary patch|={60,}$"
)
_REMOVES = "the diff removes it, and no answer may: remove it yourself"
_MOVES = (
    "the diff moves or copies it, and no answer may: have the new one given whole, remove the old yourself"
)
_FAULTS = (
    (pattern(r"deleted file "), _REMOVES),
    (pattern(r"(?:rename|copy) "), _MOVES),
    (pattern(r"(?:old|new) mode "), "the diff changes its mode, and no answer may: change it yourself"),
    (pattern(r"new file mode 1[26]"), "the diff makes a link of it, and no answer may"),
    (pattern(r"Binary |GIT binary "), "the diff changes bytes and not lines, and no answer may"),
)


@frozen
class Hunk:
    """A place in a file, and what becomes of it."""

    lines: tuple[tuple[str, str], ...]
    """A sign, and what stands behind it: ' ' before what stays, '-' what goes, '+' what comes."""
    at: int | None
    """The line, from 0, in which it begins by its head; None where the head does not agree with itself."""
    last: bool
    """Whether it says that the file ends in it without a newline, as it was or as it becomes."""
    open_end: bool
    """Whether it says that the file as it becomes ends so."""

    def repeats(self, other: "Hunk") -> bool:
        """Say whether this is the other once more."""
        return self.lines == other.lines and (self.at == other.at or None in (self.at, other.at))

    @property
    def old(self) -> list[str]:
        """The lines that it stands on."""
        return [text for sign, text in self.lines if sign != "+"]


@dataclass(slots=True)
class FileDiff:
    """What a diff does to one file."""

    old: str = ""
    """The file before, as the diff calls it; empty where it does not."""
    new: str = ""
    hunks: list[Hunk] = field(default_factory=list[Hunk])
    fault: str = ""
    """What is wrong with how it is written, or asked for."""
    empty: bool = False
    """Whether it is a new file that holds nothing: it has no hunk then."""

    @property
    def is_new(self) -> bool:
        """Whether the diff says that the file was not there."""
        return self.empty or self.old == _NOWHERE

    @property
    def creates(self) -> bool:
        """Whether the diff says that the file was not there, or held nothing."""
        return self.is_new or [hunk.at == 0 and not hunk.old for hunk in self.hunks] == [True]

    @property
    def names(self) -> list[str]:
        """The paths that may be meant, the likeliest first; none where the diff does not name the file."""
        if self.is_new and self.new not in ("", _NOWHERE):
            return [*_without_side(self.new, _SIDE_OF_GIT), self.new]
        if self.old == self.new:
            return [] if self.new in ("", _NOWHERE) else [self.new, *_without_side(self.new)]
        sides = [_names(path) for path in (self.new, self.old) if path not in ("", _NOWHERE)]
        return [name for name in sides[0] if name in sides[-1]] or sides[0] if sides else []

    @property
    def why_not(self) -> str:
        """Why it cannot be done, by the diff alone; empty where it may be."""
        known = {self.old, self.new}.isdisjoint({"", _NOWHERE})
        if self.fault:
            return self.fault
        if self.new == _NOWHERE:
            return _REMOVES
        if known and {*_names(self.old)}.isdisjoint(_names(self.new)):
            return _MOVES
        changes = self.empty or any(sign in "+-" for hunk in self.hunks for sign, _ in hunk.lines)
        return "" if changes else "its diff changes nothing"

    def whole(self) -> list[str] | None:
        """Return the lines of a new file; None where lines of an old one are among them."""
        lines = [each for hunk in self.hunks for each in hunk.lines]
        fits = self.empty or len(self.hunks) == 1
        fits = fits and all(sign == "+" or (sign == " " and not text) for sign, text in lines)
        return [text for _, text in lines] if fits else None


def read_diff(content: Sequence[str]) -> list[FileDiff]:
    """Read the lines of a block as a diff. What cannot be read is a fault of the file it is said of."""
    heads = (at for at in range(len(content)) if begins_file(content, at) or content[at].startswith("@@"))
    first = next(heads, 0)
    letter = all(line == "---" or not line.startswith(("+", "-")) for line in content[:first])
    reader = Reader(content, first if letter else 0)
    while reader.at < len(content) and not reader.at_signature(reader.at):
        if begins_file(content, reader.at) or (not reader.files and names_both(content, reader.at)):
            reader.read_head()
        elif not content[reader.at].strip():
            reader.at += 1
        elif not reader.read_counted():
            reader.read_open()
    return [each for each in reader.files if each.hunks or each.fault or each.empty]


@dataclass(slots=True)
class Reader:
    """A diff while it is read."""

    lines: Sequence[str]
    at: int
    files: list[FileDiff] = field(default_factory=list[FileDiff])
    longer: int = 0
    """By how many lines this file's hunks so far make it longer."""

    def at_signature(self, at: int) -> bool:
        """Say whether a letter ends in a line, as git writes them: two dashes, and below them its version."""
        rest = [line for line in self.lines[at : at + 4] if line.strip()]
        return len(rest) == 2 and rest[0] == "-- " and rest[1][0].isdigit() and at + 4 > len(self.lines)  # noqa: PLR2004 - two lines

    def read_head(self) -> None:
        """Read what a diff says of a file before the first hunk."""
        self.files.append(this := FileDiff())
        self.longer, first = 0, True
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if names_both(self.lines, self.at):
                this.old, this.new = (_path(each[4:]) for each in self.lines[self.at : self.at + 2])
                this.empty = False
                self.at += 2
                return
            if first and (said := _OF_GIT.match(line)):
                this.old, this.new = (_path(f"{side}/{said[at]}") for at, side in ((1, "a"), (2, "b")))
            elif not (first or _OF_HEAD.match(line)):
                return
            first, this.empty = False, this.empty or line.startswith("new file ")
            this.fault = this.fault or next((why for sign, why in _FAULTS if sign.match(line)), "")
            self.at += 1

    def read_counted(self) -> bool:
        """Read a hunk by the counts in its head; read none where they do not agree with what stands below."""
        head = _HEAD.match(self.lines[self.at])
        if not head:
            return False
        start, old, begin, new = (int(each) if each else 1 for each in head.groups())
        starts = (start - (old > 0), begin - (new > 0))  # beside no line, it is the one before that is said
        end = self.at + 1
        while end < len(self.lines) and (old or new or _sign(self.lines[end]) == _ENDED):
            sign = _sign(self.lines[end])
            old -= sign in (" ", "-")
            new -= sign in (" ", "+")
            if not sign or min(old, new) < 0:
                return False
            end += 1
        below = next((at for at in range(end, len(self.lines)) if self.lines[at].strip()), len(self.lines))
        if old or new or not (below == len(self.lines) or self._may_follow(below)):
            return False
        taken, self.at = self.lines[self.at + 1 : end], end
        self._add(taken, starts)
        return True

    def _may_follow(self, at: int) -> bool:
        line = self.lines[at]
        return not _sign(line) or self.at_signature(at) or begins_file(self.lines, at)

    def read_open(self) -> None:
        """Read a hunk up to the next head; a line that can be none of it is a fault."""
        self.at += self.lines[self.at].startswith("@@")
        begin = self.at
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.startswith("@@") or begins_file(self.lines, self.at):
                break
            if line.strip() and not _sign(line):
                self._file().fault = self._file().fault or (
                    f"a line of its diff begins with neither ' ' nor '+' nor '-' ({line.strip()[:80]!r})"
                )
            self.at += 1
        taken = [*self.lines[begin : self.at]]
        while taken and not taken[-1].strip():
            taken.pop()
        self._add(taken, None)

    def _add(self, lines: Sequence[str], starts: tuple[int, int] | None) -> None:
        signed = [(sign, line[1:]) if (sign := _sign(line)) else (" ", line) for line in lines]
        ended = [before for (before, _), (sign, _) in pairwise(signed) if sign == _ENDED]
        body = tuple(each for each in signed if each[0] != _ENDED)
        at = starts[0] if starts and starts[1] - starts[0] == self.longer else None
        self.longer += sum((sign == "+") - (sign == "-") for sign, _ in body)
        self._file().hunks.append(Hunk(body, at, bool(ended), "+" in ended or " " in ended))

    def _file(self) -> FileDiff:
        if not self.files:
            self.files.append(FileDiff())
        return self.files[-1]


def _sign(line: str) -> str:
    """Return how a line of a hunk begins, empty where it can be none. Blank ones are sent without a sign."""
    if line.startswith(_ENDED):  # no line of LaTeX that lost its own
        return _ENDED if line.startswith(f"{_ENDED} ") else ""
    return " " if not line else line[0] if line[0] in SIGNS else ""


def _path(said: str) -> str:
    if quoted := _QUOTED.match(said.strip()):
        said = _ESCAPED.sub(
            lambda sign: chr(int(sign[1], 8) & 255) if sign[1].isdigit() else sign[1], quoted[1]
        )
        return tidy(said.encode("latin-1", "replace").decode("utf-8", "replace"))
    said = _REMARK.sub("", said).strip("`' ")
    return "" if _NO_PATH.fullmatch(said) else tidy(said)


def _names(path: str) -> list[str]:
    return [
        *dict.fromkeys(
            [*_without_side(path), path, *_without_side(_OLDER.sub("", path)), _OLDER.sub("", path)]
        )
    ]


def _without_side(path: str, sides: re.Pattern[str] = _SIDE) -> list[str]:
    side = sides.match(path)
    return [path[side.end() :]] if side and path[side.end() :] else []
