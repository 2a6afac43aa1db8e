"""A file as it was shown and as a reply gives it -> what it would lose without anybody asking for that. Pure.

A reply that gives only the function it changed looks like a whole file. What tells it from one is the file
that it would replace: a change leaves most of it standing, or accounts for what is gone.
"""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from difflib import SequenceMatcher
from itertools import islice
from typing import Self

from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern
from agentic_flow.extraction.definitions import CLOSES, bodies, defined, filled, lines_below
from agentic_flow.extraction.tearing import imports, torn

_SHORT = 15
"""Filled lines: of so few, a change may leave less than of many."""
_FEWEST = 3
"""Functions from which on even a short file has some to lose."""
_SOME = 2
"""Titles, settings and the like that are gone where others stay: too many for a small change."""
_FRAMES = ("<!doctype", "<html", "<?xml")
_NAMED = 3
_REMOVES = pattern(
    r"\b(?:remov|mov[ei]|delet|drop|strip|discard|eras|prun|trim|clean|tidy|split|extract|inlin|dedup|duplicat"
    r"|migrat|get rid|without\b|entfern|lösch|supprim|enl[eè]v|retir|elimin|borra|quita)",
    re.IGNORECASE,
)
_CLEARS = pattern(
    r"\b(?:unus|outdat|stale\b|unneed|unnecess|dead\b|obsolet|deprecat|legacy|redundan|superfluous)\w*(?:\s+\w+){0,2}?\s+"
    r"(?:code|functions?|methods?|class\w*|tests?|helpers?|util\w*|types?|definitions?|routines?|parts?)\b",
    re.IGNORECASE,
)
"""Something is to go that the task does not name."""
_REWRITES = pattern(
    r"\b(?:refactor|re-?writ|re-?work|re-?do\b|re-?implement|overhaul|anew|afresh|scratch|simpl|short|shrink"
    r"|slim|smaller|condens|compact|concise|minim|reduc|consolidat|summari[sz]|skeleton|stub|repeat|repetit"
    r"|parametri[sz]|vereinfach|k[uü]rz|zusammenfass|umschreib|r[eé][eé]cri|raccourci|plus court|acorta"
    r"|reescrib)",
    re.IGNORECASE,
)
_ALL_BUT = pattern(
    r"\b(?:remov|delet|drop|strip|discard|eras)\w*\s+(?:all|every\w*|most|the\s+rest|the\s+others?)\b"
    r"|\b(?:keep|leave)\w*\s+(?:only|just|nothing\s+but)\b",
    re.IGNORECASE,
)
_WORD = pattern(r"\w+")
_STUBS = ("pass", "...", "raise NotImplementedError")
_CALLED = pattern(r"(\w+)\(")
_DATA_CLASSES = frozenset({"dataclass", "NamedTuple", "namedtuple", "attrs", "define", "BaseModel", "Struct"})
"""What writes `__init__`, `__eq__` and the like for a class."""


def lost(before: str, after: str, task: str, elsewhere: Collection[str]) -> str | None:
    """Say what a file would lose if this took its place; None where that is as it may be.

    `task` is what was asked for: it may ask for less. `elsewhere` are the lines that other files of the reply
    gain: what is moved is not lost.
    """
    old, new = before.splitlines(), after.splitlines()
    had, has = filled(old), filled(new)
    moved = sum(count for line, count in (Counter(had) - Counter(has)).items() if line in elsewhere)
    functions = dict.fromkeys(bodies(old))
    still = {*defined(new)}
    gone = functions.keys() - still
    short = len(had) < _SHORT and (len(functions) < _FEWEST or not gone)
    if _is_most(len(has) + moved, had) or (has and short and not _is_piece(old, new)):
        return None
    loss = _Loss.of(old, new, moved)
    why = torn(before, after)
    whole = loss.is_done_otherwise(gone, task) if gone else functions and loss.ends_whole
    whole = whole and _stubs(has) <= _stubs(had)
    if why is None and (loss.is_asked_for(task) or whole):
        return None
    names = [name for name in dict.fromkeys(defined(old)) if name not in still]
    lacks = f" and no {', '.join(names[:_NAMED])}{' and more' if names[_NAMED:] else ''}" if names else ""
    return (
        f"the answer has {len(has):,} lines for its {len(had):,}{lacks}, and the rest would be lost"
        f"{f' ({why})' if why else ''}: give all of it, or change it by SEARCH/REPLACE blocks; where less is"
        " wanted, --overwrite allows it"
    )


@frozen
class _Loss:
    """A file of which much is to go."""

    old: Sequence[str]
    new: Sequence[str]
    had: Sequence[str]
    """The filled lines of the old file."""
    has: Sequence[str]
    """Those of the new one."""
    stands: int
    """How many filled lines there are still, those counted that other files have now."""
    kept: int
    """How many lines of the old file are in the new one, in their order."""
    begins: int
    """How many filled lines are gone before the first of these."""
    ends: int
    """How many filled lines of the old file come up to the last of these."""

    @classmethod
    def of(cls, old: Sequence[str], new: Sequence[str], moved: int) -> Self:
        """Compare two states of a file."""
        had, has = filled(old), filled(new)
        same = [each for each in SequenceMatcher(None, had, has).get_matching_blocks() if each.size]
        begins, ends = (same[0].a, same[-1].a + same[-1].size) if same else (len(had), 0)
        kept = sum(each.size for each in same)
        return cls(old, new, had, has, len(has) + moved, kept, begins, ends)

    @property
    def begins_as_before(self) -> bool:
        """Whether the new file has the old one's beginning."""
        return self.begins < max(2, len(self.had) // 10)

    @property
    def ends_as_before(self) -> bool:
        """Whether the new file has the old one's end, or is not far from it."""
        return 3 * (len(self.had) - self.ends) < len(self.had)

    @property
    def ends_between_blocks(self) -> bool:
        """Whether what follows in the old file stands for itself."""
        return not next(line for line in islice(filter(str.strip, self.old), self.ends, None))[0].isspace()

    @property
    def ends_whole(self) -> bool:
        """Whether the new file ends as the old one, or with what that ended with, written otherwise.

        What was only cut off has hardly a line of its own.
        """
        if self.ends_as_before:
            return True
        if 3 * self.kept > 2 * len(self.has):
            return False
        begin, name = next((line, each) for line in reversed(self.old) for each in bodies([line]))
        below = next((line for line in reversed(self.new) if name in defined([line])), None)
        ends = self.old[-1][:1].isspace() or self.had[-1].startswith(CLOSES)
        return below is not None and ends and _indent(begin) == _indent(below)

    def is_done_otherwise(self, gone: Collection[str], task: str) -> bool:
        """Say whether functions are gone because the rest is done in the way that the task names.

        It brings what the task speaks of and the file had not, begins and ends as a file, and what is gone
        was of use to the rest only, or is what a data class has by itself.
        """
        before, after = ({*_WORD.findall("\n".join(lines))} for lines in (self.old, self.new))
        said = {word.lower() for word in _WORD.findall(task) if len(word) > _NAMED}
        brought = said & {word.lower() for word in after - before}
        begins = self.begins_as_before or any(map(imports, self.has[:1]))
        called = Counter(_CALLED.findall("\n".join(self.old)))  # once is where it is defined
        made = _DATA_CLASSES & (after - before)
        spared = all(
            made if name.startswith("__") else called[name] > 1 and name not in after for name in gone
        )
        return bool(brought and begins and spared and self.ends_whole)

    def is_asked_for(self, task: str) -> bool:
        """Say whether a task asks for less, and the new file is such as would come of that.

        What is named may go. What is only thinned out begins and ends as before; what is written anew has
        other lines, and brings something of its own where it is very short.
        """
        removes, clears, rewrites = (each.search(task) for each in (_REMOVES, _CLEARS, _REWRITES))
        said = {word.lower() for word in _WORD.findall(task)}
        tenth = 10 * self.stands >= len(self.had)
        named = lines_below(self.old, lambda name: _is_named(name, said)) if removes else 0
        if removes and _is_most(self.stands + named, self.had):
            return True
        if _ALL_BUT.search(task):
            return True
        if 2 * self.kept < len(self.has):
            return bool(rewrites and (tenth or {*bodies(self.new)} - {*bodies(self.old)}))
        ends = self.ends_as_before or (clears and self.ends_between_blocks)
        return bool((removes or clears or rewrites) and tenth and self.begins_as_before and ends)


def _is_piece(old: Sequence[str], new: Sequence[str]) -> bool:
    """Say whether the new lines define only some of what the old ones do, or lack a page's frame."""
    had, has = {*defined(old)}, {*defined(new)}
    pages = [next(iter(filled(lines)), "").lower().startswith(_FRAMES) for lines in (old, new)]
    return pages == [True, False] or (bool(has) and has < had and len(had - has) >= _SOME)


def _stubs(lines: Sequence[str]) -> int:
    return sum(line.startswith(_STUBS) for line in lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_most(count: int, had: Sequence[str]) -> bool:
    return 3 * count >= 2 * len(had)


def _is_named(name: str, said: Collection[str]) -> bool:
    words = {word.lower() for word in _WORD.findall(name)}
    return bool(words) and words.issubset(said)
