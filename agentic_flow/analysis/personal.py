"""What a person's own runs taught -> how much harder or easier than it seems a task is for them. Pure.

A weight a word, added up, in the log of odds. `training` makes them; a file of them is a stranger's input.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, field
from math import exp, isfinite, log, sqrt
from typing import Any, cast

from agentic_flow.analysis.tokens import ends
from agentic_flow.analysis.wording import lowered, wording
from agentic_flow.core.frozen import frozen

VERSION = 1
MOST_WORDS = 5_000
_MOST = 60.0
FARTHEST = 3.0
"""Of the log of odds: own experience moves a difficulty, it does not replace it."""
_EDGE = 0.001


class BadWeights(ValueError):
    """A file of weights that cannot be used; the words say why."""


@frozen
class Personal:
    """Weights from a person's own runs."""

    start: float = 0.0
    words: Mapping[str, float] = field(default_factory=dict[str, float])
    outcomes: int = 0
    """How many runs they were learned from."""
    until: str = ""
    """The newest of those runs."""

    def shift(self, text: str) -> float:
        """Return what is to be added to the log of odds of a text's difficulty."""
        words = wording(lowered(ends(text)))
        said = sum(self.words.get(word, 0.0) for word in words) / sqrt(max(1, len(words)))
        return max(-FARTHEST, min(FARTHEST, self.start + said))

    def moved(self, difficulty: float, text: str) -> float:
        """Return a difficulty as the person's own runs have it."""
        return round(1 / (1 + exp(-odds(difficulty) - self.shift(text))), 3)


def odds(share: float) -> float:
    """Return the log of odds of a share, which is held off 0 and 1."""
    held = max(_EDGE, min(1 - _EDGE, share))
    return log(held / (1 - held))


def written(personal: Personal) -> str:
    """Return the weights as the text of a file."""
    return json.dumps({"version": VERSION, **asdict(personal)}, ensure_ascii=False, indent=1) + "\n"


def read_personal(text: str) -> Personal:
    """Read a file's text. Raises `BadWeights`."""
    try:
        shape: Any = json.loads(text)
    except (ValueError, RecursionError) as failure:
        raise BadWeights(f"it is no JSON ({failure})") from failure
    if not isinstance(shape, dict) or cast("dict[str, Any]", shape).get("version") != VERSION:
        raise BadWeights(f"it is no weights of version {VERSION}")
    said = cast("dict[str, Any]", shape)
    words, outcomes, until = said.get("words"), said.get("outcomes"), said.get("until")
    if not isinstance(words, dict) or not isinstance(outcomes, int) or not isinstance(until, str):
        raise BadWeights("a part of it is missing")
    weights = cast("dict[str, Any]", words)
    if len(weights) > MOST_WORDS:
        raise BadWeights(f"it has more than {MOST_WORDS:,} words")
    return Personal(
        _number(said.get("start")), {word: _number(each) for word, each in weights.items()}, outcomes, until
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadWeights(f"found {value!r} in the place of a number")
    if not isfinite(value) or abs(value) > _MOST:
        raise BadWeights(f"the number {value!r} is out of its range")
    return float(value)
