"""`benchmark providers`: the same tasks through each model; money only with a limit."""

import json
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.browser import browse
from tests.program import Flow

DONE = {"finish": "end", "input_tokens": 50, "output_tokens": 20}
TASK = {"agent": "coder", "task": "Create hello.py", "check": "grep -q hello hello.py"}


@pytest.fixture
def models(flow: Flow) -> str:
    """Return two models: one whose file passes, one whose file does not."""
    (flow.cwd / "tasks.jsonl").write_text(json.dumps(TASK) + "\n")
    good = flow.script("good", {"text": "hello.py\n```python\nprint('hello')\n```\n"}, DONE)
    bad = flow.script("bad", {"text": "hello.py\n```python\nprint('bye')\n```\n"}, DONE)
    return f"{good},{bad}"


def test_each_model_is_measured_and_nothing_is_left(flow: Flow, models: str) -> None:
    arguments = ("benchmark", "providers", "--models", models, "--tasks", "tasks.jsonl", "--repeat", "2")
    good, bad = json.loads(flow(*arguments, "--json").stdout)

    assert (good["runs"], good["passed"], bad["passed"]) == (2, 2, 0)
    assert good["cost_usd"] == 0
    assert good["seconds"]["least"] <= good["seconds"]["median"] <= good["seconds"]["most"]
    assert (good["unbeaten"], bad["unbeaten"]) == (True, False)
    assert "check" in bad["failures"][0]
    assert not (flow.cwd / "hello.py").exists()
    assert "nothing to take back" in flow("history", "undo").stderr


def test_the_page_plots_what_nothing_beats(flow: Flow, models: str, tmp_path: Path) -> None:
    done = flow(
        "benchmark", "providers", "--models", models, "--tasks", "tasks.jsonl", "--html", "measured.html"
    )
    assert done.returncode == 0
    assert "2 of" not in done.stdout

    picture = tmp_path / "measured.png"
    dom = browse(flow.cwd / "measured.html", tmp_path / "profile", f"--screenshot={picture}")

    assert "Quality against cost</h2>" in dom
    assert "Beaten by none: scripted/" in dom
    assert dom.count('role="img"') == 2
    assert not re.search(r"NaN|Infinity", dom)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--models", "anthropic/fast"), "cost money: say how much with --max-cost"),
        (("--tasks", "nowhere.jsonl", "--models", "onnx/default"), "--tasks nowhere.jsonl: cannot be read"),
        (("--json", "--html", "a.html"), "ask for one of them"),
        ((), "no configured model can serve now"),
        (("--models", ""), "--models is empty"),
        (("--models", "onnx/default", "--models", " ,"), "--models is empty"),
        (("--models", "onnx/default", "--tasks", "blank.jsonl"), "--tasks blank.jsonl: it holds no task"),
        (("--models", "onnx/default", "--html", "blank.jsonl"), "no page of agentic-flow; --overwrite"),
    ],
)
def test_what_cannot_be_measured_is_said_before_anything_runs(
    flow: Flow, arguments: tuple[str, ...], words: str
) -> None:
    (flow.cwd / "blank.jsonl").write_text("\n")
    done = flow("benchmark", "providers", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_page_that_cannot_be_written_is_refused_before_anything_runs(flow: Flow, models: str) -> None:
    done = flow("benchmark", "providers", "--models", models, "--html", "nowhere/page.html")
    assert done.returncode == 8
    assert done.stderr == (
        "agentic-flow: output: --html nowhere/page.html: cannot be written (there is no folder nowhere)\n"
    )


def test_where_no_model_answered_the_exit_code_says_why(flow: Flow) -> None:
    arguments = ("benchmark", "providers", "--models", "anthropic/opus", "--max-cost", "0")
    done = flow(*arguments, ANTHROPIC_API_KEY="sk-a-key")
    assert done.returncode == 6
    assert done.stderr.splitlines()[-1].startswith("agentic-flow: budget: nothing was measured")

    done = flow("benchmark", "providers", "--models", "onnx/default", "--models-dir", "empty")
    assert done.returncode == 10


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_all_of_it_and_makes_no_table(flow: Flow, number: signal.Signals, code: int) -> None:
    begun = flow.cwd / "begun"
    task = {"agent": "coder", "task": "Create hello.py", "check": f"touch {begun}; sleep 3"}
    (flow.cwd / "tasks.jsonl").write_text(json.dumps(task) + "\n")
    slow = flow.script("slow", {"text": "hello.py\n```python\nprint('hello')\n```\n"}, DONE)
    process = flow.start(
        *("benchmark", "providers", "--models", slow, "--tasks", "tasks.jsonl", "--repeat", "2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    while not begun.exists() and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(number)
    table, said = process.communicate(timeout=60)

    assert process.returncode == code
    assert table == b""
    assert b"2 of 2" not in said
    assert b"\nagentic-flow: interrupted: stopped by " in said


def test_a_check_that_fails_is_told_without_files_that_are_gone(flow: Flow) -> None:
    wrong = flow.script("wrong", {"text": "a.py\n```\nx = 1\n```\n"}, {"finish": "end"})
    task = {"task": "Create a.py", "agent": "coder", "check": "false"}
    (flow.cwd / "one.jsonl").write_text(json.dumps(task), encoding="utf-8")

    done = flow("benchmark", "providers", "--models", wrong, "--tasks", "one.jsonl")

    assert f"{wrong}: check: 'false' ended with status 1\n" in done.stderr
    assert "history undo" not in done.stderr


def test_the_shipped_tasks_are_given_where_none_are_named(flow: Flow) -> None:
    model = flow.script("answers", {"text": "no file"}, DONE)
    done = flow("benchmark", "providers", "--models", model, "--json")
    assert done.returncode == 0, done.stderr
    (measured,) = json.loads(done.stdout)
    assert measured["runs"] >= 5
    assert measured["passed"] == 0


def test_the_shipped_tasks_can_tell_right_from_wrong() -> None:
    """Each check fails in an empty folder, and not because it cannot be run."""
    path = Path(__file__).resolve().parents[2] / "benchmarks/providers.jsonl"
    tasks = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(tasks) == len({task["id"] for task in tasks}) >= 5
    for task in tasks:
        with tempfile.TemporaryDirectory() as empty:
            done = subprocess.run(  # noqa: S602  (the check as a run would start it)
                task["check"], shell=True, cwd=empty, capture_output=True, check=False, timeout=30
            )
        assert done.returncode == 1, (task["id"], done.stderr)
        assert b"SyntaxError" not in done.stderr, task["id"]
