"""Text -> its words counted, the pieces of a word, a few figures: what learned weights stand on. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from math import log1p

_WORD = re.compile(r"[a-z]+|\d+|[^\sa-z\d]")
_LONGEST_NUMBER = 4
_PIECES = (3, 4, 5)
_ANSWER_SLOT = re.compile(r"\n(?:answer|options?):?\s*$")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_FRACTION = re.compile(r"\d/\d")
_OPTION = re.compile(r"^\s*\(?[a-j][.):] ", re.MULTILINE)
_SENTENCE = re.compile(r"[.?!]\s+")
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
_OPTIONS = 4
"""As many lettered lines are a question with answers to choose from."""
_MOST = 50
"""Where a count stops to matter."""


def lowered(text: str) -> str:
    """Return a text without capitals, the blanks around it and an empty place for an answer at its end."""
    return _ANSWER_SLOT.sub("", text.lower().strip())


def wording(lower: str) -> dict[str, int]:
    """Return each word and sign of a text with how often it comes; numbers count by their length alone."""
    found: dict[str, int] = {}
    for word, times in Counter(_WORD.findall(lower)).items():
        name = "0" * min(_LONGEST_NUMBER, len(word)) if word[0].isdecimal() else word
        found[name] = found.get(name, 0) + times
    return found


def pieces(word: str) -> Sequence[str]:
    """Return the runs of 3 to 5 letters in a word, its edges marked: what a misspelt word still shares."""
    if not word.isalpha():
        return (word,)
    marked = f" {word} "
    return [marked[at : at + size] for size in _PIECES for at in range(len(marked) - size + 1)]


def figures(lower: str, words: dict[str, int]) -> list[float]:
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
