"""A file that exists is replaced only with leave, keeps all but its words, and is not raced for."""

import hashlib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from agentic_flow import writing
from agentic_flow.core.errors import OutputProblem, ReplacesFile, UnsafeWrite
from agentic_flow.core.values import Draft, FileAction, FileChange
from agentic_flow.writing import Workspace, write
from tests.writing.pictures import take_picture

ROOT_SEES_ALL = os.geteuid() == 0


@pytest.fixture(autouse=True)
def _both_ways(way: str) -> None:
    """Run every test on open folders and by path."""


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "a.py"
    path.write_text("one\ntwo\n")
    return path


NEW = [Draft("a.py", "one\n2\n"), Draft("b.py", "b\n")]


def test_a_file_that_exists_is_not_replaced_unasked(tmp_path: Path, old: Path) -> None:
    with pytest.raises(ReplacesFile, match="--overwrite") as refusal:
        write(NEW, Workspace(tmp_path))

    assert refusal.value.path == "a.py"
    assert take_picture(tmp_path).keys() == {"a.py"}
    assert old.read_text() == "one\ntwo\n"


def test_overwrite_replaces_it_and_tells_the_difference(tmp_path: Path, old: Path) -> None:
    changes = write(NEW, Workspace(tmp_path, overwrite=True))

    assert [change.action for change in changes] == [FileAction.REPLACED, FileAction.CREATED]
    assert changes[0].diff == "--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
    assert old.read_text() == "one\n2\n"


def test_what_the_model_was_shown_may_be_replaced(tmp_path: Path, old: Path) -> None:
    write(NEW, Workspace(tmp_path, readable=frozenset({old.resolve()})))

    assert old.read_text() == "one\n2\n"


def test_a_person_is_asked_with_the_difference_in_sight(tmp_path: Path, old: Path) -> None:
    asked: list[Sequence[FileChange]] = []

    def yes(changes: Sequence[FileChange]) -> bool:
        asked.append(changes)
        return True

    write(NEW, Workspace(tmp_path, confirm=yes))

    assert [[change.path for change in changes] for changes in asked] == [["a.py"]]
    assert "+2\n" in asked[0][0].diff
    assert old.read_text() == "one\n2\n"


def test_a_no_writes_nothing(tmp_path: Path, old: Path) -> None:
    with pytest.raises(ReplacesFile, match="yes"):
        write(NEW, Workspace(tmp_path, confirm=lambda _: False))

    assert take_picture(tmp_path).keys() == {"a.py"}
    assert old.read_text() == "one\ntwo\n"


def test_the_same_content_is_left_alone_and_needs_no_leave(tmp_path: Path, old: Path) -> None:
    old.chmod(0o444)
    before = old.stat()

    changes = write([Draft("a.py", "one\ntwo\n")], Workspace(tmp_path))

    assert [change.action for change in changes] == [FileAction.UNCHANGED]
    assert old.stat() == before


def test_the_byte_order_mark_of_a_replaced_file_is_kept(tmp_path: Path, old: Path) -> None:
    """No reply says it, and some programs read a file by it."""
    old.write_bytes(b"\xef\xbb\xbfone\n")
    space = Workspace(tmp_path, overwrite=True)

    assert [change.action for change in write([Draft("a.py", "one\n")], space)] == [FileAction.UNCHANGED]
    (change,) = write([Draft("a.py", "two\n")], space)
    assert old.read_bytes() == b"\xef\xbb\xbftwo\n"
    assert change.sha256 == hashlib.sha256(old.read_bytes()).hexdigest()
    write([Draft("a.py", "\ufeffthree\n")], space)
    assert old.read_bytes() == b"\xef\xbb\xbfthree\n"


@pytest.mark.usefixtures("old")
def test_a_dry_run_says_what_it_would_do_and_does_nothing(tmp_path: Path) -> None:
    before = take_picture(tmp_path)

    changes = write(NEW, Workspace(tmp_path, dry_run=True, keep=tmp_path / "keep"))

    assert [change.action for change in changes] == [FileAction.REPLACED, FileAction.CREATED]
    assert "-two\n" in changes[0].diff
    assert take_picture(tmp_path) == before
    with pytest.raises(UnsafeWrite):
        write([Draft("../x", "")], Workspace(tmp_path, dry_run=True))


def test_the_mode_of_a_replaced_file_is_kept(tmp_path: Path, old: Path) -> None:
    old.chmod(0o755)
    write(NEW, Workspace(tmp_path, overwrite=True))
    assert stat.S_IMODE(old.stat().st_mode) == 0o755


def test_the_right_to_run_as_the_owner_is_not_passed_on(tmp_path: Path, old: Path) -> None:
    old.chmod(0o4755)
    write(NEW, Workspace(tmp_path, overwrite=True))
    assert stat.S_IMODE(old.stat().st_mode) == 0o755


@pytest.mark.skipif(not ROOT_SEES_ALL, reason="only root can give a file away")
def test_the_owner_of_a_replaced_file_is_kept(tmp_path: Path, old: Path) -> None:
    os.chown(old, 12345, 54321)
    write(NEW, Workspace(tmp_path, overwrite=True))
    assert (old.stat().st_uid, old.stat().st_gid) == (12345, 54321)


def test_another_name_of_the_file_keeps_the_old_bytes(tmp_path: Path, old: Path) -> None:
    """Replacing a file must not write through a hard link to a place that nobody named."""
    outside = tmp_path / "elsewhere.txt"
    outside.hardlink_to(old)

    write(NEW, Workspace(tmp_path, overwrite=True))

    assert old.read_text() == "one\n2\n"
    assert outside.read_text() == "one\ntwo\n"


def test_a_read_only_file_stays(tmp_path: Path, old: Path) -> None:
    old.chmod(0o444)
    with pytest.raises(UnsafeWrite, match="read-only"):
        write(NEW, Workspace(tmp_path, overwrite=True))
    assert old.read_text() == "one\ntwo\n"


def test_a_file_that_changes_while_a_person_thinks_is_not_replaced(tmp_path: Path, old: Path) -> None:
    def edits(_: Sequence[FileChange]) -> bool:
        old.write_text("three\n")
        return True

    with pytest.raises(OutputProblem, match="meanwhile"):
        write(NEW, Workspace(tmp_path, confirm=edits))

    assert old.read_text() == "three\n"
    assert not (tmp_path / "b.py").exists()


def test_a_folder_that_becomes_a_link_while_a_person_thinks_is_not_followed(tmp_path: Path) -> None:
    inside, outside = tmp_path / "out/d", tmp_path / "outside"
    inside.mkdir(parents=True)
    outside.mkdir()
    for folder in (inside, outside):
        (folder / "a.py").write_text("old\n")

    def swaps(_: Sequence[FileChange]) -> bool:
        inside.rename(tmp_path / "out/was")
        inside.symlink_to(outside)
        return True

    with pytest.raises(UnsafeWrite, match="link"):
        write([Draft("d/a.py", "new\n")], Workspace(tmp_path / "out", confirm=swaps))

    assert (outside / "a.py").read_text() == "old\n"


@pytest.mark.usefixtures("old")
def test_somebody_elses_file_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 4242)

    with pytest.raises(UnsafeWrite, match="somebody else"):
        write(NEW, Workspace(tmp_path, overwrite=True))


def test_a_group_that_cannot_be_kept_is_no_reason_to_fail(
    tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = old.stat().st_gid

    def refuses(*_: object) -> None:
        raise PermissionError

    if ROOT_SEES_ALL:
        os.chown(old, -1, group + 1)
    monkeypatch.setattr(os, "fchown", refuses)

    write(NEW, Workspace(tmp_path, overwrite=True))

    assert (old.read_text(), old.stat().st_gid) == ("one\n2\n", group)


def test_a_file_that_changes_at_the_last_moment_is_not_replaced(
    tmp_path: Path, old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edits(*_: object) -> Callable[[], None]:
        old.write_text("mine\n")
        return lambda: None

    monkeypatch.setattr(writing, "keep", edits)

    with pytest.raises(OutputProblem, match="somebody else"):
        write(list(reversed(NEW)), Workspace(tmp_path, overwrite=True, keep=tmp_path / "keep"))

    assert old.read_text() == "mine\n"
    assert take_picture(tmp_path).keys() == {"a.py"}


def test_a_folder_that_another_makes_first_is_used_and_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.mkdir

    def comes_too_late(name: Any, **where: Any) -> None:
        real(name, **where)
        raise FileExistsError

    with monkeypatch.context() as busy:
        busy.setattr(os, "mkdir", comes_too_late)
        busy.setattr(os, "replace", lambda *_, **__: (_ for _ in ()).throw(OSError("broken")))
        with pytest.raises(OutputProblem):
            write([Draft("d/a.py", "x\n")], Workspace(tmp_path))

    assert take_picture(tmp_path).keys() == {"d"}
