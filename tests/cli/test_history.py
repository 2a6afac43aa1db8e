"""What runs did is found again; what one did to files is taken back, once, and not over later work."""

import json
import os
import sqlite3
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.program import Flow

DONE = {"finish": "end", "input_tokens": 1, "output_tokens": 1}


def write(flow: Flow, text: str, *more: str) -> None:
    """Let a run write `a.py` and a new `b/c.py`."""
    reply = f"a.py\n```python\n{text}\n```\nb/c.py\n```python\ny = 1\n```\n"
    model = flow.script("writer", {"text": reply}, DONE)
    task = "Write a.py and b/c.py"
    done = flow("-a", "coder", "-m", model, "-t", task, "--no-stdin", "--overwrite", *more)
    assert done.returncode == 0, done.stderr


def test_undo_brings_back_the_bytes_and_the_mode_and_removes_what_was_made(flow: Flow) -> None:
    file = flow.cwd / "a.py"
    file.write_bytes(b"mine\r\n")
    file.chmod(0o751)
    write(flow, "x = 1")
    assert (flow.cwd / "b/c.py").exists()

    done = flow("history", "undo")

    assert done.returncode == 0
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"mine\r\n", 0o751)
    assert not (flow.cwd / "b").exists()
    assert f"output: {flow.cwd}\n" in done.stderr, "it may be another project's run"
    assert "replaced: a.py" in done.stderr
    assert flow("history", "undo").returncode == 2


def test_undo_refuses_when_a_file_has_changed_since_unless_forced(flow: Flow) -> None:
    file = flow.cwd / "a.py"
    file.write_text("mine\n")
    write(flow, "x = 1")
    file.write_text("later work\n")

    refused = flow("history", "undo")
    assert refused.returncode == 8
    assert file.read_text() == "later work\n"

    assert flow("history", "undo", "--force").returncode == 0
    assert file.read_text() == "mine\n"


def test_runs_are_taken_back_by_name_newest_first(flow: Flow) -> None:
    assert flow("history", "undo").returncode == 2
    write(flow, "x = 1")
    done = flow("history", "undo", "no-such-run")
    assert done.returncode == 2
    newest = done.stderr.split()[-1]
    assert flow("history", "undo", newest).stdout.strip() == newest


def test_without_an_id_the_newest_run_of_this_folder_is_taken_back_and_not_of_another(flow: Flow) -> None:
    """Two projects share a history; what was begun here with an output folder elsewhere is of here, too."""
    other = Flow(flow.cwd.parent / "other", flow.env)
    other.cwd.mkdir()
    away = flow.cwd.parent / "away"
    write(flow, "x = 1")
    write(flow, "x = 2", "-o", str(away))
    write(other, "x = 3")

    assert flow("history", "undo").returncode == 0
    assert (flow.cwd / "a.py").exists()
    assert not away.exists()
    assert flow("history", "undo").returncode == 0
    assert not (flow.cwd / "a.py").exists()
    refused = flow("history", "undo")

    assert refused.returncode == 2
    assert (
        f"no run of this folder is left to take back; the newest of all wrote to {other.cwd}"
        in refused.stderr
    )
    assert (other.cwd / "a.py").exists()
    run = refused.stderr.rstrip("`\n").split()[-1]
    assert flow("history", "undo", run).stdout.strip() == run
    assert not (other.cwd / "a.py").exists()
    assert "or each is taken back" in flow("history", "undo").stderr


def test_a_run_taken_back_before_is_said_to_be(flow: Flow) -> None:
    write(flow, "x = 1")
    write(flow, "x = 2")
    run = flow("history", "undo").stdout.strip()

    again = flow("history", "undo", run)

    assert again.returncode == 2
    assert f"no run {run!r} can be taken back: it wrote no file, or was taken back already" in again.stderr


def test_a_run_is_named_by_how_its_id_begins_where_only_one_does(flow: Flow) -> None:
    write(flow, "x = 1")
    write(flow, "x = 2")
    first, second = sorted(run["run_id"] for run in json.loads(flow(*SHOWN).stdout))
    same = first[
        : next(at for at, (one, other) in enumerate(zip(first, second, strict=True)) if one != other)
    ]

    refused = flow("history", "undo", same)
    assert refused.returncode == 2
    assert f"several runs begin with {same!r}, such as {first} and {second}" in refused.stderr
    assert flow("history", "undo", "").returncode == 2

    one = second[: len(same) + 1]
    assert f"run: {second}\n" in flow("history", "show", one).stdout
    assert flow("history", "undo", one).stdout.strip() == second
    assert (flow.cwd / "a.py").read_text() == "x = 1\n"


SHOWN = ["history", "list", "--json"]


def test_every_run_is_remembered_however_it_ends(flow: Flow) -> None:
    write(flow, "x = 1")
    cut = flow.script("cut", {"text": "half an answer"})
    assert flow("-a", "reviewer", "-m", cut, "-t", "Look", "--no-stdin").returncode == 7
    broken = flow.script("broken", {"text": "before "}, {"bug": "nobody foresaw this"})
    assert flow("-a", "reviewer", "-m", broken, "-t", "Look", "--no-stdin").returncode == 1
    assert flow("-a", "coder", "-m", cut, "-t", "Look", "--no-stdin", "--dry-run").returncode == 0

    runs = json.loads(flow(*SHOWN).stdout)

    assert [(run["status"], run["agent"]) for run in runs] == [
        ("internal", "reviewer"),
        ("incomplete", "reviewer"),
        ("ok", "coder"),
    ]


def test_a_run_that_is_stopped_by_a_signal_is_remembered(flow: Flow) -> None:
    slow = flow.script("slow", {"text": "some words"}, {"wait": 60})
    process = flow.start(
        "-a",
        "reviewer",
        "-m",
        slow,
        "-t",
        "Look",
        "--no-stdin",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.read(1)
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 143

    run = json.loads(flow("history", "show", "--json").stdout)
    assert (run["status"], run["exit_code"], run["text"]) == ("interrupted", 143, "some words")


def test_show_and_export_print_what_the_schema_describes(flow: Flow) -> None:
    write(flow, "x = 1")
    schema = json.loads(flow("config", "schema", "run").stdout)
    Draft202012Validator.check_schema(schema)

    shown = json.loads(flow("history", "show", "--json").stdout)
    (exported,) = flow("history", "export", "--search", "Write a.py").stdout.splitlines()

    Draft202012Validator(schema).validate(shown)
    assert json.loads(exported) == shown
    assert (shown["task"], shown["agent"]) == ("Write a.py and b/c.py", "coder")
    assert [file["path"] for file in shown["files"]] == ["a.py", "b/c.py"]

    told = flow("history", "show", shown["run_id"][:15]).stdout
    assert "created: a.py" in told
    assert "Write a.py and b/c.py" in told


def test_runs_are_found_by_every_name_of_the_model_they_asked(flow: Flow) -> None:
    """As `--model` takes it; the answer to each is the same run."""
    assert (
        flow("-a", "reviewer", "-m", "sonnet", "-t", "Look", "--no-stdin").returncode == 4
    )  # there is no key

    for name in ("sonnet", "anthropic/sonnet", "anthropic", "anthropic/claude-sonnet-5-5"):
        (line,) = json.loads(flow("history", "list", "--json", "-m", name).stdout)
        assert line["model"] == "claude-sonnet-5-5"
    assert flow("history", "list", "-m", "opus").stderr == "no run is remembered that fits\n"


def test_what_a_forgotten_run_replaced_is_forgotten_with_it(flow: Flow) -> None:
    (flow.cwd / "a.py").write_text("the old words\n")
    write(flow, "x = 1")
    (folder,) = (Path(flow.env["HOME"]) / ".local/share/agentic-flow/undo").iterdir()
    (killed := folder.with_name("20260101-000000-000000-abcdef")).mkdir()  # of it no history is kept

    assert flow("history", "prune", "--max-size", "1KB").stdout == "1 run forgotten\n"

    assert (folder.exists(), killed.exists()) == (False, True)


def test_no_log_keeps_numbers_and_no_words(flow: Flow) -> None:
    model = flow.script("shy", {"text": "private answer"}, DONE)
    asked = ("-a", "reviewer", "-m", model, "-t", "private task", "--no-stdin", "--no-log")
    flow(*asked, "--check", "echo private")

    run = json.loads(flow("history", "show", "--json").stdout)

    assert (run["task"], run["text"], run["usage"]["output_tokens"]) == (None, "", 1)
    assert [(check["command"], check["exit_code"]) for check in run["checks"]] == [("", 0)]
    for file in Path(flow.env["HOME"]).rglob("ledger.*"):
        assert b"private" not in file.read_bytes()


def test_no_key_gets_into_the_ledger(flow: Flow) -> None:
    key = "sk-ant-0123456789abcdef"
    model = flow.script("echo", {"echo": True}, DONE)
    check = f"echo {key}; false"
    flow(
        "-a",
        "reviewer",
        "-m",
        model,
        "-t",
        f"Is {key} mine?",
        "--no-stdin",
        "--check",
        check,
        ANTHROPIC_API_KEY=key,
    )

    for file in Path(flow.env["HOME"]).rglob("ledger.*"):
        assert key.encode() not in file.read_bytes()
    shown = flow("history", "show").stdout
    assert "Is [providers.anthropic.apiKey] mine?" in shown


def test_a_ledger_that_cannot_be_written_does_not_lose_the_answer(flow: Flow) -> None:
    write(flow, "x = 1")
    (file,) = Path(flow.env["HOME"]).rglob("ledger.sqlite3")
    with sqlite3.connect(file) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()

    model = flow.script("words", {"text": "an answer"}, DONE)
    done = flow("-a", "reviewer", "-m", model, "-t", "Look", "--no-stdin")

    assert (done.returncode, done.stdout) == (0, "an answer")
    assert "written by a newer agentic-flow" in done.stderr
    assert "this run is not in the history" in done.stderr
    assert flow("history", "list").returncode == 3


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--status", "fine"], "expected ok | internal"),
        (["--since", "yesterday"], "expected a day such as"),
        (["--model", "sonet"], "expected PROVIDER/MODEL"),
    ],
)
def test_a_wish_that_cannot_be_understood_is_named(flow: Flow, arguments: list[str], complaint: str) -> None:
    done = flow("history", "list", *arguments)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_a_project_whose_folder_has_a_name_that_is_no_utf8(flow: Flow) -> None:
    """A run there works, is counted and remembered under a name that can be read, trusted, and taken back."""
    folder = flow.cwd / os.fsdecode(b"caf\xe9 projet")
    try:
        folder.mkdir()
    except OSError:
        pytest.skip("this file system takes only UTF-8")
    there = Flow(folder, flow.env)
    settings = (
        '{"defaults": {"check": ["grep -q 1 a.py"]}, "costOptimization": {"enabled": true, "budgetLimits":'
    )
    (folder / "router.config.json").write_text(settings + ' {"project": {"daily": 1}}}}')
    (folder / os.fsdecode(b"x\xe9.py")).write_text("y = 1\n")
    (folder / "a.py").write_text("mine\n")
    there.script("writer", {"text": "a.py\n```python\nx = 1\n```\n"}, DONE)
    words = ("-a", "coder", "-m", "scripted/writer.jsonl", "-t", "Write a.py", "--no-stdin", "--overwrite")

    done = there(*words, "--context", "*.py", "--trust-project", "--output-format", "json")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["checks"][0]["exit_code"] == 0
    run = json.loads(there("history", "show", "--json").stdout)
    assert run["project"].endswith("caf\\xe9 projet")
    assert run["output_dir"] == run["project"]
    (project,) = json.loads(there("costs", "report", "--json", "--by", "project").stdout)["by"]["project"]
    assert project["name"] == run["project"]
    assert there("history", "undo").stdout.strip() == run["run_id"]
    assert (folder / "a.py").read_text() == "mine\n"
