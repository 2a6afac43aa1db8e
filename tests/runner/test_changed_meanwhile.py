"""What a person does to a file while a run goes on is never written over; what its checks do is the run's."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agentic_flow.config import Flags, load_settings
from agentic_flow.core.events import AttemptStarted, RunFinished, TextDelta
from agentic_flow.core.values import FileChange, RunResult, Task
from agentic_flow.runner import run
from agentic_flow.wiring import RunOptions, undo_folder, wire
from agentic_flow.wiring.context import read_context
from agentic_flow.writing import restore

DONE = {"finish": "end", "input_tokens": 5, "output_tokens": 3}
BEFORE, MINE = "print('before')\n", "# mine\n"
_HERE = RunOptions(Path())


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    path = folder / "a.py"
    path.write_text(BEFORE)
    return path


def model(name: str, *codes: str) -> str:
    """Write what a model answers, file after file, and return its name."""
    lines = [
        line for code in codes for line in ({"text": f"a.py\n```python\n{code}\n```\n"}, DONE, {"next": True})
    ]
    Path(f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines[:-1]))
    return f"scripted/{name}.jsonl"


def change(
    *models: str, checks: tuple[str, ...] = (), edit: int = 0, options: RunOptions = _HERE
) -> RunResult:
    """Have the file changed; a person adds a line to it while the words of one of the answers come."""
    first, *ladder = models
    task = Task(
        "Change a.py so that it prints 1",
        "coder",
        context=read_context(["a.py"]).files,
        model=first,
        ladder=tuple(ladder),
        checks=checks,
    )
    begun = 0
    for event in run(task, wire(load_settings(Flags()), task, options)):
        begun += isinstance(event, AttemptStarted)
        if isinstance(event, TextDelta) and begun == edit:
            with Path("a.py").open("a") as file:
                file.write(MINE)
        if isinstance(event, RunFinished):
            return event.result
    raise AssertionError


def test_a_file_that_changed_after_the_model_was_shown_it_is_not_replaced(file: Path) -> None:
    for options in (_HERE, replace(_HERE, overwrite=True)):
        file.write_text(BEFORE)
        result = change(model("m", "print(1)"), edit=1, options=options)

        assert (result.exit_code, result.files) == (8, ())
        assert "'a.py' was refused: somebody changed it" in (result.error or "")
        assert "print(1)" in result.text
        assert file.read_text() == BEFORE + MINE


def test_whoever_sits_there_is_asked_with_the_difference_in_sight(file: Path) -> None:
    shown: list[FileChange] = []

    def yes(changes: Sequence[FileChange]) -> bool:
        shown.extend(changes)
        return True

    result = change(model("m", "print(1)"), edit=1, options=replace(_HERE, confirm=yes))

    assert (result.exit_code, file.read_text()) == (0, "print(1)\n")
    assert f"-{MINE}" in shown[0].diff
    restore(undo_folder(load_settings(Flags())) / result.run_id)
    assert file.read_text() == BEFORE + MINE


@pytest.mark.parametrize("ladder", [False, True])
def test_what_a_person_does_between_attempts_is_not_lost(file: Path, *, ladder: bool) -> None:
    models = [model("weak", "print(2)", "print(3)"), *([model("strong", "print(1)")] if ladder else [])]

    result = change(*models, checks=("grep -q 1 a.py",), edit=3 if ladder else 2)

    assert result.exit_code == 8
    assert file.read_text() == ("print(3)\n" if ladder else "print(2)\n") + MINE


def test_what_a_check_makes_of_the_files_is_the_runs_own_doing(file: Path) -> None:
    """A formatter, say: the next attempt may write over it, and all of it can be taken back."""
    formatter = "sed -i 's/print( */print(/' a.py; grep -q 1 a.py"

    result = change(model("m", "print(   2)", "print(   1)"), checks=(formatter,))

    assert (result.exit_code, len(result.attempts), file.read_text()) == (0, 2, "print(1)\n")
    restore(undo_folder(load_settings(Flags())) / result.run_id)
    assert file.read_text() == BEFORE


def test_what_a_check_makes_of_the_files_does_not_keep_a_stronger_model_from_a_clean_start(
    file: Path,
) -> None:
    noting = "echo noted >> a.py; grep -q 1 a.py"

    result = change(model("weak", "print(2)", "print(3)"), model("strong", "print(1)"), checks=(noting,))

    assert (result.exit_code, file.read_text()) == (0, "print(1)\nnoted\n")
    restore(undo_folder(load_settings(Flags())) / result.run_id)
    assert file.read_text() == BEFORE


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ("printf 'x = 1\\n' > a.py", ("replaced", 6, hashlib.sha256(b"x = 1\n").hexdigest())),
        ("rm a.py", ("removed", 0, "")),
    ],
)
def test_a_file_is_told_of_as_the_run_s_checks_have_left_it(
    file: Path, check: str, told: tuple[str, int, str]
) -> None:
    result = change(model("m", "print(1)"), checks=(check,))

    assert [(each.action, each.size, each.sha256) for each in result.files] == [told]
    restore(undo_folder(load_settings(Flags())) / result.run_id)
    assert file.read_text() == BEFORE
