"""What a run did to a folder can be taken back, byte for byte."""

import json
import string
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import Draft, FileAction
from agentic_flow.writing import Workspace, restore, write
from tests.writing.pictures import take_picture


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.sh").write_bytes(b"\xffold\n")
    (tmp_path / "out/a.sh").chmod(0o750)
    return Workspace(tmp_path / "out", overwrite=True, keep=tmp_path / "undo/run-1")


def kept(space: Workspace) -> Path:
    assert space.keep
    return space.keep


@pytest.mark.usefixtures("way")
def test_a_run_is_taken_back_with_its_folders(tmp_path: Path, space: Workspace) -> None:
    before = take_picture(tmp_path / "out")
    write([Draft("a.sh", "new\n"), Draft("d/e/f.py", "x\n")], space)

    changes = restore(kept(space))

    assert {change.path: change.action for change in changes} == {
        "a.sh": FileAction.REPLACED,
        "d/e/f.py": FileAction.REMOVED,
    }
    assert take_picture(tmp_path / "out") == before
    assert not kept(space).exists()


def test_what_is_kept_is_for_its_owner_alone(space: Workspace) -> None:
    write([Draft("a.sh", "new\n")], space)

    assert kept(space).stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept(space).iterdir())


def test_an_output_folder_that_the_run_made_goes_too(tmp_path: Path) -> None:
    write([Draft("a.py", "x\n")], Workspace(tmp_path / "new/out", keep=tmp_path / "undo"))

    restore(tmp_path / "undo")

    assert list(tmp_path.iterdir()) == []


def test_several_writes_of_one_run_are_taken_back_at_once(tmp_path: Path, space: Workspace) -> None:
    before = take_picture(tmp_path / "out")
    write([Draft("a.sh", "first\n"), Draft("b/c.py", "first\n")], space)
    write([Draft("a.sh", "second\n"), Draft("d.py", "second\n")], space)
    write([Draft("b/c.py", "third\n"), Draft("b/x/y.py", "third\n")], space)

    restore(kept(space))

    assert take_picture(tmp_path / "out") == before


def test_what_changed_since_is_left_alone_until_forced(tmp_path: Path, space: Workspace) -> None:
    before = take_picture(tmp_path / "out")
    write([Draft("a.sh", "new\n"), Draft("b.py", "new\n")], space)
    (tmp_path / "out/b.py").write_text("my own work\n")
    since = take_picture(tmp_path)

    with pytest.raises(OutputProblem, match=r"b\.py.*--force"):
        restore(kept(space))
    assert take_picture(tmp_path) == since

    restore(kept(space), force=True)
    assert take_picture(tmp_path / "out") == before


def test_a_file_deleted_since_is_a_change_and_comes_back_when_forced(
    tmp_path: Path, space: Workspace
) -> None:
    before = take_picture(tmp_path / "out")
    write([Draft("a.sh", "new\n")], space)
    (tmp_path / "out/a.sh").unlink()

    with pytest.raises(OutputProblem, match=r"a\.sh"):
        restore(kept(space))
    restore(kept(space), force=True)

    assert take_picture(tmp_path / "out") == before


def test_a_new_file_deleted_since_needs_nothing(tmp_path: Path, space: Workspace) -> None:
    before = take_picture(tmp_path / "out")
    write([Draft("d/b.py", "new\n")], space)
    (tmp_path / "out/d/b.py").unlink()
    (tmp_path / "out/d").rmdir()

    assert restore(kept(space)) == ()
    assert take_picture(tmp_path / "out") == before


def test_a_folder_that_holds_somebody_elses_file_stays(tmp_path: Path, space: Workspace) -> None:
    write([Draft("d/e/b.py", "new\n")], space)
    (tmp_path / "out/d/mine.txt").write_text("mine\n")

    restore(kept(space))

    assert take_picture(tmp_path / "out").keys() == {"a.sh", "d", "d/mine.txt"}


def put_a_link_in_the_place_of_a_folder(tmp_path: Path, space: Workspace) -> None:
    write([Draft("a.sh", "new\n"), Draft("d/b.py", "new\n")], space)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/b.py").write_text("new\n")
    (tmp_path / "out/d/b.py").unlink()
    (tmp_path / "out/d").rmdir()
    (tmp_path / "out/d").symlink_to(tmp_path / "elsewhere")


def test_what_is_no_file_any_more_is_never_touched(tmp_path: Path, space: Workspace) -> None:
    put_a_link_in_the_place_of_a_folder(tmp_path, space)
    since = take_picture(tmp_path)

    with pytest.raises(
        OutputProblem, match="no folder any more; nothing was undone, --force undoes the others"
    ):
        restore(kept(space))
    assert take_picture(tmp_path) == since

    (tmp_path / "out/d").unlink()
    (tmp_path / "out/a.sh").unlink()
    (tmp_path / "out/a.sh").symlink_to(tmp_path / "elsewhere/b.py")
    with pytest.raises(OutputProblem, match="no file any more"):
        restore(kept(space))


def test_by_force_all_that_can_be_reached_is_taken_back_and_the_rest_later(
    tmp_path: Path, space: Workspace
) -> None:
    put_a_link_in_the_place_of_a_folder(tmp_path, space)
    elsewhere = take_picture(tmp_path / "elsewhere")

    with pytest.raises(OutputProblem, match=r"no folder any more; undone are only the others: a\.sh"):
        restore(kept(space), force=True)
    assert (tmp_path / "out/a.sh").read_bytes() == b"\xffold\n"
    assert take_picture(tmp_path / "elsewhere") == elsewhere
    with pytest.raises(OutputProblem, match="nothing was undone"):
        restore(kept(space), force=True)

    (tmp_path / "out/d").unlink()
    (tmp_path / "out/d").mkdir()
    (tmp_path / "out/d/b.py").write_text("new\n")
    restore(kept(space))
    assert take_picture(tmp_path / "out").keys() == {"a.sh"}


def test_a_root_that_leads_elsewhere_since_is_not_followed(tmp_path: Path, space: Workspace) -> None:
    write([Draft("a.sh", "new\n")], space)
    (tmp_path / "out").rename(tmp_path / "was")
    (tmp_path / "out").symlink_to(tmp_path / "was")

    with pytest.raises(OutputProblem, match="elsewhere"):
        restore(kept(space), force=True)


def test_nothing_kept_is_nothing_to_undo(tmp_path: Path, space: Workspace) -> None:
    with pytest.raises(OutputProblem, match="nothing is kept"):
        restore(tmp_path / "undo/run-2")
    write([Draft("a.sh", "new\n")], space)
    restore(kept(space))
    with pytest.raises(OutputProblem, match="nothing is kept"):
        restore(kept(space))


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "{}",
        "[]",
        '{"version": 1}',
        '{"version": 2}',
        '{"version": 1, "root": "/", "entries": [{"path": "../x"}]}',
    ],
)
def test_a_damaged_record_undoes_nothing(tmp_path: Path, space: Workspace, damage: str) -> None:
    write([Draft("a.sh", "new\n")], space)
    (kept(space) / "undo.json").write_text(damage)

    with pytest.raises(OutputProblem):
        restore(kept(space))
    assert (tmp_path / "out/a.sh").read_text() == "new\n"


def test_a_record_that_leads_out_undoes_nothing(tmp_path: Path, space: Workspace) -> None:
    write([Draft("b.py", "new\n")], space)
    (tmp_path / "b.py").write_text("new\n")
    record = kept(space) / "undo.json"
    record.write_text(record.read_text().replace('"b.py"', '"../b.py"'))

    with pytest.raises(OutputProblem, match="damaged"):
        restore(kept(space))
    assert (tmp_path / "b.py").exists()


@pytest.mark.parametrize("cut", [True, False])
def test_damaged_bytes_are_not_brought_back(tmp_path: Path, space: Workspace, *, cut: bool) -> None:
    write([Draft("a.sh", "new\n")], space)
    [blob] = [path for path in kept(space).iterdir() if path.name != "undo.json"]
    if cut:
        blob.write_bytes(b"old")
    else:
        blob.unlink()

    with pytest.raises(OutputProblem, match="damaged"):
        restore(kept(space), force=True)
    assert (tmp_path / "out/a.sh").read_text() == "new\n"


def test_one_run_writes_to_one_folder(tmp_path: Path, space: Workspace) -> None:
    write([Draft("a.sh", "new\n")], space)
    with pytest.raises(OutputProblem, match="one run writes to one folder"):
        write([Draft("a.sh", "new\n")], Workspace(tmp_path / "other", keep=space.keep))
    assert not (tmp_path / "other").exists()


def test_a_failing_second_write_keeps_what_the_first_kept(
    tmp_path: Path, space: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = take_picture(tmp_path / "out")
    write([Draft("a.sh", "first\n")], space)
    record = json.loads((kept(space) / "undo.json").read_text())

    with monkeypatch.context() as broken:
        broken.setattr("agentic_flow.writing.tree.Tree.sync", lambda _: (_ for _ in ()).throw(OSError("io")))
        with pytest.raises(OutputProblem):
            write([Draft("b.py", "second\n")], space)

    assert json.loads((kept(space) / "undo.json").read_text()) == record
    restore(kept(space))
    assert take_picture(tmp_path / "out") == before


# --- any run --------------------------------------------------------------------------------------

NAME = st.text(string.ascii_lowercase, min_size=2, max_size=2)
PATH = st.lists(NAME, min_size=1, max_size=3).map("/".join)
TREE = st.dictionaries(
    PATH, st.tuples(st.binary(max_size=20), st.sampled_from([0o600, 0o644, 0o755])), max_size=4
)
RUN = st.lists(st.dictionaries(PATH, st.text(max_size=10), min_size=1, max_size=3), min_size=1, max_size=3)


def build(root: Path, tree: dict[str, tuple[bytes, int]]) -> None:
    root.mkdir()
    for name, (data, mode) in tree.items():
        path = root / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            continue
        path.chmod(mode)


@settings(max_examples=200)
@given(TREE, RUN)
def test_any_run_is_taken_back_byte_for_byte(
    tree: dict[str, tuple[bytes, int]], run: Sequence[dict[str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as place:
        root, keep = Path(place, "out"), Path(place, "keep")
        build(root, tree)
        before = take_picture(root)
        for attempt in run:
            try:
                write(
                    [Draft(path, text) for path, text in attempt.items()],
                    Workspace(root, overwrite=True, keep=keep),
                )
            except OutputProblem:
                continue

        if keep.exists():
            restore(keep)

        assert take_picture(Path(place)) == {"out": take_picture(Path(place))["out"]} | {
            f"out/{name}": state for name, state in before.items()
        }
