"""Outcomes of a person's own runs, weights so far -> better weights, where they prove better. Pure.

A run fails the likelier, the harder its task is than its model is strong; the weights say how much harder the
words of a task make it than it seemed. They are drawn to nothing (ridge), so that few runs change little.
"""

from collections import Counter
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from agentic_flow.analysis.personal import FARTHEST, MOST_WORDS, Personal, odds
from agentic_flow.analysis.tokens import ends
from agentic_flow.analysis.wording import lowered, wording
from agentic_flow.core.frozen import frozen

Array = NDArray[np.float64]

FEWEST = 40
"""Outcomes, and of each kind a tenth of that: fewer prove nothing."""
FEWEST_NEW = 20
MOST = 1_500
"""The newest outcomes count; older ones are about models that are gone."""
_FOLDS = 5
_FEWEST_SEEN = 3
_PENALTIES = (0.1, 0.3, 1.0, 3.0)
_STEPS = 12
_LIKELY = 30.0
_CONSTANT = 3.0
"""How freely the start moves, beside words."""
_SURE = 2.5
"""Standard errors by which new weights have to be better."""


@frozen
class Outcome:
    """What became of a task with the first model that tried it."""

    run: str
    """The run's id; they sort by time."""
    text: str
    difficulty: float
    """As it seems without any weights of the person's own."""
    strength: float
    """The model's."""
    failed: bool


@frozen
class Score:
    """How well failures were foretold, of outcomes that were not learned from."""

    loss: float
    """Mean log loss; 0.69 is a coin's."""
    right_order: float
    """How often a failure had the higher figure than a success: 0.5 is chance, 1 is always."""


@frozen
class Trained:
    """What training came to."""

    outcomes: int
    failures: int
    verdict: str
    before: Score | None = None
    after: Score | None = None
    better: Personal | None = None
    """The new weights; None where the old ones stay."""
    words: tuple[tuple[str, float], ...] = ()
    """Those that say most, with what they say."""


def train(outcomes: Sequence[Outcome], current: Personal | None = None) -> Trained:
    """Learn from outcomes, and judge what was learned by outcomes that it has not seen.

    The old weights, shipped or the person's own, keep their place unless the new ones foretell clearly
    better. Own weights are judged by outcomes newer than they are: of older ones they know the end.
    """
    known = sorted(outcomes, key=lambda outcome: outcome.run)[-MOST:]
    failures = sum(outcome.failed for outcome in known)
    fewest = min(failures, len(known) - failures)
    if len(known) < FEWEST or fewest < FEWEST // 10:
        said = f"{len(known)} outcomes, {failures} of them failures, are too few: it takes {FEWEST}, and both"
        return Trained(len(known), failures, f"{said} kinds; the weights stay as they are")
    new = np.array([current is None or outcome.run > current.until for outcome in known])
    if new.sum() < FEWEST_NEW:
        said = f"only {int(new.sum())} outcomes are newer than the weights, it takes {FEWEST_NEW}"
        return Trained(len(known), failures, f"{said}; the weights stay as they are")
    table = _Table(known)
    old = table.recalibrated(np.array([current.shift(each.text) if current else 0.0 for each in known]))
    tries = {penalty: table.foretold(penalty) for penalty in _PENALTIES}
    penalty = min(_PENALTIES, key=lambda each: float(table.losses(tries[each])[new].mean()))
    gain = (table.losses(old) - table.losses(tries[penalty]))[new]
    before, after = table.score(old, new), table.score(tries[penalty], new)
    margin = _SURE * float(gain.std(ddof=1)) / float(new.sum()) ** 0.5
    if float(gain.mean()) <= margin:
        return Trained(
            len(known), failures, "not clearly better; the weights stay as they are", before, after
        )
    better = table.learned(penalty)
    loudest = sorted(better.words.items(), key=lambda item: -abs(item[1]))[:8]
    return Trained(len(known), failures, "better", before, after, better, tuple(loudest))


class _Table:
    """Outcomes as rows of words."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.newest = outcomes[-1].run
        said = [wording(lowered(ends(outcome.text))) for outcome in outcomes]
        seen = Counter(word for words in said for word in words)
        common = [word for word, times in seen.most_common(MOST_WORDS) if times >= _FEWEST_SEEN]
        self.words = common
        place = {word: at for at, word in enumerate(common)}
        self.rows: Array = np.zeros((len(outcomes), len(common)))
        for row, words in enumerate(said):
            self.rows[row, [place[word] for word in words if word in place]] = 1 / max(1, len(words)) ** 0.5
        self.failed = np.array([float(outcome.failed) for outcome in outcomes])
        self.prior = np.array([odds(each.difficulty) - odds(each.strength) for each in outcomes])
        # The same words are never on both sides: a task that was repeated would be known by heart.
        self.folds = np.array([crc32(outcome.text.encode()) % _FOLDS for outcome in outcomes])
        self.alike: Array = self.rows @ self.rows.T + _CONSTANT

    def recalibrated(self, shift: Array) -> Array:
        """Return what other weights foretell, each fold with the start that fits the others."""
        only_start = np.full_like(self.alike, _CONSTANT)
        return self._across(only_start, self.prior + shift, 1.0)

    def foretold(self, penalty: float) -> Array:
        """Return what is foretold of each fold by the words of the others."""
        return self._across(self.alike, self.prior, penalty)

    def _across(self, alike: Array, prior: Array, penalty: float) -> Array:
        said = prior.copy()
        for fold in range(_FOLDS):
            seen, unseen = self.folds != fold, self.folds == fold
            if seen.any() and unseen.any():
                pulls = _fit(alike[np.ix_(seen, seen)], prior[seen], self.failed[seen], penalty)
                said[unseen] += np.clip(alike[np.ix_(unseen, seen)] @ pulls, -FARTHEST, FARTHEST)
        return said

    def learned(self, penalty: float) -> Personal:
        """Return the weights that all outcomes teach."""
        pulls = _fit(self.alike, self.prior, self.failed, penalty)
        weights = self.rows.T @ pulls
        return Personal(
            start=round(float(_CONSTANT * pulls.sum()), 4),
            words={
                word: round(float(weight), 4)
                for word, weight in zip(self.words, weights, strict=True)
                if abs(weight) >= 0.01  # noqa: PLR2004  (a hundredth of the log of odds moves nothing)
            },
            outcomes=len(self.failed),
            until=self.newest,
        )

    def losses(self, said: Array) -> Array:
        """Return the log loss of each outcome."""
        return np.logaddexp(0, said) - self.failed * said

    def score(self, said: Array, counted: NDArray[np.bool_]) -> Score:
        """Return how well some outcomes were foretold."""
        failed = self.failed[counted] > 0
        bad, good = said[counted][failed], said[counted][~failed]
        if not len(bad) or not len(good):
            return Score(float(self.losses(said)[counted].mean()), 0.5)
        above = (bad[:, None] > good).mean() + (bad[:, None] == good).mean() / 2
        return Score(float(self.losses(said)[counted].mean()), float(above))


def _fit(alike: Array, prior: Array, failed: Array, penalty: float) -> Array:
    """Return how much each outcome pulls at the weights: logistic regression by Newton's steps."""
    pulls: Array = np.zeros(len(failed))
    for _ in range(_STEPS):
        said = np.clip(prior + alike @ pulls, -_LIKELY, _LIKELY)
        likely = 1 / (1 + np.exp(-said))
        doubt = np.maximum(likely * (1 - likely), 1e-6)
        wanted = said - prior + (failed - likely) / doubt
        moved: Array = np.asarray(np.linalg.solve(alike + np.diag(penalty / doubt), wanted), np.float64)
        done = float(np.abs(moved - pulls).max())
        pulls = moved
        if done < 1e-6:  # noqa: PLR2004  (nothing moves any more)
            break
    return pulls
