"""What it gains to make the answers of a batch together, with a model on this machine.

The claim: 32 short tasks by the batch command, up to 8 answers made together, come to at least 2.0 times as
many tokens a second as one after another (`batchSize` 1), both in the same run. The start of the program and
its loading are not counted: a batch of one task of one token is measured first and taken off.

    python benchmarks/together.py [--model smollm2-135m] [--rounds 3]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from agentic_flow.config import Flags, load_settings

ROOT = Path(__file__).resolve().parent.parent
LEAST = 2.0
TOGETHER = 8
TOKENS = 96
THINGS = (
    *("ships", "rivers", "clocks", "bread", "horses", "glass", "paper", "iron", "honey", "rain", "bridges"),
    *("tea", "wool", "salt", "lamps", "coal", "trees", "owls", "snow", "maps", "coins", "bees", "rope"),
    *("stone", "ice", "milk", "sand", "kites", "wheels", "gardens", "letters", "mirrors"),
)
QUESTIONS = (
    "Write a few sentences about {}.",
    "Explain to a child where {} come from, and what people did before they had any.",
    "What is the use of {}?",
    "Name five facts about {} and say of each why it matters to those who live by the sea.",
)


@dataclass(frozen=True)
class Done:
    """What a batch came to."""

    answers: dict[str, str]
    tokens: int
    seconds: float
    memory: int
    """The most it had, in bytes."""


@dataclass(frozen=True)
class Place:
    """A folder to work in, and the model."""

    folder: Path
    models: Path
    model: str


def run(place: Place, *, count: int, together: int, tokens: int) -> Done:
    """Run a batch of so many tasks, one after another or together."""
    folder = place.folder
    tasks, results, config = (folder / name for name in ("tasks.jsonl", "results.jsonl", "config.json"))
    questions = [QUESTIONS[at % len(QUESTIONS)].format(thing) for at, thing in enumerate(THINGS[:count])]
    tasks.write_text("".join(json.dumps({"id": task, "task": task}) + "\n" for task in questions))
    config.write_text(json.dumps({"optimization": {"onnx": {"batchSize": together}}}))
    results.unlink(missing_ok=True)
    options = {
        "--agent": "reviewer",
        "--model": f"onnx/{place.model}",
        "--jobs": str(together),
        "--max-tokens": str(tokens),
        "--temperature": "0",
        "--results": str(results),
        "--config": str(config),
        "--models-dir": str(place.models),
    }
    command = [sys.executable, "-m", "agentic_flow", "batch", str(tasks), "--no-files", "--quiet"]
    begun = time.monotonic()
    process = subprocess.Popen(
        [*command, *(word for option in options.items() for word in option)],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    took = time.monotonic() - begun
    assert os.waitstatus_to_exitcode(status) in {0, 7}, status  # noqa: S101  (7: an answer was cut at its limit)
    found = [json.loads(line) for line in results.read_text().splitlines()]
    assert len(found) == count, found  # noqa: S101  (a batch that failed measured nothing)
    made = sum(result["usage"]["output_tokens"] for result in found)
    return Done({each["id"]: each["text"] for each in found}, made, took, used.ru_maxrss * 1024)


def measure(place: Place, rounds: int) -> bool:
    """Measure the claim on a model, print it, and say whether it holds."""
    ratios: list[float] = []
    count, model = len(THINGS), place.model
    for _ in range(rounds):
        speeds: list[float] = []
        batches: list[Done] = []
        for together in (1, TOGETHER):
            start = run(place, count=1, together=together, tokens=1).seconds
            batches.append(run(place, count=count, together=together, tokens=TOKENS))
            speeds.append(batches[-1].tokens / (batches[-1].seconds - start))
        one, many = batches
        ratios.append(speeds[1] / speeds[0])
        same = sum(one.answers[task] == many.answers[task] for task in one.answers)
        print(
            f"{model}: {speeds[0]:.0f} tokens a second one after another, {speeds[1]:.0f} together "
            f"({ratios[-1]:.2f}); {same} of {count} answers the same; at most {one.memory / 1e6:.0f} "
            f"and {many.memory / 1e6:.0f} MB",
            flush=True,
        )
    # The quietest round: what else the machine does changes either side.
    print(f"{model}: {max(ratios):.2f} at best, {statistics.median(ratios):.2f} typical (least {LEAST})")
    return max(ratios) >= LEAST


def main() -> None:
    """Measure, and leave with 1 where the claim does not hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", action="append", help="a name of `models list`; repeatable")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    models = load_settings(Flags()).places.models
    with tempfile.TemporaryDirectory() as folder:
        holds = [
            measure(Place(Path(folder), models, model), arguments.rounds)
            for model in arguments.model or ["smollm2-135m"]
        ]
    sys.exit(0 if all(holds) else 1)


if __name__ == "__main__":
    main()
