"""The one-task form on real weights (SmolLM2-135M), in this process's machine and nowhere else."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.program import Flow

pytestmark = pytest.mark.weights
MODEL = "smollm2-135m"


@pytest.fixture
def ask(flow: Flow, smollm2: Path) -> tuple[Flow, list[str]]:
    """Return the program and arguments that ask the small model for words."""
    return flow, [
        *("--agent", "reviewer", "--model", f"onnx/{MODEL}", "--models-dir", str(smollm2.parent)),
        *("--no-stdin", "--temperature", "0"),
    ]


def test_a_local_model_answers_and_costs_nothing(ask: tuple[Flow, list[str]]) -> None:
    flow, arguments = ask
    done = flow(*arguments, "--task", "Say hello.", "--max-tokens", "200", "--output-format", "json")

    result = json.loads(done.stdout)
    assert result["exit_code"] in (0, 7)  # 7: it had more to say than 200 tokens
    assert (result["provider"], result["model"], result["cost_usd"]) == ("onnx", MODEL, 0)
    assert result["usage"]["output_tokens"] > 0
    assert result["usage"]["input_tokens"] > 20
    assert result["text"]


def test_a_file_without_a_name_is_called_after_what_it_holds_and_found_again(
    ask: tuple[Flow, list[str]],
) -> None:
    """The name is said for a local model; a recording of its answer serves whoever names no model."""
    flow, arguments = ask
    task = ["--task", "Write a Python function add(a, b)", "-o", "out", "--overwrite"]
    asked = ["-a", "coder", *arguments[2:], *task, "--max-tokens", "200", "--no-syntax-check"]
    first = flow(*asked, "--record", "answers")
    assert first.stdout.startswith("add.py\n```python\n")

    asked.remove("--model")
    asked.remove(f"onnx/{MODEL}")
    again = flow(*asked, "--replay", "answers")
    assert (again.stdout, again.returncode) == (first.stdout, first.returncode)


def test_greedy_answers_are_the_same_twice_and_stream_as_they_come(ask: tuple[Flow, list[str]]) -> None:
    flow, arguments = ask
    arguments = [*arguments, "--task", "Count to ten.", "--max-tokens", "24"]
    text = flow(*arguments).stdout
    events = [
        json.loads(line) for line in flow(*arguments, "--output-format", "stream-json").stdout.splitlines()
    ]
    pieces = [event["text"] for event in events if event["event"] == "text.delta"]

    assert len(pieces) > 5
    assert "".join(pieces) == text


def test_an_answer_cut_at_the_limit_is_not_success(ask: tuple[Flow, list[str]]) -> None:
    flow, arguments = ask
    done = flow(*arguments, "--task", "Write a long story about a ship.", "--max-tokens", "8")
    assert done.returncode == 7
    assert "--max-tokens" in done.stderr


def test_a_prompt_that_does_not_fit_is_refused_before_it_is_asked(ask: tuple[Flow, list[str]]) -> None:
    flow, arguments = ask
    done = flow(*arguments, "--task", "word " * 20_000, "--output-format", "json")

    result = json.loads(done.stdout)
    assert (result["exit_code"], result["text"]) == (7, "")
    assert "tokens" in result["error"]


def test_ctrl_c_stops_generation_and_keeps_what_was_said(ask: tuple[Flow, list[str]]) -> None:
    flow, arguments = ask
    process = flow.start(
        *(*arguments, "--task", "Write a long story about a ship.", "--max-tokens", "2000"),
        *("--output-format", "stream-json"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    while json.loads(process.stdout.readline())["event"] != "text.delta":
        pass
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)

    last = json.loads(rest.splitlines()[-1])
    assert (process.returncode, last["status"]) == (130, "interrupted")
    assert last["text"]


def test_a_time_limit_ends_the_run_with_its_own_code(ask: tuple[Flow, list[str]]) -> None:
    flow, arguments = ask
    done = flow(*arguments, "--task", "Write a long story.", "--max-tokens", "4000", "--timeout", "1.5")
    assert done.returncode == 6


def test_a_local_run_loads_no_http_client(ask: tuple[Flow, list[str]]) -> None:
    flow, arguments = ask
    code = (
        "import sys; from agentic_flow.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('httpx', 'httpx2', 'httpcore', 'huggingface_hub', 'onnx', 'gguf')\n"
        "print(sorted(name for name in heavy if name in sys.modules))"
    )
    command = [flow.command(())[0], "-c", code, *arguments, "--task", "Hi", "--max-tokens", "2", "--quiet"]
    done = subprocess.run(command, cwd=flow.cwd, env=flow.env, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1].endswith("[]"), done.stderr
