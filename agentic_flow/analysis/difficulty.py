"""What was read of a task -> how much it asks of a model, 0 to 1. Pure.

Rules that can be read judge every task. Where the words are those of a question, with an answer that is right
or wrong, the learned weights have their say as well: they come from outcomes of such questions. Of tasks that
build something they know little, and are not asked.
"""

import math
import re

from agentic_flow.analysis.learned import Lesson
from agentic_flow.analysis.reading import Reading
from agentic_flow.analysis.vocabulary import EASY, HARD
from agentic_flow.core.patterns import pattern
from agentic_flow.core.profiles import Complexity

LOW_BELOW = 0.4
HIGH_FROM = 0.65
_TRUST = {"knowledge": 0.5, "problem": 0.5, "formula": 0.5, "code": 0.25}
"""How much of the difficulty is learned, by the kind of question; judgement."""
_START = 0.25
_MOST_HARD, _MOST_EASY = 0.6, 0.2
_MILD, _MOST_MILD = 0.15, 0.25
"""Words that name everyday parts of software do not make a hard task by their number alone."""
_REQUIREMENT = pattern(r"^[ \t]*(?:[-*+]|\d{1,2}[.)])\s+\S", re.MULTILINE)
_MANY_WORDS = 12
_MOST_WORDS = 60
_DEMANDS = ("must", "should", "ensure", "support", "supports", "including", "handle", "handles", "require")
_MUCH_CONTEXT = 4_000
_NUMBER = pattern(r"\d[\d,]*(?:\.\d+)?")
_A_PROBLEM, _A_NUMBER, _MOST_NUMBERS = 0.25, 0.04, 0.24


def difficulty_of(reading: Reading, context_tokens: int, lesson: Lesson) -> float:
    """Return what the rules say, moved towards what was learned as far as that is about such tasks."""
    trust = sum(_TRUST.get(kind, 0) * share for kind, share in lesson.kinds.items())
    by_rules = min(1.0, _by_rules(reading, context_tokens) + lesson.kinds["problem"] * _reckoning(reading))
    return round((1 - trust) * by_rules + trust * lesson.score, 3)


def _reckoning(reading: Reading) -> float:
    """Return how much a problem told in words adds: it takes a step or so for every number in it."""
    return _A_PROBLEM + min(_MOST_NUMBERS, _A_NUMBER * len(_NUMBER.findall(reading.text)))


def _by_rules(reading: Reading, context_tokens: int) -> float:
    """Return the sum of what makes a task hard, less what makes it easy, held between 0 and 1."""
    words = reading.words
    weights = [HARD[word] for word in words if word in HARD]
    mild = min(_MOST_MILD, sum(weight for weight in weights if weight < _MILD))
    hard = min(_MOST_HARD, mild + sum(weight for weight in weights if weight >= _MILD))
    easy = min(_MOST_EASY, sum(EASY.get(word, 0) for word in words))
    listed = len(_REQUIREMENT.findall(reading.text))
    demanded = sum(words[word] for word in _DEMANDS)
    much_said = max(0.0, math.log2(max(1, reading.length) / _MANY_WORDS))
    score = (
        _START
        + hard
        - easy * (reading.length < _MOST_WORDS)
        + min(0.15, 0.02 * listed + 0.02 * demanded)
        + min(0.10, 0.05 * max(0, len(reading.languages) - 1))
        + min(0.15, 0.05 * max(0, len(reading.files) - 1))
        + min(0.24, 0.06 * much_said)
        + 0.10 * reading.has_formula
        + 0.10 * (context_tokens > _MUCH_CONTEXT)
    )
    return min(1.0, max(0.0, score))


def complexity_of(difficulty: float) -> Complexity:
    """Return a difficulty in three steps."""
    if difficulty < LOW_BELOW:
        return Complexity.LOW
    return Complexity.HIGH if difficulty >= HIGH_FROM else Complexity.MEDIUM
