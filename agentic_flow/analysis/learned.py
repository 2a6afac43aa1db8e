"""A task's words -> how likely a small model fails, as learned from outcomes. Pure, but for one file read.

`learned.json` holds, for every common word, one small number a lane: five lanes say what kind of question a
text is, five more how hard it is as one of that kind. Pieces of words stand in for words that are not there.
A text's lanes are sums over its words; `benchmarks/train_router.py` makes the file and names its sources.
"""

import json
from array import array
from base64 import b85decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import starmap
from math import exp, log
from operator import mul
from pathlib import Path
from typing import TypedDict

from agentic_flow.analysis.tokens import ends
from agentic_flow.analysis.wording import figures, lowered, pieces, wording

TABLE = Path(__file__).with_name("learned.json")
KINDS = ("knowledge", "problem", "formula", "code", "other")
"""Kinds of questions: of knowledge, told in words with numbers, written in formulas, about code, other."""
LANES = 2 * len(KINDS)
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


@dataclass(frozen=True, slots=True)
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

    def lanes(self, text: str) -> list[float]:
        """Return a text's lanes."""
        lower = lowered(ends(text))
        words = wording(lower)
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
        sums = array("I", total.to_bytes(LANES * _WIDE, "little"))
        scale = 1 / max(1e-6, square**0.5)
        zero = loud * _ZERO
        seen = list(starmap(_held, zip(figures(lower, words), self.means, self.spreads, strict=True)))
        return [
            start + (lane - zero) * unit * scale + sum(map(mul, seen, weights))
            for start, lane, unit, weights in zip(self.starts, sums, self.units, self.figures, strict=True)
        ]

    def _of_pieces(self, word: str) -> tuple[int, int, float]:
        row, count, square = 0, 0, 0.0
        for piece in pieces(word):
            at = self.pieces.get(piece)
            if at is not None:
                row += _row(self.piece_lanes, at)
                count += 1
                square += (self.piece_sizes[at] * self.size_unit) ** 2
        return row, count, square


@dataclass(frozen=True, slots=True)
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
