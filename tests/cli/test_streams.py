"""Whatever stdout, stderr and a terminal are: the answer is whole or the run says that it is not."""

import os
import shlex
import subprocess
from pathlib import Path

import pexpect
import pytest

from tests.program import TOLD_THE_SHELL, Flow

HELLO = "hello.py\n```python\nprint('hello')\n```\n"
DONE = {"finish": "end", "input_tokens": 7, "output_tokens": 9}

full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")


@pytest.fixture
def hello(flow: Flow) -> list[str]:
    """Arguments of a run whose model answers with one file."""
    model = flow.script("hello", {"text": HELLO}, DONE)
    return ["--agent", "coder", "--model", model, "--task", "Create hello.py", "--no-stdin", "-o", "out"]


def in_shell(flow: Flow, arguments: list[str], redirections: str) -> subprocess.CompletedProcess[str]:
    """Run the program with a shell's redirections."""
    return subprocess.run(
        ["bash", "-c", f"{shlex.join(flow.command(arguments))} {redirections}"],
        cwd=flow.cwd,
        env=flow.env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@full_device
def test_a_stdout_that_keeps_nothing_is_a_failed_write_and_no_file_is_written(
    flow: Flow, hello: list[str]
) -> None:
    done = in_shell(flow, hello, ">/dev/full")

    assert done.returncode == 8
    assert done.stderr.splitlines()[-1].startswith("agentic-flow: output: stdout cannot be written: ")
    assert not (flow.cwd / "out").exists()


@full_device
@pytest.mark.parametrize(
    "words",
    [
        ["agents", "list"],
        ["config", "show"],
        ["models", "list", "--json"],
        ["--help"],
        ["batch", "--help"],
        ["--version"],
    ],
)
def test_a_list_that_cannot_be_kept_is_a_failed_write_too(flow: Flow, words: list[str]) -> None:
    done = in_shell(flow, words, ">/dev/full")
    assert done.returncode == 8
    assert "output: stdout cannot be written" in done.stderr.splitlines()[-1]


@full_device
def test_a_result_object_that_cannot_be_kept_ends_with_8_though_the_files_are_there(
    flow: Flow, hello: list[str]
) -> None:
    done = in_shell(flow, [*hello, "--output-format", "json"], ">/dev/full")
    assert done.returncode == 8
    assert (flow.cwd / "out/hello.py").exists()


@pytest.mark.parametrize("nobody", [pytest.param("2>/dev/full", marks=full_device), "2> >(true)"])
def test_a_stderr_that_nobody_reads_stops_nothing(flow: Flow, hello: list[str], nobody: str) -> None:
    done = in_shell(flow, hello, nobody)

    assert (done.returncode, done.stdout) == (0, HELLO)
    assert (flow.cwd / "out/hello.py").exists()


@pytest.mark.parametrize(
    "words", [["--version"], ["--help"], ["batch", "--help"], ["--show-completion", "bash"]]
)
def test_a_version_or_help_that_nobody_reads_ends_quietly(flow: Flow, words: list[str]) -> None:
    flow.env.update(TOLD_THE_SHELL)
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as nobody, flow.start(*words, stdout=nobody, stderr=subprocess.PIPE) as done:
        assert done.stderr is not None
        said = done.stderr.read()
    assert (done.returncode, said) == (0, b"")


def test_a_locale_without_the_letters_of_a_name_is_a_failed_write_and_no_bug(flow: Flow) -> None:
    model = flow.script("letters", {"text": "p\u00e1th.py\n```\nx = 1\n```\n"}, DONE)
    old = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = flow("-a", "coder", "-m", model, "-t", "x", "--no-stdin", **old)

    assert done.returncode == 8
    assert "use a UTF-8 one" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("end", "code", "then", "last"),
    [("end", 0, "ok: ", "ok: "), ("max_tokens", 7, "used: ", "agentic-flow: incomplete: ")],
)
def test_what_is_said_after_an_unended_line_begins_one(
    flow: Flow, end: str, code: int, then: str, last: str
) -> None:
    """A log of both, and a terminal; alone, stdout has the words and not a byte more."""
    model = flow.script(
        "open", {"text": "all the words"}, {"finish": end, "input_tokens": 1, "output_tokens": 1}
    )
    asked = ["-a", "reviewer", "-m", model, "-t", "x", "--no-stdin"]

    alone = flow(*asked)
    log = in_shell(flow, asked, "2>&1")
    quiet = in_shell(flow, [*asked, "--quiet"], "2>&1")
    terminal = on_terminal(flow, asked, exit_code=code)

    assert (alone.returncode, alone.stdout) == (code, "all the words")
    assert alone.stderr.splitlines()[-1].startswith(last)
    assert f"\nall the words\n{then}" in log.stdout
    assert quiet.stdout.startswith("all the words\nagentic-flow" if code else "all the words")
    assert code or quiet.stdout == "all the words"
    assert f"all the words\r\n{then}" in terminal
    assert "\r\n\r\n" not in terminal


def test_a_log_has_no_empty_lines_between_what_is_said_of_files(flow: Flow) -> None:
    model = flow.script("open", {"text": "a.py\n```python\nx = 1\n```\nb.py\n```python\ny = 1\n```"}, DONE)

    log = in_shell(flow, ["-a", "coder", "-m", model, "-t", "Create a.py and b.py", "--no-stdin"], "2>&1")

    assert log.returncode == 0
    assert "\n```\ncreated: a.py (6 bytes)\ncreated: b.py (6 bytes)\nok: " in log.stdout


# --- a terminal -----------------------------------------------------------------------------------


def on_terminal(
    flow: Flow,
    arguments: list[str],
    redirections: str = "",
    *,
    exit_code: int = 0,
    term: str = "xterm-256color",
) -> str:
    """Run the program on a terminal, and return all that the terminal got."""
    child = pexpect.spawn(
        "bash",
        ["-c", f"{shlex.join(flow.command(arguments))} {redirections}"],
        cwd=str(flow.cwd),
        env=flow.env | {"TERM": term},
        dimensions=(24, 200),
        timeout=60,
    )
    child.expect(pexpect.EOF)
    said = child.before
    child.close()
    assert isinstance(said, bytes)
    assert child.exitstatus == exit_code, said
    return said.decode()


@pytest.fixture
def slow(flow: Flow) -> list[str]:
    """Arguments of a run whose model thinks for a moment before it answers."""
    model = flow.script("slow", {"wait": 0.6}, {"text": HELLO}, DONE)
    return ["--agent", "coder", "--model", model, "--task", "Create hello.py", "--no-stdin", "-o", "out"]


def test_a_spinner_turns_on_a_terminal_and_leaves_the_answer_alone(flow: Flow, slow: list[str]) -> None:
    said = on_terminal(flow, slow, "> answer.md")

    assert "asking scripted/" in said
    assert "\x1b[?25l" in said  # the cursor is hidden while it turns,
    assert said.rindex("\x1b[?25h") > said.rindex("\x1b[?25l")  # and shown again
    assert (flow.cwd / "answer.md").read_text() == HELLO


def test_no_spinner_turns_where_stderr_is_no_terminal_or_quiet_is_asked(flow: Flow, slow: list[str]) -> None:
    said = on_terminal(flow, slow, "2> notes.txt")
    assert said.replace("\r\n", "\n") == HELLO
    assert "\x1b" not in (flow.cwd / "notes.txt").read_text()
    assert "asking" not in (flow.cwd / "notes.txt").read_text()

    assert on_terminal(flow, [*slow, "--quiet"]).replace("\r\n", "\n") == HELLO


@pytest.mark.parametrize("term", ["", "dumb"])
def test_a_terminal_that_nobody_can_drive_is_not_drawn_on(flow: Flow, slow: list[str], term: str) -> None:
    assert "\x1b" not in on_terminal(flow, slow, term=term)


def test_a_terminal_gets_nothing_of_an_answer_that_could_drive_it(flow: Flow) -> None:
    model = flow.script("hostile", {"text": "a\x1b[2Jb\x1b]0;title\x07c\u202ed"}, DONE)
    arguments = ["-a", "reviewer", "-m", model, "-t", "x", "--no-stdin", "-q"]

    assert on_terminal(flow, arguments).strip() == "abcd"
    assert flow(*arguments).stdout == "a\x1b[2Jb\x1b]0;title\x07c\u202ed"


@pytest.mark.parametrize(
    ("typed", "code", "after"),
    [("y\r", 0, "print(2)\n"), ("n\r", 8, "print(1)\n"), ("\r", 8, "print(1)\n"), ("\x04", 8, "print(1)\n")],
    ids=["yes", "no", "nothing", "ctrl-d"],
)
def test_a_file_is_replaced_after_a_yes_with_the_difference_in_sight(
    flow: Flow, typed: str, code: int, after: str
) -> None:
    (flow.cwd / "a.py").write_text("print(1)\n", encoding="utf-8")
    model = flow.script("two", {"text": "a.py\n```python\nprint(2)\n```"}, DONE)
    child = flow.on_terminal("-a", "coder", "-m", model, "-t", "Create a.py", "--no-stdin", TERM="dumb")

    child.expect(r"Replace a\.py\? \[y/N\]: ")
    shown = str(child.before)
    child.send(typed)
    child.expect(pexpect.EOF)
    child.close()

    assert "-print(1)\r\n+print(2)\r\n" in shown
    assert (child.exitstatus, (flow.cwd / "a.py").read_text(encoding="utf-8")) == (code, after)
    last = str(child.before).splitlines()[-1]
    assert last.startswith("agentic-flow: output: 'a.py' was refused" if code else "ok: ")


def test_no_line_of_a_difference_hides_behind_an_escape_sequence(flow: Flow) -> None:
    (flow.cwd / "a.sh").write_text("true\n", encoding="utf-8")
    evil = "true #\x1b]0;\nevil\n#\x07 \u202e"
    model = flow.script("two", {"text": f"a.sh\n```sh\n{evil}\n```"}, DONE)
    child = flow.on_terminal("-a", "coder", "-m", model, "-t", "Create a.sh", "--no-stdin", TERM="dumb")

    child.expect(r"Replace a\.sh\? \[y/N\]: ")
    assert "+true #\\x1b]0;\r\n+evil\r\n+#\\x07 \\u202e\r\n" in str(child.before)
    child.send("n\r")
    child.expect(pexpect.EOF)
    child.close()


def test_what_is_typed_before_the_question_is_no_answer_to_it(flow: Flow) -> None:
    """An impatient Enter would refuse an answer that was paid for."""
    (flow.cwd / "a.py").write_text("print(1)\n", encoding="utf-8")
    model = flow.script("two", {"text": "a.py\n```python\n"}, {"wait": 0.5}, {"text": "print(2)\n```"}, DONE)
    child = flow.on_terminal("-a", "coder", "-m", model, "-t", "Create a.py", "--no-stdin", TERM="dumb")

    child.expect("python")
    child.send("\r")
    child.expect(r"Replace a\.py\? \[y/N\]: ")
    child.send("y\r")
    child.expect(pexpect.EOF)
    child.close()

    assert (child.exitstatus, (flow.cwd / "a.py").read_text(encoding="utf-8")) == (0, "print(2)\n")
