"""In and about a folder that may not be entered, and where no file can be: failures in words, and no bug."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.program import Flow

DONE: dict[str, object] = {"finish": "end"}
RIGHTS = "-dac_override,-dac_read_search"


@pytest.fixture
def closed(flow: Flow) -> Iterator[Path]:
    """Return a folder that nobody may enter."""
    folder = flow.cwd.parent / "closed"
    folder.mkdir()
    folder.chmod(0)
    yield folder
    folder.chmod(0o700)


def run(flow: Flow, *arguments: str, shut: bool = False, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the program as somebody who is held to the rights of files, as root is not.

    `shut`: the working folder is closed behind it.
    """
    held = ["setpriv", "--bounding-set", RIGHTS, "--inh-caps", RIGHTS] if os.geteuid() == 0 else []
    if held and shutil.which("setpriv") is None:
        pytest.skip("root may enter everything, and there is no setpriv here")
    first = ["bash", "-c", 'chmod 0 . && exec "$@"', "-"] if shut else []
    return subprocess.run(
        [*first, *held, *flow.command(arguments)],
        cwd=flow.cwd,
        env={**flow.env, **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["-t", "x", "-c", "{}/a.py"], 2, "--context {}/a.py: cannot be read (Permission denied)"),
        (["-t", "x", "-c", "{}/*.py"], 2, "--context {}/*.py: cannot be read (Permission denied)"),
        (["-t", "x", "--config", "{}/c.json"], 3, "{}/c.json: cannot be read"),
        (["-t", "x", "--replay", "{}/r"], 2, "--replay {}/r: there is no such folder"),
        (["-t", "x", "--agents-dir", "{}/a"], 2, "--agents-dir: {}/a is not a folder"),
        (
            ["-t", "x", "-m", "onnx/smollm2", "--models-dir", "{}/m"],
            10,
            "smollm2-135m is not on this machine yet",
        ),
        (["batch", "{}/t.jsonl"], 2, "{}/t.jsonl: cannot be read (Permission denied)"),
        (["agents", "validate", "{}/a.md"], 3, "1 of 1 agent unusable"),
        (["download-model", "{}/x.gguf"], 2, "there is no {}/x.gguf"),
        (["download-model", "smollm2", "--models-dir", "{}/m"], 10, "cannot be written"),
        (["models", "remove", "smollm2", "--models-dir", "{}/m"], 10, "nothing was removed"),
    ],
    ids=lambda value: " ".join(value[-2:]) if isinstance(value, list) else "",
)
def test_what_is_named_there_is_refused_in_words(
    flow: Flow, closed: Path, arguments: list[str], code: int, said: str
) -> None:
    done = run(flow, *(argument.format(closed) for argument in arguments))

    assert (done.returncode, said.format(closed) in done.stderr) == (code, True), done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["batch", "t.jsonl", "--results", "l" * 300], 8, "File name too long"),
        (["download-model", "~nobody-of-that-name/x"], 2, "there is no ~nobody-of-that-name/x"),
        (["config", "check", "loop"], 3, "loop: cannot be read"),
        (["-t", "x", "-c", "loop/x"], 2, "--context loop/x: "),
        (["-t", "x", "-c", "l" * 300], 2, "File name too long"),
        (["batch", "loop"], 2, "loop: cannot be read"),
    ],
)
def test_a_name_that_no_file_can_have_is_said_to_be_none(
    flow: Flow, arguments: list[str], code: int, said: str
) -> None:
    (flow.cwd / "loop").symlink_to("loop")
    (flow.cwd / "t.jsonl").write_text('{"task": "x"}\n', encoding="utf-8")

    done = flow(*arguments)

    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"), [(["history", "list"], 3), (["costs", "report"], 3), (["history", "undo"], 8)]
)
def test_a_data_folder_there_is_said_not_to_be_readable_and_is_not_taken_for_empty(
    flow: Flow, closed: Path, arguments: list[str], code: int
) -> None:
    done = run(flow, *arguments, XDG_DATA_HOME=str(closed))

    assert done.returncode == code
    assert f"{closed}/agentic-flow" in done.stderr


def test_a_cache_there_costs_one_warning(flow: Flow, closed: Path) -> None:
    model = flow.script("hi", {"text": "hi"}, DONE)

    done = run(
        flow, "-a", "reviewer", "-m", model, "-t", "x", "--cache", "--no-stdin", XDG_CACHE_HOME=str(closed)
    )

    assert (done.returncode, done.stdout) == (0, "hi")
    assert done.stderr.count("cannot be used ([Errno 13] Permission denied") == 1


def test_whoever_stands_there_can_do_all_that_needs_no_file_of_it(flow: Flow, closed: Path) -> None:
    model = flow.script("hi", {"text": "a.py\n```python\nx = 1\n```\n"}, DONE)
    asked = ["-a", "coder", "-m", model, "-t", "Create a.py", "--no-stdin"]
    inside = Flow(closed, flow.env)

    for arguments, code in (
        (["agents", "list"], 0),
        (["config", "check"], 0),
        ([*asked, "--no-files"], 0),
        ([*asked, "-o", str(flow.cwd / "out")], 0),
        (asked, 8),
    ):
        closed.chmod(0o700)
        done = run(inside, *arguments, shut=True)
        assert done.returncode == code, done.stderr
    assert "Permission denied" in done.stderr
