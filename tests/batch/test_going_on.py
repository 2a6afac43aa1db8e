"""A batch that is killed between any two of its steps goes on with what was paid, to the letter."""

import json
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.batch.conftest import read, write
from tests.batch.test_killed import PRICE, answer, calls, event, kept
from tests.program import Flow
from tests.providers.loopback import LAST_CHUNK, Answer, Loopback, chunked, head, says

KILLED_AT = """
import importlib, os, signal, sys

module, _, path = sys.argv.pop(1).partition(":")
owner, name = path.split(".")
left = int(sys.argv.pop(1))
kind = getattr(importlib.import_module(module), owner)
step = getattr(kind, name)

def last(*arguments, **more):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(*arguments, **more)

setattr(kind, name, last)
importlib.import_module("agentic_flow.batch.results")._SYNC_SECONDS = 3600
from agentic_flow.__main__ import main
main()
"""
"""Runs the program, which dies at the beginning of the nth time that it takes a step.

However slow the machine is, results are made safe when all are there: no next task is on its way then.
"""
STEPS = {
    "the answer is paid, its run has no end": ("agentic_flow.ledger:Ledger.remember", 3),
    "the run is remembered, its line not written": ("agentic_flow.batch.results:ResultsFile.put", 3),
    "the line is written, and not on the disk": ("agentic_flow.batch.results:ResultsFile._sync", 1),
    "the line is on the disk, and still kept": ("agentic_flow.ledger:Ledger.written", 1),
}
FLEETING = ("run_id", "started", "duration_ms", "ttft_ms")


@pytest.fixture
def provider(flow: Flow) -> Generator[Loopback]:
    """Stand in for Anthropic."""
    with Loopback([answer], patience=60) as loopback:  # it hangs up on nobody who is about to ask more
        flow.env.update(ANTHROPIC_BASE_URL=loopback.url, ANTHROPIC_API_KEY="sk-a-key-nobody-may-see")
        yield loopback


def command(*more: str, results: str = "r.jsonl", agent: str = "reviewer") -> list[str]:
    model = ["--model", "anthropic/claude-haiku-4-5", "--agent", agent, "--max-tokens", "300"]
    return ["batch", "tasks.jsonl", "--results", results, "--jobs", "1", *model, *more]


def kill_at(flow: Flow, step: str, nth: int, *arguments: str) -> None:
    """Run the program until it is about to take a step for the nth time; there it is killed."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED_AT, step, str(nth), *arguments],
        cwd=flow.cwd,
        env=flow.env,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def kill_unwritten(flow: Flow, *more: str) -> None:
    """Let a batch of one task die when the task is paid and remembered, and its line not written."""
    write(flow, {"id": "a", "task": "Say a"})
    kill_at(flow, "agentic_flow.batch.results:ResultsFile.put", 1, *command(*more))
    assert read(flow) == []


def lasting(value: Any) -> Any:
    """Return a result without what differs from run to run."""
    if isinstance(value, dict):
        return {name: lasting(part) for name, part in value.items() if name not in FLEETING}
    return [lasting(part) for part in value] if isinstance(value, list) else value


def runs(flow: Flow) -> dict[str, str]:
    """Return the runs in the history, and the run that each call belongs to."""
    with closing(sqlite3.connect(Path(flow.env["HOME"]) / ".local/share/agentic-flow/ledger.sqlite3")) as db:
        return dict(db.execute("SELECT runs.id, calls.run FROM runs LEFT JOIN calls ON calls.run = runs.id"))


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_every_task_is_paid_once_and_told_as_if_nothing_had_been(
    flow: Flow, provider: Loopback, step: str
) -> None:
    write(flow, *({"id": f"t{n}", "task": f"Say {n}"} for n in range(3)))
    kill_at(flow, *STEPS[step], *command())
    killed = flow(*command("--resume"))
    undisturbed = flow(*command(results="other.jsonl"))
    assert (killed.returncode, undisturbed.returncode) == (0, 0), killed.stderr

    assert len(provider.asked) == 6
    assert Counter(state for state, _ in calls(flow)) == {"settled": 6}
    results = read(flow)
    assert [result["id"] for result in results] == ["t0", "t1", "t2"]
    assert lasting(results) == lasting(read(flow, "other.jsonl"))
    assert [result["cost_usd"] for result in results] == [float(PRICE)] * 3
    remembered = runs(flow)
    assert remembered == {name: name for name in remembered}, "each run has its call"
    assert {result["run_id"] for result in results} < set(remembered)
    assert len(remembered) == 6
    assert not kept(flow)


def test_the_line_of_a_run_that_had_ended_is_that_very_line_and_a_person_is_told(
    flow: Flow, provider: Loopback
) -> None:
    kill_unwritten(flow)
    (run,) = runs(flow)
    done = flow(*command("--resume"))

    assert done.returncode == 0, done.stderr
    assert "1 result of before the stop had still to be written" in done.stderr
    assert "1 task: 1 done before" in done.stderr
    (result,) = read(flow)
    assert (result["run_id"], result["id"], result["text"]) == (run, "a", "Say a")
    assert len(provider.asked) == 1


def test_it_is_written_once_however_often_the_batch_is_killed_while_it_goes_on(
    flow: Flow, provider: Loopback
) -> None:
    kill_unwritten(flow)
    for step in ("agentic_flow.batch.results:ResultsFile.sync", "agentic_flow.ledger:Ledger.written"):
        kill_at(flow, step, 1, *command("--resume"))
        assert len(read(flow)) == 1
    done = flow(*command("--resume"))
    assert done.returncode == 0, done.stderr
    assert (len(read(flow)), len(provider.asked), kept(flow)) == (1, 1, [])


def test_a_batch_takes_nothing_of_another_nor_of_a_task_that_has_changed(
    flow: Flow, provider: Loopback
) -> None:
    kill_unwritten(flow)
    assert flow(*command("--resume", results="other.jsonl")).returncode == 0
    assert len(provider.asked) == 2, "another file of results is another batch"
    assert kept(flow) == ["a"]

    write(flow, {"id": "b", "task": "Say b"})
    assert flow(*command("--resume")).returncode == 0
    assert kept(flow) == ["a"], "it may come back"
    write(flow, {"id": "a", "task": "Say it differently"})
    assert flow(*command("--resume")).returncode == 0
    assert (len(provider.asked), kept(flow)) == (4, [])
    assert [result["text"] for result in read(flow)] == ["Say b", "Say it differently"]


def test_who_begins_anew_says_so_by_removing_the_file_and_gets_new_answers(
    flow: Flow, provider: Loopback
) -> None:
    kill_unwritten(flow)
    refused = flow(*command())
    assert refused.returncode == 2
    assert "1 result of a batch that was stopped can still be written" in refused.stderr
    assert (len(provider.asked), kept(flow)) == (1, ["a"])
    (flow.cwd / "r.jsonl").unlink()
    assert flow(*command()).returncode == 0
    assert (len(provider.asked), len(read(flow)), kept(flow)) == (2, 1, [])


def test_failed_tasks_are_done_again_with_new_answers(flow: Flow, provider: Loopback) -> None:
    """Only what failed for another reason than its answer goes on with the answer."""
    write(flow, {"id": "a", "task": "Say a", "check": "test -e good"})
    assert flow(*command("--no-files")).returncode == 9
    assert kept(flow) == []
    (flow.cwd / "good").touch()
    assert flow(*command("--no-files", "--resume")).returncode == 0
    assert len(provider.asked) == 2
    assert len(read(flow)) == 1


def test_without_words_in_the_history_none_are_kept_here_either(flow: Flow, provider: Loopback) -> None:
    write(flow, {"id": "a", "task": "Say zebra"}, {"id": "b", "task": "Say b"})
    kill_at(flow, "agentic_flow.batch.results:ResultsFile.put", 2, *command("--no-log"))
    files = (Path(flow.env["HOME"]) / ".local/share/agentic-flow").glob("ledger*")
    assert not any(b"zebra" in file.read_bytes() for file in files)
    assert flow(*command("--no-log", "--resume")).returncode == 0
    assert [result["id"] for result in read(flow)] == ["a", "b"]
    assert len(provider.asked) == 3, "what was not kept is asked for again"


def test_no_key_is_kept_even_where_the_provider_says_it(flow: Flow, provider: Loopback) -> None:
    kill_unwritten(flow)
    assert kept(flow) == ["a"]
    (flow.cwd / "r.jsonl").unlink()
    write(flow, {"id": "a", "task": "Say sk-a-key-nobody-may-see"})
    kill_at(flow, "agentic_flow.batch.results:ResultsFile.put", 1, *command())
    files = list((Path(flow.env["HOME"]) / ".local/share/agentic-flow").glob("ledger*"))
    assert files
    assert not any(b"nobody-may-see" in file.read_bytes() for file in files)
    assert len(provider.asked) == 2


def test_a_history_that_has_no_room_keeps_what_is_not_written(flow: Flow, provider: Loopback) -> None:
    config = Path(flow.env["HOME"]) / ".config/agentic-flow/router.config.json"
    config.parent.mkdir(parents=True)
    config.write_text(json.dumps({"history": {"maxSize": "1KB", "keepDays": 1}}))
    kill_unwritten(flow)
    assert runs(flow) == {}
    assert flow(*command("--resume")).returncode == 0
    assert (len(provider.asked), len(read(flow))) == (1, 1)


def says_a_file(text: str) -> Answer:
    """Return what answers with a module."""
    delta = {"type": "text_delta", "text": f"a.py\n```python\n{text}\n```\n"}
    said = (
        event("message_start", message={"model": "claude-haiku-4-5", "usage": {"input_tokens": 40}}),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event("content_block_delta", index=0, delta=delta),
        event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 8}),
        event("message_stop"),
    )
    return says(head(transfer_encoding="chunked"), *chunked(said), LAST_CHUNK)


def test_killed_during_a_check_the_check_is_run_again_and_the_answer_is_not_paid_again(
    flow: Flow, provider: Loopback
) -> None:
    provider.answers = [says_a_file("print(1)")]
    check = "test -e second || { touch second; kill -9 $PPID; }; python3 a.py"
    write(flow, {"id": "a", "task": "Create a.py", "output_dir": "out", "check": check})
    assert flow(*command(agent="coder")).returncode == -signal.SIGKILL
    assert kept(flow) == ["a"]
    done = flow(*command("--resume", agent="coder"))

    assert done.returncode == 0, done.stderr
    (result,) = read(flow)
    assert [(file["path"], file["action"]) for file in result["files"]] == [("a.py", "created")]
    assert (check, 0) in [(each["command"], each["exit_code"]) for each in result["checks"]]
    assert result["cost_usd"] == float(PRICE)
    assert (len(provider.asked), kept(flow)) == (1, [])


def test_what_a_person_stopped_goes_on_with_the_answers_it_has(flow: Flow, provider: Loopback) -> None:
    provider.answers = [says_a_file("print(1)")]
    check = "test -e second || { touch second; kill -TERM $PPID; sleep 30; }; python3 a.py"
    write(flow, {"id": "a", "task": "Create a.py", "output_dir": "out", "check": check})
    assert flow(*command(agent="coder")).returncode == 143
    assert [result["status"] for result in read(flow)] == ["interrupted"]
    assert kept(flow) == ["a"], "its answer is paid"
    done = flow(*command("--resume", agent="coder"))

    assert done.returncode == 0, done.stderr
    assert (len(provider.asked), kept(flow)) == (1, [])
    assert [result["cost_usd"] for result in read(flow)] == [float(PRICE)]


def test_killed_while_its_own_files_are_there_a_task_begins_where_it_began(
    flow: Flow, provider: Loopback
) -> None:
    """They are taken back first: the model is shown what it was shown, and they may be written again."""
    provider.answers = [says_a_file("print(1)"), says_a_file("print(2)")]
    folder = flow.cwd / "out"
    folder.mkdir()
    (folder / "a.py").write_text("print(0)\n")
    check = "grep -q 2 a.py || exit 1; test -e second || { touch second; kill -9 $PPID; }"
    task = {"id": "a", "task": "Change a.py", "output_dir": "out", "context": "out/a.py", "check": check}
    write(flow, task)
    assert flow(*command(agent="coder")).returncode == -signal.SIGKILL
    assert (folder / "a.py").read_text() == "print(2)\n"
    done = flow(*command("--resume", agent="coder"))

    assert done.returncode == 0, done.stderr
    assert len(provider.asked) == 2, "both answers are given again"
    (result,) = read(flow)
    assert [attempt["outcome"] for attempt in result["attempts"]] == ["check", "ok"]
    assert flow("history", "undo").returncode == 0
    assert (folder / "a.py").read_text() == "print(0)\n"


def test_what_a_failed_task_wrote_gives_way_when_it_is_done_again(flow: Flow, provider: Loopback) -> None:
    provider.answers = [says_a_file(f"print({n})") for n in (1, 2, 3, 4)]
    write(flow, {"id": "a", "task": "Create a.py", "output_dir": "out", "check": "grep -q 4 a.py"})
    attempts = ("--max-attempts", "2")
    assert flow(*command(*attempts, agent="coder")).returncode == 9
    assert flow(*command(*attempts, "--resume", agent="coder")).returncode == 0
    assert (flow.cwd / "out/a.py").read_text() == "print(4)\n"


def test_what_went_well_or_somebody_changed_stays_and_a_trial_is_nothing_to_go_on_with(
    flow: Flow, provider: Loopback
) -> None:
    provider.answers = [says_a_file(f"print({n})") for n in (1, 2, 3, 4, 5)]
    task = {"task": "Create a.py", "check": "grep -q 1 a.py"}
    folders = ("good", "bad")
    write(flow, *({"id": name, "output_dir": name, **task} for name in folders))
    once = command("--max-attempts", "1", agent="coder")
    assert flow(*once).returncode == 9
    stood = (flow.cwd / "r.jsonl").read_bytes()
    for trial in ("--preview", "--dry-run"):
        tried = flow(*once, "--resume", trial)
        assert (tried.returncode, (flow.cwd / "r.jsonl").read_bytes()) == (2, stood), tried.stderr
    assert [(flow.cwd / name / "a.py").read_text() for name in folders] == ["print(1)\n", "print(2)\n"]
    (flow.cwd / "bad/a.py").write_text("mine\n")
    refused = flow(*once, "--resume", "--max-tokens", "200")  # which all are done again for
    assert refused.stderr.count("it is there already") == 1, refused.stderr
    assert refused.stderr.count("in the way: changed since that run: a.py") == 1, refused.stderr
    assert len(provider.asked) == 2 + 1, "what could not be written is not paid for"
    assert [(flow.cwd / name / "a.py").read_text() for name in folders] == ["print(1)\n", "mine\n"]
