"""Whole runs over models with prices: when the next one takes over, and what each of them costs."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.config import Flags, load_settings
from agentic_flow.core.events import Finished, RunFinished, TextDelta
from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType
from agentic_flow.core.values import Candidate, Check, Decision, RunResult, StopReason, Target, Task, Usage
from agentic_flow.providers.scripted import ScriptedProvider
from agentic_flow.routing import climb
from agentic_flow.runner import run
from agentic_flow.wiring import RunOptions, wire

WEAK, STRONG = Target("scripted", "weak"), Target("scripted", "strong")


def answers(*codes: str) -> ScriptedProvider:
    return ScriptedProvider(*map(answer, codes))


def answer(code: str) -> tuple[TextDelta, Finished]:
    return TextDelta(f"sums.py\n```python\n{code}\n```\n"), Finished(Usage(100, 10), StopReason.END)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "out"


def climbing(
    folder: Path, difficulty: float, models: dict[Target, ScriptedProvider], most: int = 3
) -> RunResult:
    """Run a task that a check judges, over a weak model and one of three times its price."""
    task = Task("Create sums.py", "coder", checks=("right",), max_attempts=most)
    prices = {WEAK: Decimal("0.01"), STRONG: Decimal("0.03")}
    candidates = tuple(
        Candidate(target, None, prices[target], strength=strength)
        for target, strength in ((WEAK, 0.74), (STRONG, 0.9))
    )
    profile = TaskProfile(40, 60, 300, TaskType.CODING, Complexity.MEDIUM, difficulty)
    deps = replace(
        wire(load_settings(Flags()), task, RunOptions(folder)),
        choose=lambda _task, _template: Decision(WEAK, "", profile=profile, candidates=candidates),
        stronger=lambda _task, _template, decision: climb(decision),
        provider=models.__getitem__,
        verify=lambda command, _left: check(command, (folder / "sums.py").read_text()),
        price=lambda target, _usage: prices[target],
    )
    *_, last = run(task, deps)
    assert isinstance(last, RunFinished)
    return last.result


def check(command: str, text: str) -> Check:
    """Let pass what says that it is right; else find fault with the very words."""
    return Check(command, 0 if "right" in text else 1, text, 1)


def tried(result: RunResult) -> list[str]:
    return [attempt.model for attempt in result.attempts]


def test_an_ordinary_task_is_repaired_before_it_goes_to_who_costs_three_times_as_much(folder: Path) -> None:
    result = climbing(folder, 0.7, {WEAK: answers("wrong = 1", "right = 2"), STRONG: answers("right = 3")})
    assert (result.status, tried(result), result.cost_usd) == ("ok", ["weak", "weak"], Decimal("0.02"))


def test_a_second_failure_is_one_too_many_while_a_stronger_model_is_left(folder: Path) -> None:
    weak = answers("wrong = 1", "wrong = 2", "right = 3")
    result = climbing(folder, 0.7, {WEAK: weak, STRONG: answers("right = 4")}, most=9)
    assert (result.status, tried(result)) == ("ok", ["weak", "weak", "strong"])


def test_a_task_that_the_first_hardly_repairs_goes_up_at_once(folder: Path) -> None:
    weak = answers("wrong = 1", "right = 2")
    result = climbing(folder, 0.95, {WEAK: weak, STRONG: answers("right = 3")})
    assert (result.status, tried(result)) == ("ok", ["weak", "strong"])


def test_the_last_one_has_as_many_attempts_as_there_are(folder: Path) -> None:
    strong = answers("wrong = 2", "wrong = 3", "wrong = 4", "right = 5")
    result = climbing(folder, 0.95, {WEAK: answers("wrong = 1"), STRONG: strong}, most=4)
    assert (result.status, tried(result)) == ("ok", ["weak", *["strong"] * 4])
