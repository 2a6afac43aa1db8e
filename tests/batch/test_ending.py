"""A batch that is stopped, or has nobody to tell: what is done is kept, and nothing is lost in silence."""

import json
import os
import shlex
import signal
import subprocess
import time
from collections import Counter

import pytest

from tests.batch.conftest import DONE, SAID, read, wait_for, write
from tests.program import Flow


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_what_runs_and_keeps_what_is_done_and_so_do_some_at_once(
    flow: Flow, echo: str, slow: str, number: signal.Signals, times: int
) -> None:
    tasks = write(
        flow,
        *({"id": f"q{n}", "task": "x", "model": echo} for n in range(3)),
        *({"id": f"s{n}", "task": "x", "model": slow} for n in range(20)),
    )
    process = flow.start("batch", tasks, *SAID, "--results", "r.jsonl", "--jobs", "4", stderr=subprocess.PIPE)
    wait_for(flow.cwd / "r.jsonl", 3)
    time.sleep(0.5)
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.01)
    _, said = process.communicate(timeout=30)

    ended_by_itself, at_its_very_end = 128 + number, -number  # a shell calls both by the same number
    assert process.returncode in ((ended_by_itself,) if times == 1 else (ended_by_itself, at_its_very_end))
    results = read(flow)
    assert Counter(result["status"] for result in results) == {"ok": 3, "interrupted": 4}
    assert {result["text"] for result in results if result["status"] == "interrupted"} == {"Well,"}
    assert b"16 not begun" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_going_on_that_is_stopped_loses_no_line_of_what_it_had_not_done_again(
    flow: Flow, echo: str, slow: str, number: signal.Signals
) -> None:
    """After a kill the old line of a task may stand before its new one; in the end each has one."""
    models = {"a": echo, "b": slow, "c": echo}
    write(flow, *({"id": n, "task": "x", "model": model, "context": "c"} for n, model in models.items()))
    command = ("batch", "tasks.jsonl", *SAID, "--results", "r.jsonl", "--jobs", "1")
    assert flow(*command).returncode == 2
    assert {result["id"]: result["status"] for result in read(flow)} == dict.fromkeys("abc", "usage")
    (flow.cwd / "c").touch()

    process = flow.start(*command, "--resume", stderr=subprocess.DEVNULL)
    wait_for(flow.cwd / "r.jsonl", 4)
    process.send_signal(number)
    process.wait(timeout=30)

    newest = {result["id"]: result["status"] for result in read(flow)}
    interrupted = "interrupted" if number is signal.SIGINT else "usage"
    assert newest == {"a": "ok", "b": interrupted, "c": "usage"}
    assert len(read(flow)) == (3 if number is signal.SIGINT else 4)
    flow.script("slow", {"echo": True}, DONE)
    assert flow(*command, "--resume").returncode == 0
    assert [(result["id"], result["status"]) for result in read(flow)] == [(name, "ok") for name in "abc"]


def test_a_signal_that_comes_again_later_does_not_wait_for_the_tidy_end(flow: Flow) -> None:
    long = flow.script("long", {"text": "x" * 1_000_000}, DONE)
    tasks = write(flow, {"task": "x", "model": long})
    process = flow.start("batch", tasks, *SAID, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0)
    assert process.stdout is not None
    assert process.stdout.read(1)  # the rest is not read, so there is no tidy end
    end = time.monotonic() + 30
    while process.poll() is None:
        assert time.monotonic() < end
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    process.stdout.close()

    assert process.returncode == -signal.SIGINT


SLOW_TO_START = """\
import pathlib, signal, time

def init(**_):
    pathlib.Path("starting").write_text("\\n")
    time.sleep(1.2)
    signal.signal(signal.SIGTERM, lambda *_: None)  # as Ray does

def get_runtime_context():
    pathlib.Path("started").write_text("\\n")
    time.sleep(60)

def shutdown():
    pass
"""


def test_a_signal_that_comes_again_after_ray_has_started_ends_it_too(flow: Flow, echo: str) -> None:
    """One stands in for Ray here that takes the handler away, and then hangs."""
    package = flow.cwd / "stands_in/ray"
    (package / "util").mkdir(parents=True)
    (package / "__init__.py").write_text(SLOW_TO_START)
    (package / "util/__init__.py").touch()
    (package / "util/scheduling_strategies.py").touch()
    flow.env["PYTHONPATH"] = f"{package.parent}{os.pathsep}{flow.env['PYTHONPATH']}"
    tasks = write(flow, {"task": "x", "model": echo})

    process = flow.start("batch", tasks, *SAID, "--engine", "ray", stderr=subprocess.DEVNULL)
    for moment in ("starting", "started"):
        wait_for(flow.cwd / moment, 1)
        process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=30) == -signal.SIGTERM


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_signal_cuts_no_result_short(flow: Flow, unbuffered: str) -> None:
    """One that comes while a pipe takes no more of it."""
    long = flow.script("long", {"text": "x" * 1_000_000}, DONE)
    process = subprocess.Popen(
        flow.command(["batch", write(flow, {"task": "x", "model": long}), *SAID]),
        cwd=flow.cwd,
        env=flow.env | {"PYTHONUNBUFFERED": unbuffered},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )
    assert process.stdout is not None
    first = process.stdout.read(1)
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    rest, _ = process.communicate(timeout=30)

    assert len(json.loads(first + rest)["text"]) == 1_000_000


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("- --results r.jsonl <&-", "stdin is closed; name a file of tasks"),
        ("- --results r.jsonl --resume <&-", "stdin is closed; name a file of tasks"),
        ("tasks.jsonl >&-", "stdout is closed; name a file for the results with --results"),
    ],
)
def test_a_closed_stream_is_said_before_anything_is_done(flow: Flow, words: str, says: str) -> None:
    write(flow, {"id": "a", "task": "x", "model": flow.script("bug", {"bug": "the model was asked"})})
    shell = f"{shlex.join(flow.command(['batch', *SAID]))} {words}"
    done = subprocess.run(
        ["sh", "-c", shell], cwd=flow.cwd, env=flow.env, stderr=subprocess.PIPE, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (2, f"agentic-flow: usage: {says}\n")
    assert not (flow.cwd / "r.jsonl").exists()


def test_a_closed_stdout_is_no_matter_beside_a_results_file(flow: Flow, echo: str) -> None:
    write(flow, {"id": "a", "task": "x", "model": echo})
    shell = f"{shlex.join(flow.command(['batch', 'tasks.jsonl', *SAID, '--results', 'r.jsonl']))} >&-"
    assert subprocess.run(["sh", "-c", shell], cwd=flow.cwd, env=flow.env, check=False).returncode == 0
    assert [result["status"] for result in read(flow)] == ["ok"]


def test_a_reader_that_leaves_ends_it_quietly(flow: Flow, echo: str) -> None:
    tasks = write(flow, *({"task": "x" * 50_000} for _ in range(100)))
    with flow.start(
        "batch", tasks, "--model", echo, *SAID, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 0
