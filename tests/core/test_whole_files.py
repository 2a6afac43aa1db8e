"""A file that is replaced is the old one or the new one, and nothing is left beside it."""

from pathlib import Path

import pytest

from agentic_flow.core.whole_files import write_privately, write_whole
from tests.room import room

OLD, NEW = b"old\n", b"new\n" * 100


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_bytes(OLD)

    with room(50), pytest.raises(OSError, match="too large"):
        write_whole(path, NEW)

    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == {path: OLD}


def test_what_is_replaced_keeps_its_mode_and_what_is_new_is_as_open_as_asked(tmp_path: Path) -> None:
    shared, own = tmp_path / "page.html", tmp_path / "data" / "weights.json"
    shared.write_bytes(OLD)
    shared.chmod(0o664)

    write_whole(shared, NEW)
    write_privately(own, "{}")

    assert shared.read_bytes() == NEW
    assert [path.stat().st_mode & 0o777 for path in (shared, own, own.parent)] == [0o664, 0o600, 0o700]
    assert sorted(tmp_path.rglob("*")) == sorted([shared, own, own.parent])


def test_what_was_open_to_others_is_private_when_it_is_written_privately(tmp_path: Path) -> None:
    path = tmp_path / "weights.json"
    path.write_bytes(OLD)
    path.chmod(0o664)

    write_privately(path, "{}")

    assert (path.read_text(), path.stat().st_mode & 0o777) == ("{}", 0o600)
