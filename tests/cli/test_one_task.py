"""The one-task form, as a process: what goes to stdout, what to stderr, and what is written."""

import json
import shlex
import subprocess

import pytest

from tests.program import Flow

HELLO = "hello.py\n```python\nprint('hello')\n```\n"
DONE = {"finish": "end", "input_tokens": 7, "output_tokens": 9}


@pytest.fixture
def hello(flow: Flow) -> list[str]:
    """Arguments of a run whose model answers with one file."""
    model = flow.script("hello", {"text": HELLO[:12]}, {"text": HELLO[12:]}, DONE)
    return ["--agent", "coder", "--model", model, "--task", "Create hello.py", "--no-stdin"]


def test_the_answer_goes_to_stdout_byte_for_byte_and_the_files_are_written(
    flow: Flow, hello: list[str]
) -> None:
    done = flow(*hello, "-o", "out")

    assert (done.returncode, done.stdout) == (0, HELLO)
    assert (flow.cwd / "out/hello.py").read_text() == "print('hello')\n"
    assert "created: hello.py" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("ok: 7 tokens in, 9 out")


def test_a_greeting_is_answered_in_words_and_writes_no_file(flow: Flow, hello: list[str]) -> None:
    done = flow(*["Hi!" if word == "Create hello.py" else word for word in hello], "-o", "out")

    assert (done.returncode, done.stdout) == (0, HELLO)
    assert "the task names no work" in done.stderr
    assert not (flow.cwd / "out").exists()


def test_a_question_is_answered_in_words_once_and_writes_no_file(flow: Flow) -> None:
    """Nor does an example in the answer become a file because the question names it."""
    (flow.cwd / "cart.py").write_text("def total(items):\n    return sum(items)\n")
    says = "It adds. Better:\n\n```python\ndef total(items):\n    return sum(items, 0)\n```\n"
    model = flow.script("says", {"text": says}, {"finish": "end"}, {"next": True}, {"text": "again"})

    done = flow("-m", model, "-c", "cart.py", "--task", "Explain what cart.py does", "-o", "out")

    assert (done.returncode, done.stdout) == (0, says)
    assert "the task asks to be told something, so it is answered in words" in done.stderr
    assert not (flow.cwd / "out").exists()


@pytest.mark.parametrize(
    ("task", "says", "calls"),
    [
        ("Kann das unter Windows laufen?", "Ja:\n\n```python\nx = 2\n```\n", 1),
        ("Fasse zusammen, was hier geschieht", "Es addiert.\n", 1),
        ("Fasse zusammen, was hier geschieht", "Es addiert:\n\n```python\nx = 2\n```\n", 2),
    ],
)
def test_an_answer_in_words_will_do_where_the_task_names_no_work_that_is_known(
    flow: Flow, task: str, says: str, calls: int
) -> None:
    """Code without a name may be a file: it is asked for once."""
    (flow.cwd / "cart.py").write_text("x = 1\n")
    end: dict[str, object] = {"finish": "end"}
    model = flow.script("says", {"text": says}, end, {"next": True}, {"text": says}, end)

    done = flow("-m", model, "-c", "cart.py", "--task", task, "-o", "out", "--output-format", "json")

    result = json.loads(done.stdout)
    assert (done.returncode, result["text"], len(result["attempts"])) == (0, says, calls)
    assert "the answer is in words, and no file was written; ask for one by name" in done.stderr
    assert not (flow.cwd / "out").exists()


def test_words_are_no_answer_to_an_order(flow: Flow) -> None:
    model = flow.script("says", {"text": "You could add one.\n"}, {"finish": "end"})
    done = flow("-m", model, "--task", "Füge eine Methode remove hinzu", "-o", "out", "--max-attempts", "1")
    assert done.returncode == 8
    assert done.stderr.endswith("ask for a file by name, or pass --no-files to have the answer in words\n")


def test_what_is_done_to_a_pipe_goes_where_the_pipe_leads(flow: Flow) -> None:
    says = '```json\n{"a": 1}\n```\n'
    model = flow.script("says", {"text": says}, {"finish": "end"})
    done = flow("-m", model, "--task", "Convert this to JSON", stdin="a: 1\n")
    assert (done.returncode, done.stdout) == (0, says)


@pytest.mark.parametrize(
    ("task", "changes"), [("Add a docstring", True), ("Könnte das schneller sein?", False)]
)
def test_a_shown_file_that_comes_back_without_its_name_is_that_file(
    flow: Flow, task: str, *, changes: bool
) -> None:
    """Not where words may be all that was asked for: then it is an example."""
    before, after = "def f(x):\n    return x\n", 'def f(x):\n    """Do nothing."""\n    return x\n'
    (flow.cwd / "a.py").write_text(before)
    model = flow.script("says", {"text": f"So:\n\n```python\n{after}```\n"}, {"finish": "end"})
    done = flow("-m", model, "-c", "a.py", "--task", task)
    assert (done.returncode, (flow.cwd / "a.py").read_text()) == (0, after if changes else before)


def test_a_script_without_its_name_is_the_one_that_the_task_names(flow: Flow) -> None:
    says = "```bash\n#!/bin/sh\necho hi\n```\n\nRun it:\n\n```bash\nsh deploy.sh\n```\n"
    model = flow.script("says", {"text": says}, {"finish": "end"})
    done = flow("-m", model, "--task", "Write a bash script deploy.sh")
    assert (done.returncode, (flow.cwd / "deploy.sh").read_text()) == (0, "#!/bin/sh\necho hi\n")


def test_piped_output_has_no_escape_sequences(flow: Flow, hello: list[str]) -> None:
    done = flow(*hello, "-o", "out")
    assert "\x1b" not in done.stdout + done.stderr


def test_json_is_one_object_that_tells_the_whole_run(flow: Flow, hello: list[str]) -> None:
    done = flow(*hello, "-o", "out", "--output-format", "json")

    result = json.loads(done.stdout)
    assert (result["status"], result["exit_code"], result["text"]) == ("ok", 0, HELLO)
    assert [(f["path"], f["action"], f["bytes"]) for f in result["files"]] == [("hello.py", "created", 15)]
    assert result["usage"] == {"input_tokens": 7, "output_tokens": 9, "cached_input_tokens": 0}
    assert result["attempts"][0]["outcome"] == "ok"


def test_stream_json_is_one_event_a_line_with_the_result_last(flow: Flow, hello: list[str]) -> None:
    events = [json.loads(line) for line in flow(*hello, "--output-format", "stream-json").stdout.splitlines()]

    assert [event["event"] for event in events] == [
        "run.started",
        "route.decided",
        "attempt.started",
        "text.delta",
        "text.delta",
        "file.written",
        "run.finished",
    ]
    assert "".join(event["text"] for event in events if event["event"] == "text.delta") == HELLO
    assert events[-1]["status"] == "ok"


def test_quiet_says_nothing_on_stderr_when_all_is_well(flow: Flow, hello: list[str]) -> None:
    assert flow(*hello, "--quiet").stderr == ""


def test_dry_run_calls_nothing_and_writes_nothing(flow: Flow, hello: list[str]) -> None:
    done = flow(*hello, "--dry-run", "-o", "out")

    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing was called" in done.stderr
    assert not (flow.cwd / "out").exists()


def test_no_files_leaves_the_answer_as_text(flow: Flow, hello: list[str]) -> None:
    done = flow(*hello, "--no-files", "-o", "out")

    assert (done.returncode, done.stdout) == (0, HELLO)
    assert not (flow.cwd / "out").exists()


def test_an_existing_file_is_replaced_only_when_asked(flow: Flow, hello: list[str]) -> None:
    (flow.cwd / "hello.py").write_text("mine\n")

    refused = flow(*hello)
    assert refused.returncode == 8
    assert "--overwrite" in refused.stderr
    assert (flow.cwd / "hello.py").read_text() == "mine\n"

    assert flow(*hello, "--overwrite").returncode == 0
    assert (flow.cwd / "hello.py").read_text() == "print('hello')\n"


def test_what_a_pattern_caught_and_is_no_text_is_told_of_and_the_rest_is_shown(flow: Flow) -> None:
    folder = flow.cwd / "src"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    for name in ("b.pyc", "c.png"):
        (folder / name).write_bytes(b"\x00\x01\xff")
    echo = flow.script("echo", {"echo": True}, DONE)

    done = flow("-a", "reviewer", "-m", echo, "-t", "Review this", "--context", "src/*", "--no-stdin")

    assert (done.returncode, "x = 1" in done.stdout) == (0, True)
    assert "warning: src/b.pyc and 1 more of --context is no text, and is not shown" in done.stderr


def test_a_file_read_as_context_may_be_replaced(flow: Flow, hello: list[str]) -> None:
    (flow.cwd / "hello.py").write_text("print('helo')\n")

    assert flow(*hello, "--context", "hello.py").returncode == 0
    assert (flow.cwd / "hello.py").read_text() == "print('hello')\n"


def test_a_run_starts_with_closed_streams(flow: Flow, hello: list[str]) -> None:
    command = shlex.join([*flow.command(hello), "-o", "out"]) + " >&- 2>&-"
    done = subprocess.run(["sh", "-c", command], cwd=flow.cwd, env=flow.env, check=False)
    assert done.returncode == 0
    assert (flow.cwd / "out/hello.py").exists()


def test_json_tells_of_a_failure_too(flow: Flow) -> None:
    done = flow("-a", "nobody", "-t", "x", "--no-stdin", "--output-format", "json")

    result = json.loads(done.stdout)
    assert (result["status"], result["exit_code"]) == ("config", 3)
    assert "nobody" in result["error"]


def test_a_file_in_the_way_is_told_of_before_the_model_is_asked(flow: Flow) -> None:
    """Nobody pays for an answer to learn that it may not be written."""
    (flow.cwd / "a.py").write_text("x = 1\n", encoding="utf-8")
    model = flow.script("two", {"text": "a.py\n```python\nx = 2\n```"}, {"finish": "end"})

    def said(*options: str) -> str:
        return flow("-m", model, "--task", "Fix a.py", "--no-stdin", *options).stderr

    told = "warning: a.py is there already: --context a.py shows it to the model"
    assert said("--dry-run").splitlines()[1].startswith(told)
    assert told not in said("--dry-run", "--overwrite")
    assert told not in said("--dry-run", "--context", "a.py")
    assert told not in said("--dry-run", "-o", "out")


def test_a_file_that_no_answer_may_write_is_told_of_before_the_model_is_asked(flow: Flow) -> None:
    (flow.cwd / ".github" / "workflows").mkdir(parents=True)
    (flow.cwd / ".github" / "workflows" / "ci.yml").write_text("on: push\n", encoding="utf-8")
    model = flow.script("none", {"finish": "end"})
    shown = ("--context", ".github/workflows/ci.yml")

    def said(task: str, *options: str) -> str:
        return flow("-m", model, "--task", task, "--no-stdin", "--dry-run", *options).stderr

    told = "warning: no answer may write .github/workflows/ci.yml: a build server runs it"
    assert told in said("Pin the actions", *shown)
    assert "ask for 'AGENTS.md.txt' and move it there yourself" in said("Write an AGENTS.md")
    assert told in said("Write .github/workflows/ci.yml")
    assert told not in said("Write a Makefile that does the same", *shown)
