"""What a run did to files can be taken back, once, and not over somebody's later work."""

from tests.program import Flow

DONE = {"finish": "end", "input_tokens": 1, "output_tokens": 1}


def write(flow: Flow, text: str) -> None:
    """Let a run write `a.py` and a new `b/c.py`."""
    reply = f"a.py\n```python\n{text}\n```\nb/c.py\n```python\ny = 1\n```\n"
    model = flow.script("writer", {"text": reply}, DONE)
    task = "Write a.py and b/c.py"
    done = flow("-a", "coder", "-m", model, "-t", task, "--no-stdin", "--overwrite")
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
