"""What becomes of drafts: files, whole and in their place, or nothing at all."""

import hashlib
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.core.errors import UnsafeWrite
from agentic_flow.core.values import Draft, FileAction
from agentic_flow.writing import Workspace, planning, write


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


def test_an_output_folder_that_holds_a_project_s_agents_gets_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.chdir(tmp_path)

    write([Draft("overview.md", "x")], Workspace(tmp_path / "docs/agents"))
    write([Draft("README.md", "x")], Workspace(tmp_path / "agents"))
    with pytest.raises(UnsafeWrite, match="agent of the project"):
        write([Draft("coder.md", "x")], Workspace(tmp_path / "agents"))
