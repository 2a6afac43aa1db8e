"""Whole runs over models that fail: when the next one takes over, what each costs, when words are drawn."""

from collections.abc import Generator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.config import Flags, load_settings
from agentic_flow.core.errors import ProviderUnavailable
from agentic_flow.core.events import Finished, ProviderEvent, RunFinished, TextDelta
from agentic_flow.core.ports import Provider
from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType
from agentic_flow.core.values import (
    Candidate,
    Check,
    Decision,
    Prompt,
    RunResult,
    StopReason,
    Target,
    Task,
    Usage,
)
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


def climbing(folder: Path, difficulty: float, models: Mapping[Target, Provider], most: int = 3) -> RunResult:
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
        require_tools=lambda _checks: None,
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


def test_who_takes_over_is_told_of_the_last_answer_not_of_who_gave_none(folder: Path) -> None:
    """Such as where a recorded run handed over sooner: its answers are found again."""
    weak = ScriptedProvider(answer("wrong = 1"), [ProviderUnavailable("nobody there")])
    strong = Heard("right = 3")
    result = climbing(folder, 0.7, {WEAK: weak, STRONG: strong})
    assert (result.status, tried(result)) == ("ok", ["weak", "weak", "strong"])
    asked = strong.prompts[0].messages[-1].text
    assert "wrong = 1" in asked
    assert "nobody" not in asked


class Heard:
    """A local model that answers wrongly until its last answer, and the prompts it had."""

    def __init__(self, *codes: str) -> None:
        self.prompts: list[Prompt] = []
        self._scripted = answers(*codes)

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Note the prompt, and play what is next."""
        self.prompts.append(prompt)
        return self._scripted.stream(prompt)


def alone(folder: Path, model: Heard, price: str = "0", **said: Any) -> RunResult:
    """Run a task by one local model that nobody is behind."""
    target = Target("onnx", "small")
    task = Task("Create sums.py", "coder", checks=("right",), **said)
    deps = replace(
        wire(load_settings(Flags()), task, RunOptions(folder)),
        choose=lambda _task, _template: Decision(target, ""),
        stronger=lambda _task, _template, _decision: (),
        provider=lambda _target: model,
        require_tools=lambda _checks: None,
        verify=lambda command, _left: check(command, (folder / "sums.py").read_text()),
        price=lambda _target, _usage: Decimal(price),
    )
    *_, last = run(task, deps)
    assert isinstance(last, RunFinished)
    return last.result


def drawn(model: Heard) -> list[tuple[float | None, int | None]]:
    return [(prompt.sampling.temperature, prompt.sampling.seed) for prompt in model.prompts]


def test_a_local_model_s_words_are_drawn_when_the_likeliest_have_failed_twice(folder: Path) -> None:
    model = Heard("wrong = 1", "wrong = 1", "wrong = 1", "wrong = 2", "right = 3")
    assert alone(folder, model, max_attempts=8).status == "ok"
    assert drawn(model) == [(0, None), (0, None), (0.7, 2), (0.7, 3), (0.7, 4)]

    again = Heard("wrong = 1", "wrong = 2", "right = 3")
    assert alone(folder / "again", again, seed=40).status == "ok"
    assert drawn(again) == [(0, 40), (0, 40), (0.7, 42)]


def test_words_are_drawn_for_the_first_failure_where_the_files_of_later_ones_are_out_of_sight(
    folder: Path,
) -> None:
    model = Heard("wrong = 1", "wrong = 2", "wrong = 3", "right = 4")
    assert alone(folder, model, max_attempts=4).status == "ok"
    told = [prompt.messages[-1].text for prompt in model.prompts[1:]]
    assert ["wrong = 1" in words for words in told] == [True, True, True]
    assert not any("wrong = 2" in words or "wrong = 3" in words for words in told)


def test_an_answer_without_files_is_no_failure_to_draw_for(folder: Path) -> None:
    model = Heard("# ... rest of the code unchanged ...", "wrong = 1", "right = 2")
    assert alone(folder, model).status == "ok"
    assert "wrong = 1" in model.prompts[2].messages[-1].text
    assert "left out" not in model.prompts[2].messages[-1].text


@pytest.mark.parametrize(("said", "most"), [({}, 3), ({"max_attempts": 2}, 2), ({"max_attempts": 8}, 8)])
def test_no_more_answers_are_drawn_than_there_are_attempts(
    folder: Path, said: dict[str, Any], most: int
) -> None:
    model = Heard("wrong = 1")
    assert (alone(folder, model, **said).status, len(model.prompts)) == ("check", most)


def test_nothing_is_drawn_where_it_costs_money_or_somebody_named_a_temperature(folder: Path) -> None:
    for name, said in (("dear", {"price": "0.01"}), ("named", {"temperature": 0.0})):
        model = Heard("wrong = 1")
        assert (alone(folder / name, model, **said).status, len(model.prompts)) == ("check", 2)
