"""The one-task form, as a process: what goes to stdout, what to stderr, and how it ends."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

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


def test_a_file_read_as_context_may_be_replaced(flow: Flow, hello: list[str]) -> None:
    (flow.cwd / "hello.py").write_text("print('helo')\n")

    assert flow(*hello, "--context", "hello.py").returncode == 0
    assert (flow.cwd / "hello.py").read_text() == "print('hello')\n"


# --- exit codes -----------------------------------------------------------------------------------


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


def test_a_run_starts_with_closed_streams(flow: Flow, hello: list[str]) -> None:
    command = shlex.join([*flow.command(hello), "-o", "out"]) + " >&- 2>&-"
    done = subprocess.run(["sh", "-c", command], cwd=flow.cwd, env=flow.env, check=False)
    assert done.returncode == 0
    assert (flow.cwd / "out/hello.py").exists()


def test_a_pipe_is_no_context_file(flow: Flow) -> None:
    os.mkfifo(flow.cwd / "pipe")
    assert flow("-t", "x", "--no-stdin", "-c", "pipe").returncode == 2


def test_exit_10_names_the_command_that_downloads_the_model(flow: Flow) -> None:
    done = flow("-a", "coder", "-m", "onnx/default", "-t", "x", "--no-stdin", "--models-dir", "empty")
    assert done.returncode == 10
    assert "agentic-flow download-model qwen2.5-coder-0.5b" in done.stderr


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


def test_json_tells_of_a_failure_too(flow: Flow) -> None:
    done = flow("-a", "nobody", "-t", "x", "--no-stdin", "--output-format", "json")

    result = json.loads(done.stdout)
    assert (result["status"], result["exit_code"]) == ("config", 3)
    assert "nobody" in result["error"]


# --- a closed stdout ------------------------------------------------------------------------------


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


# --- stdin ----------------------------------------------------------------------------------------


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


# --- every file of an answer ----------------------------------------------------------------------


def test_every_file_that_a_task_names_is_written_whatever_it_is_called(flow: Flow) -> None:
    names = ["top.sv", "solver.pyx", "schema.prisma", "scripts/deploy", "with space.md", "a.py"]
    said = "".join(f"{name}\n```\nx = 1\n```\n\n" for name in names)
    model = flow.script("all", {"text": said}, DONE)
    task = 'Create top.sv, solver.pyx, schema.prisma, scripts/deploy, "with space.md" and a.py'

    done = flow("-a", "coder", "-m", model, "-t", task, "--no-stdin", "-o", "out")

    assert done.returncode == 0
    assert "warning" not in done.stderr
    assert [name for name in names if (flow.cwd / "out" / name).is_file()] == names


def test_a_block_that_is_not_taken_for_a_file_is_said(flow: Flow) -> None:
    model = flow.script("more", {"text": f"{HELLO}\n```rust\nfn main() {{}}\n```\n"}, DONE)

    done = flow("-a", "coder", "-m", model, "-t", "Create hello.py", "--no-stdin", "-o", "out")

    assert done.returncode == 0
    assert "not taken for a file: the rust block in line 6 (it has no name)" in done.stderr


def test_a_file_that_the_answer_lacks_is_asked_for_once_and_then_said(flow: Flow) -> None:
    other = HELLO.replace("hello.py", "other.py")
    arguments = ("-a", "coder", "-t", "Create hello.py", "--no-stdin", "--output-format", "json")

    mended = flow(
        *arguments, "-m", flow.script("a", {"text": other}, DONE, {"next": True}, {"text": HELLO}, DONE)
    )
    assert [file["path"] for file in json.loads(mended.stdout)["files"]] == ["other.py", "hello.py"]
    assert "hello.py: the answer does not hold it; asking it again" in mended.stderr

    for path in ("other.py", "hello.py"):
        (flow.cwd / path).unlink()
    never = flow(*arguments, "-m", flow.script("b", {"text": other}, DONE))
    assert len(json.loads(never.stdout)["attempts"]) == 2
    assert [file["path"] for file in json.loads(never.stdout)["files"]] == ["other.py"]
    assert "the answer holds no hello.py" in never.stderr


@pytest.mark.parametrize(
    "then", [{"fail": "unavailable", "message": "down"}, {"fail": "limit", "message": "up"}]
)
def test_an_answer_that_lacks_a_file_stands_where_asking_for_it_brings_nothing(
    flow: Flow, then: dict[str, object]
) -> None:
    model = flow.script("a", {"text": HELLO}, DONE, {"next": True}, then)
    arguments = ("-a", "coder", "-m", model, "-t", "Create hello.py and other.py", "--no-stdin")

    done = flow(*arguments, "--output-format", "json", "--check", "true")

    result = json.loads(done.stdout)
    assert (done.returncode, result["status"], result["text"]) == (0, "ok", HELLO)
    assert [file["path"] for file in result["files"]] == ["hello.py"]
    assert [check["exit_code"] for check in result["checks"]] == [0]
    assert "the answer holds no other.py" in done.stderr

    failing = flow(*arguments, "-o", "else", "--check", "false")
    assert failing.returncode == 9
    assert "takes them back" in failing.stderr


def test_a_file_for_a_newer_python_is_written_and_told_of(flow: Flow) -> None:
    newer: dict[str, object] = {"text": "a.py\n```python\ntry:\n    f()\nexcept A, B:\n    pass\n```\n"}
    model = flow.script("newer", newer, DONE)

    done = flow("-a", "coder", "-m", model, "-t", "Create a.py", "--no-stdin")

    assert done.returncode == 0
    assert ("a.py: needs a newer Python than 3." in done.stderr) is (sys.version_info < (3, 14))


def test_data_that_the_program_makes_itself_is_not_asked_for_again(flow: Flow) -> None:
    todo: dict[str, object] = {"text": "todo.py\n```python\nopen('tasks.json', 'a').close()\n```\n"}
    task = "Build a CLI todo.py storing tasks in tasks.json"

    done = flow("-a", "coder", "-m", flow.script("todo", todo, DONE), "-t", task, "--no-stdin")

    assert done.returncode == 0
    assert "asking it again" not in done.stderr
    assert "the answer holds no tasks.json, which the task seems to ask for" in done.stderr
