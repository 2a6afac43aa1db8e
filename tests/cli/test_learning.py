"""`route feedback`, `route train` and `models recommend`: what the person's own runs and wishes say."""

import json
from pathlib import Path

import pytest

from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType
from agentic_flow.core.remembered import Feedback, RememberedRun
from agentic_flow.core.values import Attempt, Decision, RunResult, Target, Usage
from agentic_flow.ledger import Ledger
from tests.program import Flow

PROFILE = TaskProfile(20, 100, 100, TaskType.CODING, Complexity.LOW, 0.1)
MODEL = "qwen2.5-coder-0.5b"


def data_folder(flow: Flow) -> Path:
    """Return where the program keeps the person's data, as it says itself."""
    assert flow("route", "--task", "write hello world").returncode == 0
    model = flow.script("any", {"text": "a"}, {"finish": "end", "input_tokens": 1, "output_tokens": 1})
    assert flow("-a", "coder", "-m", model, "-t", "hi", "--no-files", "--no-stdin").returncode == 0
    (ledger,) = Path(flow.env["HOME"]).rglob("ledger.sqlite3")
    return ledger.parent


def remember(folder: Path, number: int, task: str, *, good: bool, difficulty: float = 0.1) -> None:
    run_id = f"20261125-12{number:04}-000000-aaaaaa"
    attempt = Attempt("onnx", MODEL, "ok", "2026-11-25T12:00:00Z", 2_000, Usage(10, 400))
    profile = TaskProfile(20, 100, 100, TaskType.CODING, Complexity.LOW, difficulty)
    ledger = Ledger(folder)
    ledger.remember(
        RememberedRun(
            result=RunResult(
                run_id=run_id,
                status="ok",
                exit_code=0,
                agent="coder",
                provider="onnx",
                model=MODEL,
                decision=Decision(Target("onnx", MODEL), "because", profile=profile),
                attempts=(attempt,),
                text="",
                usage=Usage(10, 400),
            ),
            started="2026-11-25T12:00:00.000Z",
            project="/p",
            output_dir="/p",
            task=task,
            feedback=Feedback.GOOD if good else Feedback.BAD,
        )
    )
    ledger.close()


def test_feedback_is_kept_with_the_run(flow: Flow) -> None:
    folder = data_folder(flow)
    remember(folder, 1, "write a csv reader", good=True)

    done = flow("route", "feedback", "20261125-120001", "bad")

    assert done.returncode == 0, done.stderr
    shown = flow("history", "show", "20261125-120001", "--json")
    assert json.loads(shown.stdout)["feedback"] == "bad"
    assert flow("route", "feedback", "1999", "good").returncode == 2
    assert flow("route", "feedback", "20261125-120001", "splendid").returncode == 2


def test_training_finds_what_goes_wrong_and_the_router_heeds_it(flow: Flow) -> None:
    folder = data_folder(flow)
    for number in range(120):
        subject = ("terraform", "csv", "regex", "flask")[number % 4]
        remember(folder, number, f"make a {subject} tool, no. {number}", good=subject != "terraform")

    def difficulty() -> float:
        said = flow("route", "--task", "make a terraform tool", "--json")
        return float(json.loads(said.stdout)["profile"]["difficulty"])

    before = difficulty()
    done = flow("route", "train")

    assert done.returncode == 0, done.stderr
    assert "120 outcomes, 30 of them failures" in done.stdout
    assert "harder than they seemed, tasks with: terraform" in done.stdout
    assert difficulty() > before + 0.2
    again = flow("route", "train", "--json")
    assert json.loads(again.stdout)["replaced"] is False

    (folder / "router-weights.json").write_text("{]")
    said = flow("route", "--task", "make a terraform tool", "--json")
    assert json.loads(said.stdout)["profile"]["difficulty"] == before
    assert "your own routing weights are not used" in said.stderr


def test_training_on_nothing_says_what_it_takes(flow: Flow) -> None:
    done = flow("route", "train")
    assert done.returncode == 0
    assert "0 outcomes, 0 of them failures, are too few: it takes 40" in done.stdout


def test_own_medians_stand_for_the_guess_of_the_table(flow: Flow) -> None:
    folder = data_folder(flow)
    for number in range(3):
        remember(folder, number, "make a tool", good=True)

    said = json.loads(flow("route", "--task", "write hello world", "--json").stdout)

    mine = next(each for each in said["candidates"] if each["model"] == MODEL)
    assert mine["latency_s"] == pytest.approx(said["profile"]["expected_output_tokens"] / 200, abs=0.1)


def test_route_without_a_task_says_how(flow: Flow) -> None:
    done = flow("route")
    assert (done.returncode, done.stdout) == (2, "")
    assert "route --task" in done.stderr


@pytest.mark.parametrize("purpose", ["coding", "fast", "reasoning", "long-context"])
def test_models_are_recommended_with_price_window_and_why(flow: Flow, purpose: str) -> None:
    keys = {"ANTHROPIC_API_KEY": "k", "OPENROUTER_API_KEY": "k"}

    done = flow("models", "recommend", "--for", purpose, "--json", **keys)

    assert done.returncode == 0, done.stderr
    models = json.loads(done.stdout)
    best = models[0]
    assert best["obstacle"] is None
    assert "too" not in best["why"]
    costs = [each["cost_usd"] for each in models if each["obstacle"] is None and "too" not in each["why"]]
    if purpose == "fast":
        assert best["latency_s"] == min(each["latency_s"] for each in models if each["obstacle"] is None)
    else:
        assert costs == sorted(costs)
    table = flow("models", "recommend", "--for", purpose, **keys).stdout
    assert table.startswith("MODEL")
    assert f"{best['provider']}/{best['model']}" in table.splitlines()[1]
