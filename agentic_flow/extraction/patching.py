"""A file's text and the hunks of a diff for it -> the text as it becomes, or why not. Pure.

Each hunk is looked for in the file as it stands: its lines are there letter for letter, or but for blanks at
their ends. Of several places it is the one that its head says, if the head agrees with itself and that is one
of them. Anything else would be a guess.
"""

from collections.abc import Sequence
from dataclasses import field

from agentic_flow.core.frozen import frozen
from agentic_flow.extraction.fences import fence_of
from agentic_flow.extraction.hunks import Hunk
from agentic_flow.extraction.places import Unmatched, found, in_several, joined, nowhere, parted


@frozen
class _Change:
    """What becomes of which lines of a file."""

    gone: set[int] = field(default_factory=set[int])
    stays: set[int] = field(default_factory=set[int])
    comes: dict[int, list[str]] = field(default_factory=dict[int, list[str]])
    """New lines, by the line that they come before."""

    @classmethod
    def of(cls, hunk: Hunk, at: int) -> "_Change":
        """Return what one hunk does, which begins in this line."""
        change = cls()
        for sign, text in hunk.lines:
            if sign == "+":
                change.comes.setdefault(at, []).append(text)
            else:
                (change.gone if sign == "-" else change.stays).add(at)
                at += 1
        return change

    def add(self, other: "_Change") -> None:
        """Take in what another hunk does. Raises `Unmatched` where both change the same place."""
        if (
            self.gone & (other.gone | other.stays)
            or self.stays & other.gone
            or self.comes.keys() & other.comes
        ):
            raise Unmatched("two hunks of its diff change the same lines: write each change once")
        self.gone.update(other.gone)
        self.stays.update(other.stays)
        self.comes.update(other.comes)


class Patch:
    """A file's text, and what diffs that all speak of it as it stands here change in it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines, self._ends = parted(text)
        self._open_end = bool(self._lines.pop() if not self._lines[-1] else self._lines[-1])
        self._change = _Change()

    def fits(self, hunks: Sequence[Hunk]) -> bool:
        """Say whether each hunk has one place in the file; what comes closest is not looked for."""
        return all(len(places) == 1 for places in _places(self._lines, hunks))

    def add(self, hunks: Sequence[Hunk]) -> None:
        """Take in a diff. Raises `Unmatched`."""
        _require_no_blank_more(self._lines, hunks)
        for hunk, places in zip(hunks, _places(self._lines, hunks), strict=True):
            at = _place(self._lines, hunk, places)
            _require_end(self._lines[at + len(hunk.old) :], hunk)
            self._change.add(_Change.of(hunk, at))
            self._open_end = hunk.open_end if hunk.last else self._open_end

    def text(self) -> str:
        """Return the text as it becomes.

        What no hunk changes stays to the byte; new lines end as those did in whose place they stand.
        """
        new: list[str] = []
        new_ends: list[str] = []
        left: list[str] = []  # what ended the lines that are gone
        for at in range(len(self._lines) + 1):
            for line in self._change.comes.get(at, ()):
                new.append(line)
                new_ends.append(left.pop(0) if left else "")
            if at in self._change.gone:
                left.append(self._ends[at])
            elif at < len(self._lines):
                left.clear()
                new.append(self._lines[at])
                new_ends.append(self._ends[at])
        return joined(new if self._open_end or not new else [*new, ""], new_ends, self._text)


def _place(lines: Sequence[str], hunk: Hunk, places: Sequence[int]) -> int:
    """Return the line in which a hunk begins. Raises `Unmatched` where that is not certain."""
    if len(places) == 1:
        return places[0]
    if not hunk.old:
        raise Unmatched("a hunk of its diff has new lines only: write the lines around them as well")
    if not places:
        advice = "a diff has to repeat lines of the file, each with all that it holds"
        raise nowhere("its diff", lines, hunk.old, advice)
    raise in_several("what its diff changes", hunk.old, places)


def _places(lines: Sequence[str], hunks: Sequence[Hunk]) -> list[list[int]]:
    """Return where each hunk may stand. Of several places the head decides, if it is right for all others."""
    fitting = [_fitting(lines, hunk) for hunk in hunks]
    right = all(hunk.at in places for hunk, places in zip(hunks, fitting, strict=True))
    return [
        [hunk.at] if right and hunk.at is not None else places
        for hunk, places in zip(hunks, fitting, strict=True)
    ]


def _fitting(lines: Sequence[str], hunk: Hunk) -> list[int]:
    old = hunk.old
    if not old:
        return [] if lines else [0]
    places = list(found(lines, old)) or list(found(lines, old, str.rstrip))
    return [at for at in places if at + len(old) == len(lines)] if hunk.last else places


def _require_end(below: Sequence[str], hunk: Hunk) -> None:
    """Refuse a hunk that ends, by no count, where the file has a fence: it may end the one around the diff.

    So it does as a line of the hunk that lost its sign.
    """
    behind = next((line for line in below if line.strip()), "")
    if hunk.at is None and fence_of(behind):
        raise Unmatched(
            "it is not certain where its diff ends, before a fence of the file: write it in a longer fence,"
            " and count the lines of each hunk"
        )


def _require_no_blank_more(lines: Sequence[str], hunks: Sequence[Hunk]) -> None:
    """Refuse new lines that each have a blank behind their sign, as a list has: `+ import os`.

    Where all heads agree with themselves no such hand wrote the diff.
    """
    new = [line for hunk in hunks for sign, line in hunk.lines if sign == "+" and line.strip()]
    by_hand = any(hunk.at is None for hunk in hunks)
    if by_hand and new and all(map(_is_odd, new)) and not any(map(_is_odd, lines)):
        raise Unmatched(
            "each new line of its diff is indented by an odd number of blanks, as no line of the file is:"
            " write a line right behind its sign"
        )


def _is_odd(line: str) -> bool:
    return bool((len(line) - len(line.lstrip(" "))) % 2)
