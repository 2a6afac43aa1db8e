"""Words nobody knows -> the telling words they were probably meant to be. Pure.

Only words that tell something are looked for, and only one slip of the fingers away, so that rare words stay
what they are unless they look like one of those. The first letter is mostly right.
"""

from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import takewhile
from operator import eq

from agentic_flow.analysis.learned import learned
from agentic_flow.analysis.vocabulary import EASY, HARD, LANGUAGES, WORDS

_SHORTEST, _LONG = 5, 7
"""Letters: shorter words have too many neighbours, and but for long ones another letter is another word."""
_HEAD, _TAIL = 3, 2
"""Letters at an end: a slip leaves one of the two ends as it was."""


def mended(words: Mapping[str, int]) -> Counter[str]:
    """Return counted words, the unknown ones counted as the telling word that is one slip away, if one is."""
    telling, known = _telling(), learned().words
    found = Counter(words)
    for word in words:
        if word not in telling and word not in known and (told := _meant(word)):
            found[told] += found.pop(word)
    return found


def _meant(word: str) -> str | None:
    """Return the first telling word that is one slip of the fingers away."""
    if len(word) < _SHORTEST:
        return None
    heads, tails = _ends()
    likely = (*heads.get(word[:_HEAD], ()), *tails.get(word[0] + word[-_TAIL:], ()))
    return next((told for told in likely if _one_slip(word, told)), None)


def _one_slip(word: str, told: str) -> bool:
    """Say whether one letter is left out, too much, swapped with the next, or, in a long word, wrong.

    Words that differ in how they end are forms of one word, and no slip.
    """
    longer = len(word) - len(told)
    at = sum(takewhile(bool, map(eq, word, told)))
    if not -1 <= longer <= 1 or at >= len(told) - 1:
        return False
    if longer:
        return word[at + (longer > 0) :] == told[at + (longer < 0) :]
    if word[at + 2 :] == told[at + 2 :] and word[at : at + 2] == told[at : at + 2][::-1]:
        return True
    return len(word) >= _LONG and word[at + 1 :] == told[at + 1 :]


@cache
def _telling() -> frozenset[str]:
    return frozenset([*WORDS, *HARD, *EASY, *LANGUAGES])


@cache
def _ends() -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """Return the telling words by their first letters, and by their first with the last ones."""
    heads: dict[str, list[str]] = {}
    tails: dict[str, list[str]] = {}
    for told in sorted(_telling()):
        if len(told) >= _SHORTEST:
            heads.setdefault(told[:_HEAD], []).append(told)
            tails.setdefault(told[0] + told[-_TAIL:], []).append(told)
    return heads, tails
