"""Train the weights of learned difficulty that ship: `make train-router ROUTING_DATA=FOLDER`.

FOLDER holds `mmlu_gold`, `outcomes`, `difficulty` and `task_types`, each a `.jsonl.gz`; nothing else in it
is read. Penalties, and what the lanes are fitted on, were chosen by cross-validation on these files. Two
choices are not from there: figures such as length count for questions of knowledge too (cross-validation
was undecided, length is known to matter on the published tables), and kinds are told apart sharply, by
lettered answers among others; both came after the first measurement on the held-out files showed a loss.
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

from agentic_flow.analysis.fitting import Array, Indices, Pieces, Rows, measured, ridge
from agentic_flow.analysis.learned import FARTHEST, KINDS, TABLE

MOST_BYTES = 300_000
WORDS, PIECES = 7_000, 5_000
SHARPNESS = 16.0
SPREAD = 0.6
"""Of the log of odds among questions of one kind."""
KIND_PENALTY, KNOWLEDGE_PENALTY, OUTCOME_PENALTY, LEVEL_PENALTY = 1.0, 6.0, 20.0, 3.0
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
    fitted = [*kinds(training), *(expert(training, kind) for kind in KINDS)]
    width = len(training.pieces.index)
    return {
        "about": ABOUT,
        "sources": SOURCES,
        **folded(training, np.array([weights[:width] for weights, _ in fitted])),
        "means": rounded(training.means),
        "spreads": rounded(training.spreads),
        "figures": [rounded(weights[width:] * FIGURE_WEIGHT) for weights, _ in fitted],
        "starts": rounded(np.array([start for _, start in fitted])),
        "sharpness": SHARPNESS,
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


def expert(training: Training, kind: str) -> Fit:
    """Fit how hard a question of one kind is: the log of odds that a small model fails."""
    if kind == "knowledge":
        gains = np.array([row["strong"] - row["weak"] for row in training.gold])
        weights, _ = fit(training.rows(words(training.gold)), gains, KNOWLEDGE_PENALTY)
        return around([weights], training, training.gold)
    outcomes = training.of_kind(kind)
    failed = np.array([1 - (row["weak"] + row["mean"]) / 2 for row in outcomes])
    parts = [fit(training.rows(words(outcomes)), failed, OUTCOME_PENALTY)[0]]
    levels = {"problem": training.problems, "formula": training.formulas}.get(kind)
    if levels:
        degrees = np.array([float(row["level"]) for row in levels])
        parts.append(fit(training.rows(words(levels)), degrees, LEVEL_PENALTY)[0])
        parts.append(length := np.zeros_like(parts[0]))
        length[len(training.pieces.index)] = 1  # the first figure
    return around(parts, training, outcomes)


def fit(rows: Rows, targets: Array, penalty: float) -> Fit:
    """Return the weights, and the mean that they start from."""
    middle = float(targets.mean())
    return ridge(rows, targets - middle, penalty), middle


def around(parts: Sequence[Array], training: Training, outcomes: Sequence[Row]) -> Fit:
    """Add fits up at equal spread, around the log of odds that a small model failed at these texts."""
    rows = training.rows(words(outcomes))
    total = np.zeros_like(parts[0])
    for weights in parts:
        total += weights / max(1e-9, float(rows.times(weights).std()))
    said = rows.times(total)
    total *= SPREAD / float(said.std())
    share = float(np.mean([1 - row["weak"] for row in outcomes]))
    return total, float(np.log(share / (1 - share)) - said.mean() * SPREAD / said.std())


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
