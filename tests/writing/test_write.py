"""What becomes of drafts: files, whole and in their place, or nothing at all."""

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
from agentic_flow.writing import Workspace, planning, write
from tests.writing.pictures import take_picture

ROOT_SEES_ALL = os.geteuid() == 0


@pytest.fixture(autouse=True)
def _both_ways(way: str) -> None:
    """Run every test on open folders and by path."""


def test_new_files_are_made_with_their_folders(tmp_path: Path) -> None:
    drafts = [Draft("a.py", "x = 1\n"), Draft("pkg/sub/b.txt", "h\u00e9\n"), Draft("pkg/__init__.py", "")]

    changes = write(drafts, Workspace(tmp_path / "new" / "out"))

    assert [(change.path, change.action, change.size, change.diff) for change in changes] == [
        ("a.py", FileAction.CREATED, 6, ""),
        ("pkg/sub/b.txt", FileAction.CREATED, 4, ""),
        ("pkg/__init__.py", FileAction.CREATED, 0, ""),
    ]
    assert changes[0].sha256 == hashlib.sha256(b"x = 1\n").hexdigest()
    out = tmp_path / "new" / "out"
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "a.py",
        "pkg/__init__.py",
        "pkg/sub/b.txt",
    ]
    assert (out / "pkg/sub/b.txt").read_bytes() == "h\u00e9\n".encode()


def test_nothing_to_write_makes_no_folder(tmp_path: Path) -> None:
    assert write([], Workspace(tmp_path / "out")) == ()
    assert not (tmp_path / "out").exists()


def test_the_umask_decides_the_modes_of_what_is_new(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write([Draft("d/a.py", "x\n")], Workspace(tmp_path / "out"))
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "out/d/a.py").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "out/d").stat().st_mode) == 0o750


def test_one_bad_path_among_good_ones_writes_none(tmp_path: Path) -> None:
    with pytest.raises(UnsafeWrite) as refusal:
        write(
            [Draft("a.py", "x\n"), Draft("../b.py", "y\n"), Draft("c.py", "z\n")], Workspace(tmp_path / "out")
        )

    assert refusal.value.path == "../b.py"
    assert list(tmp_path.iterdir()) == []


# --- what exists ----------------------------------------------------------------------------------


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


# --- what stands in the way -----------------------------------------------------------------------


def test_a_link_is_never_followed_and_never_replaced(tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    (outside / "a.py").write_text("mine\n")
    (out / "file.py").symlink_to(outside / "a.py")
    (out / "new.py").symlink_to(outside / "new.py")
    (out / "folder").symlink_to(outside)
    (out / "inside").symlink_to(out)
    before = take_picture(tmp_path)

    for path in ("file.py", "new.py", "folder/a.py", "folder/b/c.py", "inside/x.py"):
        with pytest.raises(UnsafeWrite):
            write([Draft(path, "evil\n")], Workspace(out, overwrite=True))

    assert take_picture(tmp_path) == before


def test_the_output_folder_itself_may_be_reached_by_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    write([Draft("a.py", "x\n")], Workspace(tmp_path / "link"))

    assert (tmp_path / "real/a.py").read_text() == "x\n"


def test_a_folder_or_a_pipe_of_that_name_stays(tmp_path: Path) -> None:
    (tmp_path / "folder.py").mkdir()
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "file").write_text("x\n")
    before = take_picture(tmp_path)

    for path in ("folder.py", "pipe.py", "file/a.py"):
        with pytest.raises(UnsafeWrite):
            write([Draft(path, "y\n")], Workspace(tmp_path, overwrite=True))

    assert take_picture(tmp_path) == before


@pytest.mark.parametrize(
    ("there", "path"),
    [
        ("README.md", "readme.md"),
        ("src/a.py", "Src/b.py"),
        ("caf\u00e9.txt", "cafe\u0301.txt"),
        ("stra\u00dfe.txt", "STRASSE.txt"),
    ],
)
def test_a_name_that_some_system_takes_for_another_is_refused(tmp_path: Path, there: str, path: str) -> None:
    write([Draft(there, "x\n")], Workspace(tmp_path))

    with pytest.raises(UnsafeWrite, match="same name"):
        write([Draft(path, "y\n")], Workspace(tmp_path, overwrite=True))
    with pytest.raises(UnsafeWrite, match="same name"):
        write([Draft(there, "x\n"), Draft(path, "y\n")], Workspace(tmp_path / "other"))


@pytest.mark.parametrize("paths", [["a", "a/b.py"], ["a/b.py", "a"], ["a.py", "a.py"], ["x/a.py", "X"]])
def test_drafts_that_cannot_all_be_are_refused(tmp_path: Path, paths: list[str]) -> None:
    with pytest.raises(UnsafeWrite):
        write([Draft(path, "x\n") for path in paths], Workspace(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_files_beside_each_other_and_below_each_other_are_fine(tmp_path: Path) -> None:
    paths = ["a/b/c.py", "a/b/d.py", "a/e.py", "a.py", "b/c.py"]
    assert len(write([Draft(path, "x\n") for path in paths], Workspace(tmp_path))) == 5


def test_the_inside_of_a_repository_is_not_written_to(tmp_path: Path) -> None:
    for name in ("objects", "refs", "hooks"):
        (tmp_path / "bare.git" / name).mkdir(parents=True)
    (tmp_path / "bare.git/HEAD").write_text("ref: refs/heads/main\n")

    for root, path in ((tmp_path, "bare.git/hooks/post-update"), (tmp_path / "bare.git", "config")):
        with pytest.raises(UnsafeWrite, match="git repository"):
            write([Draft(path, "evil\n")], Workspace(root, overwrite=True))


def test_the_output_folder_may_not_lie_where_nothing_may_be_written(tmp_path: Path) -> None:
    (tmp_path / ".git/hooks").mkdir(parents=True)
    with pytest.raises(UnsafeWrite):
        write([Draft("pre-commit", "evil\n")], Workspace(tmp_path / ".git/hooks"))
    with pytest.raises(UnsafeWrite):
        write([Draft("workflows/ci.yml", "evil\n")], Workspace(tmp_path / ".github"))


def test_an_output_folder_that_is_a_file_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x\n")
    for root in (tmp_path / "out", tmp_path / "out/deeper"):
        with pytest.raises(OutputProblem, match="file"):
            write([Draft("a.py", "x\n")], Workspace(root))


def test_a_link_that_leads_in_a_circle_is_an_output_problem(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(OutputProblem):
        write([Draft("a.py", "x\n")], Workspace(tmp_path / "loop/out"))


# --- the disk -------------------------------------------------------------------------------------


def test_a_file_is_safe_on_the_disk_before_it_gets_its_name_and_its_folder_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    done: list[str] = []

    def syncs(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")

    def moves(*names: Any, **folders: Any) -> None:
        done.append("move")
        real(*names, **folders)

    real = os.replace
    monkeypatch.setattr(os, "fsync", syncs)
    monkeypatch.setattr(os, "replace", moves)

    write([Draft("a.py", "x\n"), Draft("b.py", "x\n")], Workspace(tmp_path))

    assert done == ["file", "file", "move", "move", *(["folder"] if way == "anchored" else [])]


# --- limits ---------------------------------------------------------------------------------------


def test_too_many_and_too_large_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "MOST_FILES", 2)
    monkeypatch.setattr(planning, "LARGEST_FILE", 10)
    monkeypatch.setattr(planning, "LARGEST_SUM", 15)
    space = Workspace(tmp_path, overwrite=True)

    for drafts in (
        [Draft(name, "x\n") for name in ("a", "b", "c")],
        [Draft("a", "x" * 11)],
        [Draft("a", "x" * 9), Draft("b", "x" * 9)],
    ):
        with pytest.raises(UnsafeWrite):
            write(drafts, space)
    (tmp_path / "big").write_text("y" * 20)
    with pytest.raises(UnsafeWrite, match="too large"):
        write([Draft("big", "x")], space)


def test_text_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsafeWrite, match="half a character"):
        write([Draft("a.txt", "\ud800")], Workspace(tmp_path))


# --- differences ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [
        (b"a", "b\n", "-a\n\\ No newline at end of file\n+b\n"),
        (b"a\n", "a", "+a\n\\ No newline at end of file\n"),
        (b"\xff\xfe", "b\n", "not text"),
        (b"x\n" * 6000, "b\n", "6000 lines become 1"),
        ("a\u2028b\n".encode(), "a\u2028c\n", "-a\u2028b\n+a\u2028c\n"),
    ],
)
def test_a_difference_is_one_that_patch_reads(tmp_path: Path, before: bytes, after: str, part: str) -> None:
    (tmp_path / "a.txt").write_bytes(before)

    [change] = write([Draft("a.txt", after)], Workspace(tmp_path, dry_run=True))

    assert part in change.diff
