"""What comes on stdin: the task, or what follows it."""

import json
import os
import subprocess
import time

import pytest

from tests.program import Flow

DONE = {"finish": "end", "input_tokens": 7, "output_tokens": 9}


def spoken_prompt(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a model that repeats its prompt was asked."""
    return str(json.loads(done.stdout)["text"])


ECHO = ("-a", "reviewer", "-m", "scripted/echo.jsonl", "--output-format", "json")


@pytest.fixture(autouse=True)
def _echo(flow: Flow) -> None:
    flow.script("echo", {"echo": True}, DONE)


def test_a_pipe_beside_the_task_follows_it_in_a_block(flow: Flow) -> None:
    said = spoken_prompt(flow(*ECHO, "-t", "Explain", stdin="line 1\nline 2\n"))
    assert said.endswith("Explain\n\n<stdin>\nline 1\nline 2\n</stdin>")


def test_a_pipe_alone_is_the_task(flow: Flow) -> None:
    assert spoken_prompt(flow(*ECHO, stdin="Explain this\n")).endswith("Explain this")


@pytest.mark.parametrize("dash", [["-t", "-"], ["-"]])
def test_a_dash_reads_the_task_from_stdin(flow: Flow, dash: list[str]) -> None:
    assert spoken_prompt(flow(*ECHO, *dash, stdin="Explain that\n")).endswith("Explain that")


def test_a_regular_file_is_read_to_its_end(flow: Flow) -> None:
    big = flow.cwd / "big.txt"
    big.write_text("word " * 100_000)
    with big.open() as stdin:
        process = flow.start(
            *ECHO, "-t", "Count", stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, _ = process.communicate(timeout=60)
    assert json.loads(out)["text"].count("word") == 100_000


def test_a_silent_pipe_is_given_up_and_stderr_says_so(flow: Flow) -> None:
    read, write = os.pipe()
    process = flow.start(*ECHO, "-t", "Explain", stdin=read, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(read)
    out, talk = process.communicate(timeout=60)
    os.close(write)
    assert process.returncode == 0
    assert json.loads(out)["text"].endswith("Explain")
    assert "nothing came on stdin" in talk.decode()


def test_a_slow_pipe_is_read_to_its_end_once_it_began(flow: Flow) -> None:
    process = flow.start(
        *ECHO, "-t", "Explain", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None
    process.stdin.write(b"first ")
    process.stdin.flush()
    time.sleep(3)
    out, _ = process.communicate(b"last", timeout=60)
    assert "first last" in json.loads(out)["text"]


def test_stdin_that_is_not_text_is_a_usage_error(flow: Flow) -> None:
    process = flow.start(
        *ECHO, "-t", "x", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    out, _ = process.communicate(b"\xff\xfe\x00", timeout=60)
    assert json.loads(out)["exit_code"] == 2


@pytest.mark.parametrize("arguments", [["-t", "-"], ["-t", "x"]])
def test_stdin_without_an_end_is_a_usage_error(flow: Flow, arguments: list[str]) -> None:
    with subprocess.Popen(["cat", "/dev/zero"], stdout=subprocess.PIPE) as endless:
        process = flow.start(
            *ECHO, *arguments, stdin=endless.stdout, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert endless.stdout is not None
        endless.stdout.close()
        _, talk = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "stdin is larger than 4 MB; give a part of it" in talk.decode()
