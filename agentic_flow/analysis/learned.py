"""A task's words -> how likely a small model fails, as learned from outcomes. Pure, but for one file read.

`learned.json` holds, for every common word, one small number a lane: five lanes say what kind of question a
text is, five more how hard it is as one of that kind. Pieces of words stand in for words that are not there.
A text's lanes are sums over its words. Where it gives answers to choose from, the words of the answers have a
lane of their own, and how question and answers are built is compared with typical ones.
`benchmarks/train_router.py` makes the file and names its sources.
"""

import json
from array import array
from base64 import b85decode
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import repeat, starmap
from math import dist, exp, log
from operator import mul
from pathlib import Path
from typing import TypedDict

from agentic_flow.analysis.tokens import ends
from agentic_flow.analysis.wording import added, choices, figures, lowered, parted, pieces, wording
from agentic_flow.core.frozen import frozen

TABLE = Path(__file__).with_name("learned.json")
KINDS = ("knowledge", "problem", "formula", "code", "other")
"""Kinds of questions: of knowledge, told in words with numbers, written in formulas, about code, other."""
ASKED, ANSWERED = len(KINDS), 2 * len(KINDS)
"""The lanes of how hard a question of knowledge is: by its own words, and by those of the answers given."""
LANES = ANSWERED + 1
_WIDE = 4
_ZERO = 128
LOUDNESS = (0, *(round(8 * (1 + log(times))) for times in range(1, 200)))
"""Of a word that comes so many times, in eighths."""
_MOST_TIMES = len(LOUDNESS) - 1
FARTHEST = 3.0
"""How many spreads from its mean a figure may be."""
_LIMIT = 60.0


class Shape(TypedDict):
    """What `learned.json` holds. Numbers of words and pieces are bytes in base85, row by row."""

    about: str
    sources: list[str]
    words: str
    pieces: str
    word_lanes: str
    piece_lanes: str
    word_sizes: str
    piece_sizes: str
    size_unit: float
    units: list[float]
    """What one step of each lane is worth."""
    means: list[float]
    spreads: list[float]
    """Of the figures, over the texts learned from."""
    figures: list[list[float]]
    """A weight a figure, for every lane."""
    starts: list[float]
    sharpness: float
    choice_means: list[float]
    choice_spreads: list[float]
    typical: list[list[float]]
    """How questions with answers to choose from are built, a few typical ones."""
    typical_weights: list[float]


@frozen
class _Sum:
    """What words add up to: their lanes in one number, how often a zero was added, their size squared."""

    lanes: int
    loud: int
    square: float

    def __add__(self, other: "_Sum") -> "_Sum":
        return _Sum(self.lanes + other.lanes, self.loud + other.loud, self.square + other.square)


@frozen
class Learned:
    """The table as it is asked: one long whole number a word, in which every lane has its own place."""

    words: Mapping[str, int]
    pieces: Mapping[str, int]
    word_lanes: bytes
    piece_lanes: bytes
    word_sizes: bytes
    piece_sizes: bytes
    size_unit: float
    units: Sequence[float]
    means: Sequence[float]
    spreads: Sequence[float]
    figures: Sequence[Sequence[float]]
    starts: Sequence[float]
    sharpness: float
    choice_means: Sequence[float]
    choice_spreads: Sequence[float]
    typical: Sequence[Sequence[float]]
    typical_weights: Sequence[float]

    def lanes(self, text: str) -> list[float]:
        """Return a text's lanes, those of answers within those of knowledge."""
        lower = lowered(ends(text))
        question, answers = parted(lower)
        words = wording(question)
        asked = self._sum(words)
        if answers:
            of_answers = wording(answers)
            answered = self._sum(of_answers)
            words = added(words, of_answers)
            said = self._levels(asked + answered)
            said[ASKED] = self._levels(asked)[ASKED] + self._levels(answered)[ANSWERED]
            said[ASKED] += self._built(choices(question, answers))
        else:
            said = self._levels(asked)
        seen = list(starmap(_held, zip(figures(lower, words), self.means, self.spreads, strict=True)))
        return [
            start + level + sum(map(mul, seen, weights))
            for start, level, weights in zip(self.starts, said, self.figures, strict=False)
        ]

    def _sum(self, words: Mapping[str, int]) -> _Sum:
        total, loud, square = 0, 0, 0.0
        for word, times in words.items():
            loudness = LOUDNESS[min(times, _MOST_TIMES)]
            at = self.words.get(word)
            if at is None:
                row, count, size = self._of_pieces(word)
            else:
                row, count, size = _row(self.word_lanes, at), 1, self.word_sizes[at] * self.size_unit
                size *= size
            total += loudness * row
            loud += loudness * count
            square += loudness * loudness * size
        return _Sum(total, loud, square)

    def _levels(self, said: _Sum) -> list[float]:
        sums = array("I", said.lanes.to_bytes(LANES * _WIDE, "little"))
        scale = 1 / max(1e-6, said.square**0.5)
        zero = said.loud * _ZERO
        return [(lane - zero) * unit * scale for lane, unit in zip(sums, self.units, strict=True)]

    def _built(self, figured: Sequence[float]) -> float:
        """Return what typical questions say of this one, the near ones loudest."""
        seen = list(starmap(_held, zip(figured, self.choice_means, self.choice_spreads, strict=True)))
        scale = 1 / len(seen)
        far = map(dist, self.typical, repeat(seen))
        return sum(
            weight * exp(-scale * each * each) for each, weight in zip(far, self.typical_weights, strict=True)
        )

    def _of_pieces(self, word: str) -> tuple[int, int, float]:
        row, count, square = 0, 0, 0.0
        for piece in pieces(word):
            at = self.pieces.get(piece)
            if at is not None:
                row += _row(self.piece_lanes, at)
                count += 1
                square += (self.piece_sizes[at] * self.size_unit) ** 2
        return row, count, square


@frozen
class Lesson:
    """What the weights say of a text."""

    score: float
    """How likely a small model fails, 0 to 1."""
    kinds: Mapping[str, float]
    """How likely it is a question of each kind; they add up to 1."""


def learn(text: str) -> Lesson:
    """Ask the weights about a text, of a long one about its two ends."""
    table = learned()
    lanes = table.lanes(text)
    likely, hard = lanes[: len(KINDS)], lanes[len(KINDS) :]
    highest = max(likely)
    shares = [exp(max(-_LIMIT, table.sharpness * (value - highest))) for value in likely]
    whole = sum(shares)
    value = sum(map(mul, shares, hard)) / whole
    return Lesson(
        1 / (1 + exp(-max(-_LIMIT, min(_LIMIT, value)))),
        {kind: share / whole for kind, share in zip(KINDS, shares, strict=True)},
    )


def score(prompt: str) -> float:
    """Return how likely a small model fails at a prompt, 0 to 1."""
    return learn(prompt).score


@cache
def learned() -> Learned:
    """Return the shipped weights; they are read once."""
    return parse(json.loads(TABLE.read_text(encoding="utf-8")))


def parse(shape: Shape) -> Learned:
    """Make the table ready to be asked."""
    return Learned(
        {word: at for at, word in enumerate(shape["words"].split("\n"))},
        {piece: at for at, piece in enumerate(shape["pieces"].split("\n"))},
        _spread(b85decode(shape["word_lanes"])),
        _spread(b85decode(shape["piece_lanes"])),
        b85decode(shape["word_sizes"]),
        b85decode(shape["piece_sizes"]),
        shape["size_unit"],
        shape["units"],
        shape["means"],
        shape["spreads"],
        shape["figures"],
        shape["starts"],
        shape["sharpness"],
        shape["choice_means"],
        shape["choice_spreads"],
        shape["typical"],
        shape["typical_weights"],
    )


def _spread(lanes: bytes) -> bytes:
    """Give every lane room to be added up without running into the next."""
    wide = bytearray(len(lanes) * _WIDE)
    wide[::_WIDE] = lanes
    return bytes(wide)


def _row(lanes: bytes, at: int) -> int:
    size = LANES * _WIDE
    return int.from_bytes(lanes[at * size : (at + 1) * size], "little")


def _held(value: float, mean: float, spread: float) -> float:
    return max(-FARTHEST, min(FARTHEST, (value - mean) / spread))
