"""`batch`, as a process: every task has one result, whatever happens to the others."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pexpect
import pytest

from agentic_flow.batch.tally import Tally
from agentic_flow.cli.board import Board
from tests.batch.conftest import DONE, SAID, read, wait_for, write
from tests.program import Flow


def test_every_task_has_its_result_and_bad_ones_keep_to_themselves(flow: Flow, echo: str) -> None:
    tasks = write(
        flow,
        {"id": "a", "task": "Say a"},
        "{bad",
        {"id": "a", "task": "again"},
        {"id": "c", "task": "x", "context": "nope.txt"},
        {"id": "d", "task": "x", "agent": "revewer"},
        {"id": "e", "task": "x", "modle": "y"},
        {"id": "f", "task": "x", "model": "scripted/none.jsonl"},
        {"id": "g", "task": "Say g"},
    )
    done = flow("batch", tasks, "--model", echo, *SAID)

    results = {result["line"]: result for result in map(json.loads, done.stdout.splitlines())}
    assert sorted(results) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert [results[line]["status"] for line in sorted(results)] == [
        *("ok", "usage", "usage", "usage", "config", "usage", "config", "ok")
    ]
    assert [results[line]["id"] for line in sorted(results)] == ["a", None, None, "c", "d", "e", "f", "g"]
    assert results[8]["text"] == "Say g"
    assert "tasks.jsonl:2: is not JSON" in results[2]["error"]
    assert "tasks.jsonl:4: --context nope.txt: there is no such file" in results[4]["error"]
    assert done.returncode == 2
    assert "8 tasks: 2 config, 2 ok, 4 usage" in done.stderr
    assert done.stderr.splitlines()[-1] == "agentic-flow: usage: 6 of 8 tasks did not end well"


def test_fail_fast_begins_nothing_after_a_failure_however_quickly_the_next_would_fail(
    flow: Flow, echo: str
) -> None:
    tasks = write(flow, {"id": "a", "task": "Say a"}, *["{bad"] * 5, {"id": "z", "task": "Say z"})
    for limit, most in (("--fail-fast", 2), ("--max-failures=3", 4)):
        done = flow("batch", tasks, "--model", echo, *SAID, "--jobs", "1", limit)
        assert [json.loads(line)["line"] for line in done.stdout.splitlines()] == list(range(1, most + 1))
        assert done.returncode == 2


def test_a_data_folder_that_cannot_be_written_is_said_before_anything_is_done(flow: Flow) -> None:
    data = flow.cwd / "data"
    (data / "agentic-flow").mkdir(parents=True)
    (data / "agentic-flow" / "batches").write_text("a file\n")
    (flow.cwd / "tasks.jsonl").write_text('{"task": "x"}\n')
    model = flow.script("bug", {"bug": "the model was asked"})
    done = flow("batch", "tasks.jsonl", "-m", model, "--results", "r.jsonl", XDG_DATA_HOME=str(data))

    assert done.returncode == 8
    assert "which batch this is cannot be kept" in done.stderr.splitlines()[-1]
    assert done.stderr.endswith("set XDG_DATA_HOME to a folder of yours\n")


def test_all_well_is_exit_code_0_and_stdout_stays_empty_beside_a_results_file(flow: Flow, echo: str) -> None:
    tasks = write(flow, *({"id": f"t{n}", "task": f"Say {n}"} for n in range(30)))
    done = flow("batch", tasks, "--model", echo, *SAID, "--results", "r.jsonl", "--jobs", "4")

    assert (done.returncode, done.stdout) == (0, "")
    results = read(flow)
    assert {result["id"]: result["text"] for result in results} == {f"t{n}": f"Say {n}" for n in range(30)}
    assert "30 tasks: 30 ok" in done.stderr
    assert "\x1b" not in done.stderr
    assert flow("batch", tasks, "--model", echo, *SAID, "--quiet").stderr == ""


def test_a_task_that_says_a_warning_twice_is_not_another_that_shares_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    board = Board(Tally(None, 0), quiet=False)
    for task in ("t0", "t0", "t1", "t1"):
        board.warn("it is late", task)
    assert capsys.readouterr().err == "warning: t0: it is late\n"
    assert next(board.summary()) == "warning: 1 more task (t1): it is late"


def test_a_warning_names_its_task_and_is_said_once_for_all_that_share_it(flow: Flow, echo: str) -> None:
    tasks = write(flow, *({"id": f"t{n}", "task": "hi"} for n in range(6)))
    done = flow("batch", tasks, "--model", echo, "--agent", "coder", "--jobs", "1", "--results", "r.jsonl")
    assert done.returncode == 0, done.stderr
    words = "the task names no work, so it is answered in words; ask for a file by name"
    assert [line for line in done.stderr.splitlines() if words in line] == [
        f"warning: t0: {words}",
        f"warning: 5 more tasks (t1, t2, t3, ...): {words}",
    ]


def test_tasks_come_through_a_pipe_and_from_a_table(flow: Flow, echo: str) -> None:
    piped = flow("batch", "-", "--model", echo, *SAID, stdin='{"task": "one"}\n{"task": "two"}')
    assert sorted(json.loads(line)["text"] for line in piped.stdout.splitlines()) == ["one", "two"]

    table = write(flow, "id,task", 'a,"one, and"', "b,two", name="tasks.csv")
    read_table = flow("batch", table, "--model", echo, *SAID)
    assert {r["id"]: r["text"] for r in map(json.loads, read_table.stdout.splitlines())} == {
        "a": "one, and",
        "b": "two",
    }


@pytest.mark.parametrize(
    ("tasks", "says"),
    [
        ("none.jsonl", "there is no such file"),
        (".", "is a folder"),
        ("empty.csv", 'no column "task"'),
        ("/dev/zero", "the line does not end within"),
    ],
)
def test_what_is_no_file_of_tasks_is_said(flow: Flow, tasks: str, says: str) -> None:
    (flow.cwd / "empty.csv").touch()
    done = flow("batch", tasks)
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--resume"], "--resume goes on with a file of results; name it with --results"),
        (["--rate", "anthropic=5", "--rate", "anthropic=9"], "--rate names a provider twice"),
        (["--ray-address", "10.0.0.1:6379"], "--ray-address names a cluster, and the engine is local"),
        (["--replay", "nowhere"], "--replay nowhere: there is no such folder"),
        (["--results", "-"], "leave it out, and the results go to stdout"),
    ],
)
def test_options_that_make_no_sense_are_said_before_anything_is_done(
    flow: Flow, echo: str, options: list[str], says: str
) -> None:
    write(flow, {"id": "a", "task": "x", "model": echo, "agent": "reviewer"})

    results = [] if {"--resume", "--results"} & {*options} else ["--results", "r.jsonl"]
    done = flow("batch", "tasks.jsonl", *options, *results)

    assert done.returncode == 2
    assert says in done.stderr
    assert not (flow.cwd / "r.jsonl").exists()
    assert not (flow.cwd / "-").exists()


def test_a_model_that_nobody_knows_is_said_before_its_task_is_done(flow: Flow, echo: str) -> None:
    write(flow, {"id": "a", "task": "x", "model": echo, "agent": "reviewer"})

    done = flow("batch", "tasks.jsonl", "--no-files", "--check", "true", "--escalate-to", "nobody/knows")

    assert done.returncode == 3
    assert "there is no model 'nobody/knows'" in done.stderr


def test_a_terminal_shows_how_far_it_is_and_in_the_end_what_it_came_to(flow: Flow, echo: str) -> None:
    write(
        flow,
        *({"id": f"t{number}", "task": "x", "model": echo, "agent": "reviewer"} for number in range(3)),
        {"id": "bad", "task": "x", "context": "gone.py"},
    )
    command = ("batch", "tasks.jsonl", "--results", "r.jsonl")
    child = flow.on_terminal(*command, dimensions=(24, 100), TERM="xterm-256color")
    child.expect(pexpect.EOF)
    child.close()
    said = str(child.before)

    assert child.exitstatus == 2
    for column in ("done", "running", "failed", "cost", "tokens/s", "time", "left"):
        assert column in said
    assert "3/4" in said
    assert "usage: bad: tasks.jsonl:4: --context gone.py: there is no such file" in said
    assert "4 tasks: 3 ok, 1 usage" in said.splitlines()[-3]
    assert len(read(flow)) == 4


def test_many_tasks_write_to_one_folder_at_once(flow: Flow) -> None:
    def reply(number: int) -> str:
        text = f"pkg/m{number}.py\n```python\nprint({number})\n```\n"
        return flow.script(f"s{number}", {"text": text}, DONE)

    tasks = write(
        flow,
        *({"task": "Write it", "model": reply(number), "output_dir": "out/deep"} for number in range(24)),
    )
    done = flow("batch", tasks, "--jobs", "12", "--agent", "coder")

    assert done.returncode == 0, done.stderr
    written = {path.name: path.read_text() for path in (flow.cwd / "out/deep/pkg").iterdir()}
    assert written == {f"m{number}.py": f"print({number})\n" for number in range(24)}


def test_what_a_failed_task_left_is_taken_back_as_it_says_and_no_other_task_s_files(flow: Flow) -> None:
    def model(name: str) -> str:
        return flow.script(name, {"text": f"{name}.py\n```python\nx = 1\n```\n"}, DONE)

    failing = {"id": "bad", "task": "Create bad.py", "model": model("bad"), "check": "false"}
    good = {"id": "good", "task": "Create good.py", "model": model("good")}
    tasks = write(flow, failing, good)
    done = flow("batch", tasks, "--agent", "coder", "--jobs", "1", "--max-attempts", "1", "--quiet")

    undo = re.search(r"\(bad\.py\), `agentic-flow (history undo \S+)` takes them back", done.stderr)
    assert undo is not None, done.stderr
    assert flow(*undo[1].split()).returncode == 0
    assert [path.name for path in flow.cwd.glob("*.py")] == ["good.py"]


def test_after_enough_failures_nothing_more_begins(flow: Flow, echo: str) -> None:
    tasks = write(flow, *(["{bad"] * 5), *({"task": f"Say {n}"} for n in range(60)))
    fast = flow("batch", tasks, "--model", echo, *SAID, "--jobs", "1", "--fail-fast")
    assert fast.returncode == 2
    assert len(fast.stdout.splitlines()) < 40
    assert "not begun" in fast.stderr

    some = flow("batch", tasks, "--model", echo, *SAID, "--max-failures", "6")
    assert len(some.stdout.splitlines()) == 65


def test_a_batch_goes_on_where_it_was_killed(flow: Flow) -> None:
    waiting = flow.script("waiting", {"echo": True}, {"wait": 0.02}, DONE)
    lines = [{"id": f"t{n}", "task": f"Say {n}"} for n in range(60)]
    tasks = write(flow, *lines)
    command = ["batch", tasks, *SAID, "--results", "r.jsonl", "--jobs", "2"]
    process = flow.start(*command, "--model", waiting, stderr=subprocess.DEVNULL)
    wait_for(flow.cwd / "r.jsonl", 5)
    process.kill()
    process.wait()
    before = read(flow)
    with (flow.cwd / "r.jsonl").open("ab") as file:
        file.write(b'{"id": "t59", "sta')  # as a machine that lost its power would leave it

    done = flow(*command, "--model", waiting, "--resume")

    assert done.returncode == 0, done.stderr
    said = re.search(r"60 tasks: (\d+) ok, (\d+) done before", done.stderr)
    assert said is not None
    assert int(said[2]) >= len(before), "what had ended and was not written yet is done as well"
    assert int(said[1]) + int(said[2]) == 60
    results = read(flow)
    assert Counter(result["id"] for result in results) == {line["id"]: 1 for line in lines}
    assert results[: len(before)] == before

    write(flow, {"id": "t0", "task": "Say something else"}, *lines[1:])
    again = flow(*command, "--model", waiting, "--resume")
    assert "60 tasks: 1 ok, 59 done before" in again.stderr
    assert {result["id"]: result["text"] for result in read(flow)}["t0"] == "Say something else"


def test_tasks_that_have_changed_are_done_again_and_that_is_said_first(flow: Flow, echo: str) -> None:
    lines = [{"id": f"t{n}", "task": f"Say {n}"} for n in range(3)]
    command = ["batch", write(flow, *lines), *SAID, "--model", echo, "--results", "r.jsonl", "--resume"]
    first, same = flow(*command), flow(*command)
    assert "done again" not in first.stderr + same.stderr
    assert "3 tasks: 3 done before" in same.stderr

    why = "done again: what is asked for, in its line or by an option, has changed"
    write(flow, {"id": "t0", "task": "Say something else"}, *lines[1:])
    changed = flow(*command).stderr
    assert changed.startswith(f"warning: 1 task that was done is {why}\n")
    assert "3 tasks: 1 ok, 2 done before" in changed
    other = flow(*command, "--max-tokens", "300").stderr
    assert other.startswith(f"warning: 3 tasks that were done are {why}\n")


def test_context_that_has_changed_is_said_and_what_a_task_changed_itself_has_not(
    flow: Flow, echo: str
) -> None:
    (flow.cwd / "notes").mkdir()
    for name in ("a.txt", "notes/b.txt"):
        (flow.cwd / name).write_text("one\n")
    writes = flow.script("writes", {"text": "a.txt\n```\ntwo\n```\n"}, DONE)
    write(
        flow,
        {"id": "own", "task": "Change a.txt", "agent": "coder", "model": writes, "context": "a.txt"},
        {"id": "notes", "task": "Say", "context": "notes/*"},
        {"id": "none", "task": "Say"},
    )
    command = ["batch", "tasks.jsonl", *SAID, "--model", echo, "--results", "r.jsonl", "--resume"]
    first, same = flow(*command), flow(*command)
    assert (flow.cwd / "a.txt").read_text() == "two\n"
    assert "has changed" not in first.stderr + same.stderr
    assert [bool(result["context_sha256"]) for result in read(flow)].count(True) == 2

    said = "done has changed since ({}); remove {} to have it done again"
    (flow.cwd / "notes/c.txt").write_text("one more\n")
    done = flow(*command)
    assert f"warning: the context of a task that is {said.format('notes', 'its result')}\n" in done.stderr
    assert "3 tasks: 3 done before" in done.stderr
    (flow.cwd / "a.txt").unlink()
    two = f"the context of 2 tasks that are {said.format('own, notes', 'their results')}"
    assert two in flow(*command).stderr


def test_a_disk_that_is_full_keeps_no_task_from_its_end(flow: Flow, echo: str) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full on this system")
    tasks = write(flow, *({"id": f"t{n}", "task": "x"} for n in range(5)))
    done = flow("batch", tasks, "--model", echo, *SAID, "--results", "/dev/full")

    assert done.returncode == 8
    assert len(done.stdout.splitlines()) == 5
    assert "results cannot be written to '/dev/full' (No space left on device)" in done.stderr


def test_a_bug_in_one_task_is_not_the_end_of_the_others(flow: Flow, echo: str) -> None:
    broken = flow.script("broken", {"bug": "oh"})
    tasks = write(flow, {"id": "a", "task": "x", "model": broken}, {"id": "b", "task": "x", "model": echo})
    done = flow("batch", tasks, *SAID)

    assert done.returncode == 1
    assert {r["id"]: r["status"] for r in map(json.loads, done.stdout.splitlines())} == {
        "a": "internal",
        "b": "ok",
    }


def test_a_recorded_batch_is_replayed_without_a_model(flow: Flow, echo: str) -> None:
    """Each task finds its own answer, though nobody names a model and two tasks ask the same."""
    lines = [{"id": name, "task": f"Say {name[0]}"} for name in ("a", "b", "a2", "c")]
    tasks = write(flow, *lines)
    first = flow("batch", tasks, "--model", echo, *SAID, "--record", "answers")
    assert first.returncode == 0, first.stderr
    assert len(list((flow.cwd / "answers").glob("*.json"))) == 3
    Path(echo.removeprefix("scripted/")).unlink()

    again = flow("batch", tasks, *SAID, "--replay", "answers")
    assert again.returncode == 0, again.stderr
    told = {result["id"]: result for result in map(json.loads, again.stdout.splitlines())}
    assert {name: result["text"] for name, result in told.items()} == {
        name: f"Say {name[0]}" for name in ("a", "b", "a2", "c")
    }
    assert all(result["cached"] for result in told.values())

    both = flow("batch", tasks, *SAID, "--replay", "answers", "--record", "answers")
    assert (both.returncode, both.stdout) == (2, "")
    missing = flow("batch", tasks, *SAID, "--replay", "nowhere")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "there is no such folder" in missing.stderr


def test_what_the_command_line_says_holds_where_a_line_says_nothing(flow: Flow) -> None:
    (flow.cwd / "notes.txt").write_text("the notes")
    echo = flow.script("both", {"echo": True}, DONE)
    tasks = write(
        flow,
        {"id": "a", "task": "Say a"},
        {"id": "b", "task": "Say b", "no_escalate": True, "context": []},
    )
    asked = ["--context", "notes.txt", "--max-attempts", "1", "--seed", "7", "--escalate-to", echo]
    done = flow("batch", tasks, "--model", echo, *SAID, *asked)
    assert done.returncode == 0, done.stderr
    told = {result["id"]: result["text"] for result in map(json.loads, done.stdout.splitlines())}
    assert "the notes" in told["a"]
    assert "the notes" not in told["b"]
    refused = flow("batch", tasks, "--model", echo, *SAID, "--escalate-to", echo, "--no-escalate")
    assert (refused.returncode, refused.stdout) == (2, "")
