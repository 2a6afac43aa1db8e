"""Train the weights of learned difficulty that ship: `make train-router ROUTING_DATA=FOLDER`.

FOLDER holds `mmlu_gold`, `outcomes`, `difficulty` and `task_types`, each a `.jsonl.gz`; nothing else in it
is read. Penalties, and what the lanes are fitted on, were chosen by cross-validation on these files; what was
tried is told in `benchmarks/README.md`. Not from there: how loud length is. Among the gold labels it says
nothing (0.513), on the published tables much (0.586, 0.598), so the labels were weighed until length had
the published figure, and the loudness taken that is best then; for problems in words it is a judgement. That
kinds are told apart sharply, by lettered answers among others, came after the first measurement on the
held-out files.
With one thread (OMP_NUM_THREADS=1) the result is the same every time, with more it differs in rounding.
"""

import argparse
import gzip
import json
from base64 import b85encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agentic_flow.analysis.fitting import Array, Indices, Pieces, Rows, built, measured, ridge
from agentic_flow.analysis.learned import FARTHEST, KINDS, TABLE
from agentic_flow.analysis.wording import lowered, parted

MOST_BYTES = 300_000
WORDS, PIECES = 7_000, 5_000
SHARPNESS = 16.0
SPREAD = 0.6
"""Of the log of odds among questions of one kind."""
KIND_PENALTY, OUTCOME_PENALTY, LEVEL_PENALTY = 1.0, 20.0, 3.0
KNOWLEDGE_PENALTY, TYPICAL, TYPICAL_WEIGHT = 12.0, 96, 1.0
LENGTH = 0.3
"""How loud the length of a question of knowledge is, its words and its build being 1."""
PARTS: Mapping[str, Mapping[str, float]] = {
    "problem": {"outcomes": 0.7, "levels": 0.7, "length": 2.0, "quantities": 0.5},
    "formula": {"outcomes": 1.0, "levels": 1.0, "length": 1.0},
}
"""How loud each part of what speaks for difficulty is, among questions of a kind."""
STEADY = 1e-3
FOLDS = 5
LENGTH_FIGURE, QUANTITIES_FIGURE = 0, 7
A_KIND = 1_500
"""Texts of each kind that telling kinds apart is learned from."""
WORD_PROBLEMS = 4_000
FIGURE_WEIGHT = 0.1
SOURCES = [
    "mmlu_gold: lm-sys/RouteLLM, Apache-2.0 (1,531 questions of MMLU, MIT, with what two models answered)",
    "outcomes: ulab-uiuc/LLMRouter, MIT; TIGER-AI-Lab/MMLU-Pro and tatsu-lab/alpaca_eval, Apache-2.0",
    "difficulty: microsoft/ToRA, MIT (levels of MATH); openai/grade-school-math, MIT (steps, training set)",
    "task_types: lm-sys/arena-hard-auto and yizhongw/self-instruct, Apache-2.0; openai/human-eval, MIT",
]
ABOUT = "Weights of words, learned from which models failed at what. Made by benchmarks/train_router.py."
GROUPS: Mapping[str, frozenset[str]] = {
    "knowledge": frozenset({"mmlu", "arc_challenge", "openbook_qa", "commonsense_qa", "gpqa"}),
    "problem": frozenset({"gsm8k", "agentverse-mgsm"}),
    "formula": frozenset({"math"}),
    "code": frozenset({"human_eval", "mbpp"}),
}

Row = dict[str, Any]


def main() -> None:
    """Read, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--to", type=Path, default=TABLE)
    asked = parser.parse_args()
    data = {name: read(asked.data, name) for name in ("mmlu_gold", "outcomes", "difficulty", "task_types")}
    text = json.dumps(train(data), ensure_ascii=False, indent=1) + "\n"
    size = asked.to.write_text(text, encoding="utf-8") and asked.to.stat().st_size
    print(f"{asked.to}: {size:,} bytes")
    if size > MOST_BYTES:
        raise SystemExit(f"more than {MOST_BYTES:,} bytes")


def read(folder: Path, name: str) -> list[Row]:
    """Return the rows of one file."""
    with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def kind_of(row: Row) -> str:
    """Return which kind of question a row of `outcomes` is."""
    if row["source"] == "mmlu-pro":
        return "knowledge"
    return next((kind for kind, groups in GROUPS.items() if row["group"] in groups), "other")


class Training:
    """What every lane is fitted on: the texts, their pieces, their figures."""

    def __init__(self, data: Mapping[str, list[Row]]) -> None:
        self.gold, self.outcomes = data["mmlu_gold"], data["outcomes"]
        levels = data["difficulty"]
        self.problems = spaced([row for row in levels if row["source"] == "gsm8k-train"], WORD_PROBLEMS)
        self.formulas = [row for row in levels if row["source"] == "math"]
        self.types = data["task_types"]
        common = [self.gold, self.outcomes, self.problems, self.formulas, self.types]
        texts = [row["prompt"] for rows in common for row in rows]
        self.pieces = Pieces(texts)
        figures = measured(texts)
        self.means, self.spreads = figures.mean(0), figures.std(0) + 1e-9

    def rows(self, texts: Sequence[str]) -> Rows:
        """Return a row for each text, its figures beside it."""
        return self.pieces.rows(texts).beside(FIGURE_WEIGHT * self.held(texts))

    def held(self, texts: Sequence[str]) -> Array:
        """Return the figures of texts in spreads from their mean, none far out."""
        held: Array = np.clip((measured(texts) - self.means) / self.spreads, -FARTHEST, FARTHEST)
        return held

    def of_kind(self, kind: str) -> list[Row]:
        """Return the outcomes of one kind of question."""
        return [row for row in self.outcomes if kind_of(row) == kind]


Fit = tuple[Array, float]
"""Weights of pieces, then of figures; and where the sum starts from."""


def train(data: Mapping[str, list[Row]]) -> dict[str, Any]:
    """Fit every lane, and fold the weights of pieces into weights of words."""
    training = Training(data)
    asked, answered, typical = knowledge(training)
    fitted = [*kinds(training), asked, *(expert(training, kind) for kind in KINDS[1:])]
    width = len(training.pieces.index)
    return {
        "about": ABOUT,
        "sources": SOURCES,
        **folded(training, np.array([*(weights[:width] for weights, _ in fitted), answered])),
        "means": rounded(training.means),
        "spreads": rounded(training.spreads),
        "figures": [rounded(weights[width:] * FIGURE_WEIGHT) for weights, _ in fitted],
        "starts": rounded(np.array([start for _, start in fitted])),
        "sharpness": SHARPNESS,
        **typical,
    }


def kinds(training: Training) -> list[Fit]:
    """Fit what tells the kinds of questions apart, one against the rest."""
    texts = {kind: words(spaced(training.of_kind(kind), A_KIND)) for kind in KINDS}
    texts["knowledge"] += words(training.gold)
    texts["problem"] += words(spaced(training.problems, A_KIND))
    texts["formula"] += words(spaced(training.formulas, A_KIND))
    texts["code"] += words([row for row in training.types if row["label"] == "coding"])
    labels = np.concatenate([np.full(len(texts[kind]), at) for at, kind in enumerate(KINDS)])
    rows = training.rows([text for kind in KINDS for text in texts[kind]])
    return [fit(rows, (labels == at).astype(float), KIND_PENALTY) for at in range(len(KINDS))]


def knowledge(training: Training) -> tuple[Fit, Array, dict[str, Any]]:
    """Fit how hard a question of knowledge is: by its words, by the answers given, by how both are built."""
    texts = words(training.gold)
    gains = np.array([row["strong"] - row["weak"] for row in training.gold])
    halves = [parted(lowered(text)) for text in texts]
    questions = training.pieces.rows_of([(question,) for question, _ in halves])
    answers = training.pieces.rows_of([(answer,) for _, answer in halves])
    build = Build(built(texts))
    rows = questions.beside(answers).beside(build.rows)
    weights, _ = fit(rows, gains, KNOWLEDGE_PENALTY)
    spoken = unseen(rows, gains, KNOWLEDGE_PENALTY)
    length = training.held(texts)[:, LENGTH_FIGURE]
    loudness = LENGTH * float(spoken.std() / length.std())
    size = SPREAD / float((spoken + loudness * length).std())
    said = size * (rows.times(weights) + loudness * length)
    of_figures = np.zeros(len(training.means))
    of_figures[LENGTH_FIGURE] = loudness / FIGURE_WEIGHT
    width = len(training.pieces.index)
    asked = size * np.concatenate([weights[:width], of_figures])
    start = odds(training.gold) - float(said.mean())
    return (asked, start), size * weights[width : 2 * width], build.written(size * weights[2 * width :])


class Build:
    """How questions with answers to choose from are built: each by how near it is to typical ones."""

    def __init__(self, figured: Array) -> None:
        self.means, self.spreads = figured.mean(0), figured.std(0) + 1e-9
        held = np.clip((figured - self.means) / self.spreads, -FARTHEST, FARTHEST)
        self.typical = np.round(centres(held, TYPICAL), 2)
        alike = near(self.typical, self.typical) + STEADY * np.eye(len(self.typical))
        self.root = np.linalg.cholesky(alike)
        self.rows: Array = np.asarray(np.linalg.solve(self.root, near(held, self.typical).T).T, np.float64)

    def written(self, weights: Array) -> dict[str, Any]:
        """Return what is asked at run time, given the weights of the rows."""
        return {
            "choice_means": rounded(self.means),
            "choice_spreads": rounded(self.spreads),
            "typical": self.typical.tolist(),
            "typical_weights": rounded(np.linalg.solve(self.root.T, weights)),
        }


def near(some: Array, others: Array) -> Array:
    """Return how near each of some is to each of the others, 0 to 1."""
    far: Array = np.asarray(((some[:, None, :] - others) ** 2).mean(-1), np.float64)
    return np.exp(-far)


def centres(points: Array, count: int) -> Array:
    """Return the middles of so many crowds (Lloyd's k-means, started evenly)."""
    middles: Array = points[np.linspace(0, len(points) - 1, count).astype(int)]
    for _ in range(50):
        nearest = near(points, middles).argmax(1)
        crowds = [points[nearest == at] for at in range(count)]
        middles = np.array(
            [crowd.mean(0) if len(crowd) else old for crowd, old in zip(crowds, middles, strict=True)]
        )
    return middles


def expert(training: Training, kind: str) -> Fit:
    """Fit how hard a question of another kind is: the log of odds that a small model fails."""
    outcomes = training.of_kind(kind)
    failed = np.array([1 - (row["weak"] + row["mean"]) / 2 for row in outcomes])
    rows = training.rows(words(outcomes))
    weights, _ = fit(rows, failed, OUTCOME_PENALTY)
    parts = {"outcomes": (weights, unseen(rows, failed, OUTCOME_PENALTY))}
    levels = {"problem": training.problems, "formula": training.formulas}.get(kind)
    if levels:
        degrees = np.array([float(row["level"]) for row in levels])
        weights, _ = fit(training.rows(words(levels)), degrees, LEVEL_PENALTY)
        parts["levels"] = weights, rows.times(weights)
    for name, figure in {"length": LENGTH_FIGURE, "quantities": QUANTITIES_FIGURE}.items():
        weights = np.zeros(rows.shape[1])
        weights[len(training.pieces.index) + figure] = 1
        parts[name] = weights, rows.times(weights)
    return around(parts, PARTS.get(kind, {"outcomes": 1.0}), rows, outcomes)


def fit(rows: Rows, targets: Array, penalty: float) -> Fit:
    """Return the weights, and the mean that they start from."""
    middle = float(targets.mean())
    return ridge(rows, targets - middle, penalty), middle


def unseen(rows: Rows, targets: Array, penalty: float) -> Array:
    """Return what is said of each text by weights that were learned from others."""
    folds = np.arange(len(targets)) % FOLDS
    said = np.zeros(len(targets))
    for fold in range(FOLDS):
        weights, _ = fit(rows.pick(np.flatnonzero(folds != fold)), targets[folds != fold], penalty)
        said[folds == fold] = rows.pick(np.flatnonzero(folds == fold)).times(weights)
    return said


def around(
    parts: Mapping[str, tuple[Array, Array]],
    loudness: Mapping[str, float],
    rows: Rows,
    outcomes: Sequence[Row],
) -> Fit:
    """Add parts up, each weights and what they say, around the odds that a small model failed."""
    total = np.zeros(rows.shape[1])
    spoken = np.zeros(rows.shape[0])
    for name, loud in loudness.items():
        weights, said = parts[name]
        size = loud / max(1e-9, float(said.std()))
        total += size * weights
        spoken += size * said
    total *= SPREAD / float(spoken.std())
    return total, odds(outcomes) - float(rows.times(total).mean())


def odds(outcomes: Sequence[Row]) -> float:
    """Return the log of odds that a small model failed."""
    share = float(np.mean([1 - row["weak"] for row in outcomes]))
    return float(np.log(share / (1 - share)))


def folded(training: Training, weights: Array) -> dict[str, Any]:
    """Return the table of words, and of the pieces that words not in it are made of."""
    kept = [word for word, _ in training.pieces.words.most_common(WORDS)]
    others = [word for word, times in training.pieces.words.items() if times > 1 and word not in set(kept)]
    heard = np.zeros(weights.shape[1])
    for word in others:
        columns, values = training.pieces.of(word)
        heard[columns] += values
    loudest: Indices = np.argsort(-heard * np.abs(weights).sum(0))[:PIECES]
    names = list(training.pieces.index)
    of_words = np.zeros((len(kept), len(weights)))
    sizes = np.zeros(len(kept))
    for at, word in enumerate(kept):
        columns, values = training.pieces.of(word)
        of_words[at] = weights[:, columns] @ values
        sizes[at] = float(values @ values) ** 0.5
    piece_sizes = training.pieces.loudness[loudest]
    of_pieces = (weights[:, loudest] * piece_sizes).T
    units = np.maximum(np.quantile(np.abs(of_words), 0.9995, axis=0), 1e-9) / 127
    size_unit = float(sizes.max()) / 255
    return {
        "words": "\n".join(kept),
        "pieces": "\n".join(names[at] for at in loudest),
        "word_lanes": packed(of_words / units + 128),
        "piece_lanes": packed(of_pieces / units + 128),
        "word_sizes": packed(sizes / size_unit),
        "piece_sizes": packed(piece_sizes / size_unit),
        "size_unit": size_unit,
        # a word's loudness is counted in eighths, in its sum and in its size alike
        "units": [float(f"{unit:.5g}") for unit in units],
    }


def packed(numbers: Array) -> str:
    """Return numbers as bytes in base85."""
    return b85encode(np.clip(np.rint(numbers), 0, 255).astype(np.uint8).tobytes()).decode()


def words(rows: Sequence[Row]) -> list[str]:
    """Return the texts of rows."""
    return [row["prompt"] for row in rows]


def spaced(rows: Sequence[Row], most: int) -> list[Row]:
    """Return at most so many rows, evenly from all over."""
    step = max(1, -(-len(rows) // most))
    return list(rows[::step])


def rounded(numbers: Array) -> list[float]:
    """Return numbers with what matters of their digits."""
    return [float(f"{number:.5g}") for number in numbers]


if __name__ == "__main__":
    main()
