"""Lines, and lines that a change repeats -> where they stand, and what comes closest. Pure."""

from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher

from agentic_flow.core.patterns import pattern

_LINE_END = pattern(r"(\r?\n)")
_SHOWN = 12
_MOST_COMPARED = 4000
_MOST_PLACES = 5
"""Places that are named."""


class Unmatched(ValueError):
    """A change cannot be made. Its text is for the model: what was looked for, and what comes closest."""


def parted(text: str) -> tuple[list[str], list[str]]:
    """Part a text into its lines and what ends each, which may differ; the last by nothing."""
    pieces = _LINE_END.split(text)
    return pieces[::2], [*pieces[1::2], ""]


def joined(lines: Sequence[str], ends: Sequence[str], before: str) -> str:
    """Put a text together again. A line that has no end yet is given the one that is usual in `before`."""
    usual = "\r\n" if 2 * before.count("\r\n") > before.count("\n") else "\n"
    ended = [f"{line}{end or usual}" for line, end in zip(lines[:-1], ends, strict=False)]
    return "".join([*ended, *lines[-1:]])


def found(lines: Sequence[str], search: Sequence[str], read: Callable[[str], str] = str) -> Iterator[int]:
    """Yield where lines stand among others, both as they are read."""
    have, wanted = ("\n".join(["", *map(read, each), ""]) for each in (lines, search))
    line = before = 0
    at = have.find(wanted)
    while at >= 0:
        line, before = line + have.count("\n", before, at), at
        yield line
        at = have.find(wanted, at + 1)


def nowhere(what: str, lines: Sequence[str], search: Sequence[str], advice: str) -> Unmatched:
    """Return that lines which `what` repeats are not in a file, with those that come closest."""
    # The advice stands last: a person reads it behind the status.
    return Unmatched(f"these lines of {what} are not in the file:\n{_closest(lines, search)}\n{advice}")


def in_several(what: str, search: Sequence[str], places: Sequence[int]) -> Unmatched:
    """Return that lines which are `what` stand in several places of a file, and which."""
    named = ", ".join(str(at + 1) for at in places[:_MOST_PLACES])
    return Unmatched(
        f"{what}, {search[0].strip()[:80]!r}, is in the file {len(places)} times"
        f" (lines {named}): copy more of the lines around it"
    )


def _closest(lines: Sequence[str], search: Sequence[str]) -> str:
    """Return lines that were looked for, and the file's that are most like them, with their numbers."""
    wanted = "\n".join(line.strip() for line in search[:_SHOWN])
    matcher = SequenceMatcher(b=wanted, autojunk=False)
    best, most = 0, 0.0
    for at in range(min(len(lines), _MOST_COMPARED)):
        matcher.set_seq1("\n".join(line.strip() for line in lines[at : at + min(len(search), _SHOWN)]))
        if matcher.real_quick_ratio() > most and matcher.quick_ratio() > most:
            ratio = matcher.ratio()
            if ratio > most:
                best, most = at, ratio
    asked = "\n".join(search[:_SHOWN])
    shown = "\n".join(f"{best + n + 1}: {line}" for n, line in enumerate(lines[best : best + _SHOWN]))
    return f"{asked}\nThe closest lines of the file are:\n{shown}"
