"""Texts and what became of them -> weights of words. For training alone: the one part here with arrays.

Ridge regression by conjugate gradients: every text is a row of the pieces of its words, rare ones loud, and
scaled to length one as a sum over its words, so that weights of pieces fold into weights of words.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from agentic_flow.analysis.wording import added, choices, figures, lowered, parted, pieces, wording
from agentic_flow.core.frozen import frozen

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

_STEPS = 60
_DONE = 1e-8
_COMMON, _POWER = 2.0, 1.5
"""How a piece's rarity (log of texts to texts with it, plus one) becomes its loudness."""


@frozen
class Rows:
    """A sparse matrix: entry `values[i]` stands in row `texts[i]`, column `columns[i]`."""

    texts: Indices
    columns: Indices
    values: Array
    shape: tuple[int, int]

    def times(self, weights: Array) -> Array:
        """Return each row's sum."""
        return _sums(self.texts, self.values * weights[self.columns], self.shape[0])

    def back(self, errors: Array) -> Array:
        """Return each column's sum."""
        return _sums(self.columns, self.values * errors[self.texts], self.shape[1])

    def pick(self, chosen: Indices) -> "Rows":
        """Return some rows, in the order given."""
        place = np.full(self.shape[0], -1)
        place[chosen] = np.arange(len(chosen))
        kept = place[self.texts] >= 0
        return Rows(
            place[self.texts[kept]], self.columns[kept], self.values[kept], (len(chosen), self.shape[1])
        )

    def beside(self, more: "Rows | Array") -> "Rows":
        """Return these rows with other columns after their own."""
        if not isinstance(more, Rows):
            texts, columns = np.indices(more.shape)
            more = Rows(texts.ravel(), columns.ravel(), more.ravel(), (more.shape[0], more.shape[1]))
        return Rows(
            np.concatenate([self.texts, more.texts]),
            np.concatenate([self.columns, more.columns + self.shape[1]]),
            np.concatenate([self.values, more.values]),
            (self.shape[0], self.shape[1] + more.shape[1]),
        )


def _sums(places: Indices, values: Array, size: int) -> Array:
    return np.asarray(np.bincount(places, values, size), np.float64)


def ridge(rows: Rows, targets: Array, penalty: float) -> Array:
    """Return the weights whose squared errors, plus `penalty` times their own squares, are least."""
    weights = np.zeros(rows.shape[1])
    residual = rows.back(targets)
    start = left = float(residual @ residual)
    direction = residual.copy()
    for _ in range(_STEPS):
        if left <= _DONE * start:
            break
        moved = rows.back(rows.times(direction)) + penalty * direction
        step = left / float(direction @ moved)
        weights += step * direction
        residual -= step * moved
        before, left = left, float(residual @ residual)
        direction = residual + left / before * direction
    return weights


class Pieces:
    """The pieces of words that are common enough to learn from, and how loud each is."""

    def __init__(self, texts: Iterable[str], fewest: int = 3) -> None:
        seen: Counter[str] = Counter()
        self.words: Counter[str] = Counter()
        count = 0
        for text in texts:
            words = wording(lowered(text))
            self.words.update(words.keys())
            seen.update({piece for word in words for piece in pieces(word)})
            count += 1
        common = sorted(piece for piece, times in seen.items() if times >= fewest)
        self.index = {piece: at for at, piece in enumerate(common)}
        rarity = np.array([np.log((1 + count) / (1 + seen[piece])) + 1 for piece in common])
        self.loudness: Array = np.maximum(0, rarity - _COMMON) ** _POWER

    def of(self, word: str) -> tuple[Indices, Array]:
        """Return the columns of a word's pieces, with their values."""
        found = Counter(self.index[piece] for piece in pieces(word) if piece in self.index)
        columns = np.fromiter(found.keys(), np.int64, len(found))
        return columns, np.fromiter(found.values(), np.float64, len(found)) * self.loudness[columns]

    def rows(self, texts: Sequence[str]) -> Rows:
        """Return a row for each text, the answers that it gives to choose from counted by themselves."""
        return self.rows_of([parted(lowered(text)) for text in texts])

    def rows_of(self, texts: Sequence[Sequence[str]]) -> Rows:
        """Return a row for each text that is given in parts."""
        known: dict[str, tuple[Indices, Array, float]] = {}
        whose: list[Indices] = []
        columns: list[Indices] = []
        values: list[Array] = []
        for row, parts in enumerate(texts):
            size = 0.0
            mine: list[Array] = []
            for word, times in chain.from_iterable(wording(part).items() for part in parts):
                if word not in known:
                    where, value = self.of(word)
                    known[word] = where, value, float(value @ value)
                where, value, square = known[word]
                loud = 1 + np.log(times)
                size += loud * loud * square
                whose.append(np.full(len(where), row))
                columns.append(where)
                mine.append(loud * value)
            values += [each / max(size, 1e-9) ** 0.5 for each in mine]
        return Rows(
            np.concatenate(whose),
            np.concatenate(columns),
            np.concatenate(values),
            (len(texts), len(self.index)),
        )


def measured(texts: Sequence[str]) -> Array:
    """Return the figures of each text."""
    return np.array([_figured(lowered(text)) for text in texts])


def _figured(lower: str) -> list[float]:
    question, answers = parted(lower)
    return figures(lower, added(wording(question), wording(answers)))


def built(texts: Sequence[str]) -> Array:
    """Return how each of some questions with answers to choose from is built."""
    return np.array([choices(*parted(lowered(text))) for text in texts])
