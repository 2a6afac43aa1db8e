"""A run that somebody ends from outside: a signal, a terminal that is gone, a stdout that nobody reads."""

import json
import signal
import subprocess
import sys

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


MAKES_CLASS = """
import signal, sys, time

class Late:
    def __set_name__(self, owner, name):
        signal.raise_signal(signal.SIGINT)

def make():
    class Owner:
        field = Late()
    time.sleep(60)
"""


BEFORE_A_COMMAND = """
import agentic_flow.__main__ as program

program._run = lambda _: make()
program.main()
"""

IN_A_COMMAND = """
import typer
from agentic_flow.cli.console import reported
from agentic_flow.cli.signals import interruptible

try:
    with reported(), interruptible():
        make()
except typer.Exit as left:
    sys.exit(left.exit_code)
"""


@pytest.mark.parametrize("code", [BEFORE_A_COMMAND, IN_A_COMMAND], ids=["before-a-command", "in-a-command"])
def test_ctrl_c_while_a_class_is_made_is_no_bug(flow: Flow, code: str) -> None:
    """Python 3.11 makes a failure of the class of whatever is raised then."""
    done = subprocess.run(
        [sys.executable, "-c", MAKES_CLASS + code],
        cwd=flow.cwd,
        env=flow.env,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (done.returncode, "Traceback" in done.stderr, "bug" in done.stderr) == (130, False, False)
