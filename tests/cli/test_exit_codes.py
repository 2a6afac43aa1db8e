"""How a run ends: each outcome has its exit code."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.program import Flow

HELLO = "hello.py\n```python\nprint('hello')\n```\n"
DONE = {"finish": "end", "input_tokens": 7, "output_tokens": 9}


def run_script(
    flow: Flow, *lines: dict[str, object], more: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the coder on a model that says `lines`."""
    return flow(
        "-a", "coder", "-m", flow.script("model", *lines), "-t", "Create hello.py", "--no-stdin", *more
    )


def test_exit_1_for_a_bug_with_the_traceback_in_a_log(flow: Flow) -> None:
    done = run_script(flow, {"bug": "the script says so"})

    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("agentic-flow: internal:")
    log = Path(last.rsplit(" ", 1)[-1])
    assert "the script says so" in log.read_text()
    assert "Traceback" not in done.stderr
    log.unlink()


def test_a_bug_still_gives_a_script_its_object(flow: Flow) -> None:
    done = run_script(flow, {"bug": "boom"}, more=("--output-format", "json"))
    assert json.loads(done.stdout)["exit_code"] == done.returncode == 1
    Path(done.stderr.splitlines()[-1].rsplit(" ", 1)[-1]).unlink()


@pytest.mark.parametrize(
    "arguments",
    [["--task", ""], ["--task", "  \n"], [], ["--no-such-option"], ["-t", "x", "--max-tokens", "0"]],
)
def test_exit_2_for_wrong_arguments(flow: Flow, arguments: list[str]) -> None:
    done = flow("--agent", "coder", *arguments)
    assert done.returncode == 2
    assert done.stderr.strip()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--agent", "codr", "--model", "onnx/default"],
        ["--agent", "coder", "--model", "onnx/no-such-model"],
        ["--agent", "coder", "--model", "nowhere/gpt"],
        ["--agent", "coder", "--config", "broken.json"],
    ],
)
def test_exit_3_for_what_the_configuration_does_not_know(flow: Flow, arguments: list[str]) -> None:
    (flow.cwd / "broken.json").write_text('{"provders": {}}')
    assert flow(*arguments, "-t", "x", "--no-stdin").returncode == 3


@pytest.mark.parametrize(
    "lines",
    [
        [{"text": HELLO}],
        [{"text": HELLO}, {"finish": "max_tokens"}],
        [{"text": HELLO}, {"finish": "refusal"}],
        [{"text": "  \n"}, DONE],
        [DONE],
        [],
    ],
    ids=["no marker", "cut at the limit", "refused", "blank", "empty", "nothing"],
)
def test_exit_7_for_an_answer_that_is_not_complete_and_no_file(
    flow: Flow, lines: list[dict[str, object]]
) -> None:
    done = run_script(flow, *lines)
    assert done.returncode == 7
    assert not (flow.cwd / "hello.py").exists()


def test_exit_8_when_files_were_wanted_and_none_came(flow: Flow) -> None:
    assert run_script(flow, {"text": "Sure, I can do that."}, DONE).returncode == 8


@pytest.mark.parametrize("path", ["../evil.py", "/evil.py", ".git/hooks/pre-commit", "a/../../evil.py"])
def test_exit_8_for_a_path_that_leads_elsewhere(flow: Flow, path: str) -> None:
    done = run_script(flow, {"text": f"{path}\n```\nx = 1\n```\n"}, DONE)
    assert done.returncode == 8
    assert "refused" in done.stderr
    assert not (flow.cwd.parent / "evil.py").exists()


def test_exit_9_when_a_check_fails_with_what_it_said(flow: Flow) -> None:
    done = run_script(
        flow, {"text": HELLO}, DONE, more=("--check", "python3 hello.py && echo no >&2 && exit 5")
    )

    assert done.returncode == 9
    assert "failed with status 5" in done.stderr
    assert "no" in done.stderr
    assert (flow.cwd / "hello.py").exists()


def test_checks_run_on_text_answers_too(flow: Flow) -> None:
    assert run_script(flow, {"text": "words"}, DONE, more=("--no-files", "--check", "false")).returncode == 9


def test_the_time_limit_bounds_the_checks(flow: Flow) -> None:
    done = run_script(flow, {"text": HELLO}, DONE, more=("--timeout", "2", "--check", "sleep 60"))
    assert done.returncode in (6, 9)  # 6: on a slow machine the time is up before the check begins
    assert "passed" not in done.stderr


@pytest.mark.parametrize("option", ["--model", "--agent", "--check"])
def test_an_empty_option_is_a_variable_nobody_set(flow: Flow, option: str) -> None:
    assert flow("-t", "x", "--no-stdin", option, "").returncode == 2


def test_a_pipe_is_no_context_file(flow: Flow) -> None:
    os.mkfifo(flow.cwd / "pipe")
    assert flow("-t", "x", "--no-stdin", "-c", "pipe").returncode == 2


def test_exit_10_names_the_command_that_downloads_the_model(flow: Flow) -> None:
    done = flow("-a", "coder", "-m", "onnx/default", "-t", "x", "--no-stdin", "--models-dir", "empty")
    assert done.returncode == 10
    assert "agentic-flow download-model qwen2.5-coder-0.5b" in done.stderr
