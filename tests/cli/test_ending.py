"""A run that somebody ends from outside: a signal, a terminal that is gone, a stdout that nobody reads."""

import json
import signal
import subprocess

import pytest

from tests.program import Flow

HELLO = "hello.py\n```python\nprint('hello')\n```\n"
DONE = {"finish": "end", "input_tokens": 7, "output_tokens": 9}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_keeps_what_was_said_and_writes_no_file(
    flow: Flow, number: signal.Signals, code: int
) -> None:
    model = flow.script("slow", {"text": HELLO}, {"wait": 60}, DONE)
    process = flow.start(
        *("-a", "coder", "-m", model, "-t", "x", "--no-stdin", "--output-format", "stream-json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(4)]
    assert json.loads(lines[-1])["event"] == "text.delta"

    process.send_signal(number)
    rest, _ = process.communicate(timeout=30)

    last = json.loads(rest.splitlines()[-1])
    assert process.returncode == code
    assert (last["status"], last["exit_code"], last["text"]) == ("interrupted", code, HELLO)
    assert not (flow.cwd / "hello.py").exists()


def test_a_run_under_nohup_outlives_its_terminal(flow: Flow) -> None:
    model = flow.script("slow", {"text": HELLO}, {"wait": 1}, DONE)
    words = flow.command(
        ("-a", "coder", "-m", model, "-t", "x", "--no-stdin", "--output-format", "stream-json")
    )
    process = subprocess.Popen(
        ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *words],
        cwd=flow.cwd,
        env=flow.env,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    for _ in range(4):
        process.stdout.readline()

    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=30)

    assert process.returncode == 0
    assert (flow.cwd / "hello.py").exists()


def test_a_closed_stdout_ends_quietly_and_the_files_are_still_written(flow: Flow) -> None:
    model = flow.script("long", {"text": HELLO}, {"wait": 0.5}, {"text": "x" * 200_000}, {"text": "y"}, DONE)
    process = flow.start(
        *("-a", "coder", "-m", model, "-t", "x", "--no-stdin"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    talk = process.stderr.read().decode()
    process.stderr.close()

    assert process.wait(timeout=30) == 0
    assert "Traceback" not in talk
    assert "BrokenPipe" not in talk
    assert (flow.cwd / "hello.py").exists()


def test_a_closed_stdout_hangs_up_on_an_answer_that_is_only_text(flow: Flow) -> None:
    model = flow.script(
        "endless", {"text": "one\n"}, {"wait": 0.5}, {"text": "z" * 200_000}, {"wait": 600}, DONE
    )
    process = flow.start(
        *("-a", "reviewer", "-m", model, "-t", "x", "--no-stdin", "--quiet"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()

    assert process.wait(timeout=30) == 0
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
