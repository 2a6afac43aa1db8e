"""Text -> its words counted, the pieces of a word, a few figures: what learned weights stand on. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from math import log1p

from agentic_flow.core.patterns import pattern

_WORD = pattern(r"[a-z]+|\d+|[^\sa-z\d]")
_LONG = 4_000
_LONGEST_NUMBER = 4
_PIECES = (3, 4, 5)
_ANSWER_SLOT = pattern(r"\n(?:answer|options?):?\s*$")
_NUMBER = pattern(r"\d[\d,]*(?:\.\d+)?")
_FRACTION = pattern(r"\d/\d")
_OPTION = pattern(r"^\s*\(?[a-j][.):] ", re.MULTILINE)
_NEGATED = pattern(r"\bnot\b|\bexcept\b|\bleast\b|\bfalse\b|\bincorrect\b")
_OF_OTHERS = pattern(r"\ball of\b|\bnone of\b|\bboth\b|\bneither\b")
_DIGIT = pattern(r"\d")
_SENTENCE = pattern(r"[.?!]\s+")
_SPOKEN_NUMBERS = (
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "dozen",
    "half",
    "twice",
    "double",
    "triple",
    "third",
    "quarter",
    "quarters",
    "thirds",
    "halves",
    "once",
    "thrice",
    "fifth",
)
_BIG = 3
_OPTIONS = 3
"""As many lettered lines are a question with answers to choose from; one of the usual four may be amiss."""
_MOST = 50
"""Where a count stops to matter."""


def lowered(text: str) -> str:
    """Return a text without capitals, the blanks around it and an empty place for an answer at its end."""
    return _ANSWER_SLOT.sub("", text.lower().strip())


def counted(pattern: re.Pattern[str], text: str) -> Counter[str]:
    """Return what of a text a pattern finds, counted, where nothing that it finds has a blank in it.

    In a long text the same runs between blanks come again and again: each is looked at once.
    """
    if len(text) < _LONG:
        return Counter(pattern.findall(text))
    found = Counter[str]()
    for run, times in Counter(text.split()).items():
        for word in pattern.findall(run):
            found[word] += times
    return found


def wording(lower: str) -> dict[str, int]:
    """Return each word and sign of a text with how often it comes; numbers count by their length alone."""
    found: dict[str, int] = {}
    for word, times in counted(_WORD, lower).items():
        name = "0" * min(_LONGEST_NUMBER, len(word)) if word[0].isdecimal() else word
        found[name] = found.get(name, 0) + times
    return found


def parted(lower: str) -> tuple[str, str]:
    """Return a question and the lettered answers to choose from, which are empty where there are none."""
    lettered = list(_OPTION.finditer(lower))
    if len(lettered) < _OPTIONS:
        return lower, ""
    return lower[: lettered[0].start()], lower[lettered[0].start() :]


def added(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Return words counted in two parts of a text, counted in both."""
    both = dict(one)
    for word, times in other.items():
        both[word] = both.get(word, 0) + times
    return both


def pieces(word: str) -> Sequence[str]:
    """Return the runs of 3 to 5 letters in a word, its edges marked: what a misspelt word still shares."""
    if not word.isalpha():
        return (word,)
    marked = f" {word} "
    return [marked[at : at + size] for size in _PIECES for at in range(len(marked) - size + 1)]


def figures(lower: str, words: Mapping[str, int]) -> list[float]:
    """Return how long a text is, how many numbers, sentences and signs of formulas it has, and the like."""
    numbers = _NUMBER.findall(lower)
    sentences = [part for part in _SENTENCE.split(lower) if part]
    spoken = sum(words.get(word, 0) for word in _SPOKEN_NUMBERS)
    said = sum(words.values())
    quantities = len(numbers) + spoken
    formula = sum(words.get(sign, 0) for sign in "\\^_{}=")
    return [
        log1p(len(lower)),
        min(len(lower), 3000) / 300,
        log1p(said),
        min(_MOST, len(numbers)),
        log1p(len(numbers)),
        min(_MOST, spoken),
        min(_MOST, quantities),
        log1p(quantities),
        min(_MOST, len(set(numbers))),
        min(_MOST, len(sentences)),
        log1p(len(sentences)),
        min(_MOST, sum(len(number) > _BIG for number in numbers)),
        min(_MOST, sum("." in number for number in numbers)),
        min(_MOST, words.get("%", 0)),
        min(_MOST, words.get("$", 0)),
        min(_MOST, len(_FRACTION.findall(lower))),
        min(len(sentences[-1]), 500) / 100 if sentences else 0.0,
        len(words) / max(1, said),
        sum(map(len, words)) / max(1, len(words)),
        min(_MOST, words.get(",", 0)),
        log1p(formula),
        min(_OPTIONS, len(_OPTION.findall(lower))),
        log1p(lower.count("\n")),
    ]


def choices(question: str, answers: str) -> list[float]:
    """Return how a question relates to the answers given: how long they are, how alike, how they are put."""
    given = [part.split() for part in _OPTION.split(answers)[1:]]
    sizes = [len(words) for words in given]
    mean = sum(sizes) / len(sizes)
    asked, answered = question.split(), answers.split()
    kinds = [set(words) for words in given]
    seen = Counter(word for kind in kinds for word in kind)
    alike = [sum(seen[word] > 1 for word in kind) / max(1, len(kind)) for kind in kinds]
    said = set(answered)
    return [
        log1p(len(question)),
        log1p(len(answers)),
        log1p(mean),
        sum(size <= 1 for size in sizes) / len(sizes),
        log1p((sum((size - mean) ** 2 for size in sizes) / len(sizes)) ** 0.5),
        len(_DIGIT.findall(answers)) / max(1, len(answers)),
        log1p(len(_DIGIT.findall(question))),
        sum(alike) / len(alike),
        len(said.intersection(asked)) / max(1, len(said)),
        float(_NEGATED.search(question) is not None),
        float("which" in question),
        float(_OF_OTHERS.search(answers) is not None),
        float("only" in answers),
        sum(map(len, asked)) / max(1, len(asked)),
        sum(map(len, answered)) / max(1, len(answered)),
        log1p(len(_SENTENCE.findall(question))),
    ]
