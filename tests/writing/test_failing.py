"""A write that cannot be finished leaves everything as it was, wherever it fails."""

import errno
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import Draft
from agentic_flow.writing import Workspace, folders, restore, write
from tests.writing.pictures import take_picture

CALLS = """
open write fsync close mkdir link replace unlink rmdir stat fstat lstat listdir fchmod fchown fdopen
"""


class Failing:
    """The system, where one call goes wrong."""

    def __init__(self, nth: int, failure: BaseException | None) -> None:
        self.left = nth
        self.failure = failure
        self.failed_at: str | None = None

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in CALLS.split():
            return real

        def call(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.failed_at = name
                if name == "close":  # a handle is gone even where closing it fails
                    real(*arguments, **named)
                self._fail()
            return real(*arguments, **named)

        return call

    def _fail(self) -> None:
        if self.failure is None:
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            raise self.failure


DRAFTS = [
    Draft("a.py", "new a\n"),
    Draft("same.py", "same\n"),
    Draft("pkg/b.py", "new b\n"),
    Draft("deep/er/c.py", "new c\n"),
    Draft("run.sh", "new d\n"),
]
SECOND = [Draft("a.py", "newer a\n"), Draft("deep/er/c.py", "newer c\n"), Draft("deep/f.py", "new f\n")]
"""What the same run writes afterwards."""


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    (folder / "pkg").mkdir(parents=True)
    (folder / "a.py").write_text("old a\n")
    (folder / "same.py").write_text("same\n")
    (folder / "pkg/b.py").write_text("old b\n")
    (folder / "run.sh").write_text("old d\n")
    (folder / "run.sh").chmod(0o755)
    return folder


def attempts(monkeypatch: pytest.MonkeyPatch, failure: BaseException | None) -> Iterator[Failing]:
    """Yield systems that fail at the first call, the second, ... until one is not asked that often."""
    for nth in range(1, 1000):
        system = Failing(nth, failure)
        monkeypatch.setattr(folders, "os", system)
        yield system
        monkeypatch.setattr(folders, "os", os)
        if system.failed_at is None:
            return
    pytest.fail("a write takes more than 1000 calls")


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize(
    "failure",
    [OSError(errno.ENOSPC, "No space left"), PermissionError(errno.EPERM, "no"), KeyboardInterrupt()],
)
def test_whichever_call_fails_all_is_written_or_nothing(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    before = take_picture(tmp_path)
    keep = tmp_path / "keep"
    failures = 0
    for system in attempts(monkeypatch, failure):
        done = True
        try:
            write(DRAFTS, Workspace(out, overwrite=True, keep=keep))
        except (OutputProblem, KeyboardInterrupt) as raised:
            failures += 1
            # An interruption may also come when all is done; an error then would be a lie.
            done = isinstance(raised, KeyboardInterrupt) and keep.exists()
        if done:
            monkeypatch.setattr(folders, "os", os)
            assert {draft.path: (out / draft.path).read_text() for draft in DRAFTS} == {
                draft.path: draft.text for draft in DRAFTS
            }
            restore(keep)
        assert take_picture(tmp_path) == before, system.failed_at
    assert failures > 30


def test_whichever_call_fails_all_is_taken_back_or_nothing(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = take_picture(tmp_path)
    space = Workspace(out, overwrite=True, keep=tmp_path / "keep")
    for system in attempts(monkeypatch, OSError(errno.EIO, "broken")):
        with monkeypatch.context() as whole:
            whole.setattr(folders, "os", os)
            write(DRAFTS, space)
        try:
            restore(tmp_path / "keep")
        except OutputProblem:
            new = [
                (out / draft.path).is_file() and (out / draft.path).read_text() == draft.text
                for draft in DRAFTS
            ]
            assert new in ([True] * 5, [False, True, False, False, False]), system.failed_at
            monkeypatch.setattr(folders, "os", os)
            if (tmp_path / "keep/undo.json").exists():
                restore(tmp_path / "keep")
        assert {
            name: s for name, s in take_picture(tmp_path).items() if not name.startswith("keep")
        } == before


def test_a_file_system_without_second_names_is_served_by_a_copy(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    before = take_picture(out)
    monkeypatch.setattr(os, "link", link)

    write(DRAFTS, Workspace(out, overwrite=True, keep=tmp_path / "keep"))
    assert (out / "a.py").read_text() == "new a\n"
    restore(tmp_path / "keep")
    assert take_picture(out) == before


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENAMETOOLONG])
def test_the_reason_is_said_in_words(out: Path, monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    def full(*_: object) -> int:
        raise OSError(error, "code")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OutputProblem, match="no file was changed") as problem:
        write(DRAFTS, Workspace(out, overwrite=True))
    assert "code" not in str(problem.value)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_writes_that_are_killed_can_be_taken_back(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After SIGKILL nothing runs, and yet what is kept by then brings all back, whichever call was last."""
    before = take_picture(out)
    keep = tmp_path / "keep"
    killed = 0
    for nth in range(1, 1000):
        child = os.fork()
        if child == 0:
            monkeypatch.setattr(folders, "os", Failing(nth, None))
            for drafts in (DRAFTS, SECOND):
                write(drafts, Workspace(out, overwrite=True, keep=keep))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        if (keep / "undo.json").exists():
            restore(keep)
        assert take_picture(out) == before, nth
        if not os.WIFSIGNALED(status):
            break
    assert killed > 60
