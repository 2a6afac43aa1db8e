"""Scores of the words -> the word that comes next, as a prompt asks for it: the likeliest, or one by chance.

Chance is a number drawn from a seed and the place of the word in its text. So a text depends neither on what
is written beside it nor on how far ahead it was written before it was taken up elsewhere.
"""

import secrets
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from agentic_flow.providers.sampling import SearchOption


def two_likeliest(scores: NDArray[np.float32]) -> Sequence[tuple[int, float]]:
    """Return the two words with the highest scores, and these."""
    first = int(scores.argmax())
    high, scores[first] = float(scores[first]), -np.inf
    second = int(scores.argmax())
    scores[first] = high
    return [(first, high), (second, float(scores[second]))]


class Drawing:
    """How the words of one text are chosen."""

    def __init__(self, search: Mapping[str, SearchOption]) -> None:
        self._penalty = float(search.get("repetition_penalty", 1.0))
        self._by_chance = bool(search.get("do_sample", False))
        self._temperature = float(search.get("temperature", 1.0))
        self._top_p = float(search.get("top_p", 1.0))
        self._top_k = int(search.get("top_k", 0))
        self._seed = int(search.get("random_seed", secrets.randbits(31)))

    def next(self, scores: NDArray[np.float32], before: Sequence[int]) -> int:
        """Return the word that follows `before`. `scores` may be written to."""
        if self._penalty != 1.0:
            seen = np.unique(np.array(before, np.int64))
            said = scores[seen]
            scores[seen] = np.where(said < 0, said * self._penalty, said / self._penalty)
        if not self._by_chance:
            return int(scores.argmax())
        words = np.argsort(-scores, kind="stable")
        if self._top_k:
            words = words[: self._top_k]
        weights = np.exp((scores[words] - scores[words[0]]).astype(np.float64) / self._temperature)
        sums = np.cumsum(weights) / weights.sum()
        if self._top_p < 1.0:  # the fewest of the likeliest that come to so much together
            few = int(np.searchsorted(sums, self._top_p)) + 1
            words, sums = words[:few], sums[:few] / sums[min(few, len(sums)) - 1]
        chance = np.random.default_rng((self._seed, len(before))).random()
        return int(words[min(int(np.searchsorted(sums, chance, side="right")), len(words) - 1)])
