"""What stands in the way of a draft: links, folders, pipes, names that some system takes for another."""

import os
from pathlib import Path

import pytest

from agentic_flow.core.errors import OutputProblem, UnsafeWrite
from agentic_flow.core.values import Draft
from agentic_flow.writing import Workspace, write
from tests.writing.pictures import take_picture


@pytest.fixture(autouse=True)
def _both_ways(way: str) -> None:
    """Run every test on open folders and by path."""


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
