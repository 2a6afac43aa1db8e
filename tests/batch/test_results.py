"""A file of results: whole lines only, one batch at a time, and what is in it need not be done again."""

import errno
import json
import os
import tty
from pathlib import Path

import pytest

from agentic_flow.batch.results import Before, ResultsFile, open_results
from agentic_flow.core.errors import OutputProblem, UsageMistake
from tests.room import room


def line(name: str | None, status: str = "ok", digest: str = "d") -> bytes:
    return json.dumps({"id": name, "status": status, "task_sha256": digest}).encode()


def test_a_new_batch_refuses_a_file_that_holds_results(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(line("a") + b"\n")
    with pytest.raises(UsageMistake, match="--resume"):
        open_results(path, None)
    assert path.read_bytes() == line("a") + b"\n"


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def test_results_stay_and_what_is_none_goes_out(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    good, failed, changed, foreign = (
        line("good"),
        line("failed", "provider"),
        line("changed"),
        line("foreign"),
    )
    torn = line("torn")[:20]
    path.write_bytes(b"\n".join([good, failed, changed, line(None, "usage"), good, b"{}", foreign, torn]))
    path.chmod(0o640)

    wanted = {"good": "d", "failed": "d", "changed": "other", "torn": "d"}
    file, before = open_results(path, wanted)
    with file:
        assert lines(path) == [good, failed, changed, good, foreign]
        file.put(line("torn"))

    assert before == Before(done=frozenset({"good"}), changed=frozenset({"changed"}))
    assert lines(path) == [good, failed, changed, foreign, line("torn")]
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_task_had_stays_until_it_has_a_newer_result(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    old = [line(name, "provider") for name in ("well", "badly", "not yet")]
    new = [line("well"), line("badly", "check"), line("changed", "budget", "other")]
    path.write_bytes(b"".join(row + b"\n" for row in (*old, line("changed"))))
    file, _ = open_results(path, dict.fromkeys(("well", "badly", "not yet"), "d") | {"changed": "other"})
    with file:
        for row in new:
            file.put(row)
        assert lines(path) == [*old, line("changed"), *new], "as a kill would leave it"

    assert lines(path) == [old[2], *new]
    again, before = open_results(path, {"well": "d"})
    again.close()
    assert (list(before.done), lines(path)) == (["well"], [old[2], *new])


def test_a_link_to_a_file_of_results_stays_one(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    path, link = tmp_path / "kept/r.jsonl", tmp_path / "r.jsonl"
    path.write_bytes(line("a", "provider") + b"\n")
    link.symlink_to(path)
    file, _ = open_results(link, {"a": "d"})
    with file:
        file.put(line("a"))
    assert link.is_symlink()
    assert path.read_bytes() == line("a") + b"\n"


@pytest.mark.parametrize(
    "words",
    [
        b'{"id": "a", "task": "Write it"}\n{"id": "b", "task": "Test it"}\n',
        b"notes of mine\n",
        b"notes without an end",
        b"id,task\n1,Write it\n",
        b"[]\n",
        b"\n",
        b"\xff\xfe",
    ],
)
@pytest.mark.parametrize("wanted", [None, {}, {"a": "d"}])
def test_a_file_that_holds_anything_else_is_left_as_it_is(
    tmp_path: Path, words: bytes, wanted: dict[str, str] | None
) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_bytes(words)
    with pytest.raises(UsageMistake, match="no file of results"):
        open_results(path, wanted)
    assert path.read_bytes() == words


@pytest.mark.parametrize("torn", [b"", b"{", b'{"id', line("a")[:12], b"\0\0\0", b"\0\0" + line("a")])
def test_what_a_crash_left_of_the_first_line_is_no_reason_to_stop(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(torn)
    file, before = open_results(path, {"a": "d"})
    with file:
        file.put(line("a"))
    assert (list(before.done), path.read_bytes()) == ([], line("a") + b"\n")


def test_a_task_that_is_done_as_it_is_asked_for_now_has_not_changed(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    old, new = line("a", digest="old"), line("a")
    path.write_bytes(old + b"\n" + new + b"\n")
    file, before = open_results(path, {"a": "d"})
    file.close()
    assert before == Before(done=frozenset({"a"}))
    assert path.read_bytes() == new + b"\n"


def test_a_file_with_only_good_results_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(line("a") + b"\n")
    number = path.stat().st_ino
    file, before = open_results(path, {"a": "d"})
    file.close()
    assert list(before.done) == ["a"]
    assert path.stat().st_ino == number


def test_two_batches_do_not_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    path.write_bytes(line("bad", "provider") + b"\n")
    file, _ = open_results(path, {"bad": "d"})
    with file, pytest.raises(UsageMistake, match="another batch"):
        open_results(path, {"bad": "d"})
    open_results(path, {})[0].close()


def test_a_full_disk_leaves_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    file, _ = open_results(path, None)
    file.put(line("a"))
    with room(path.stat().st_size + 10), pytest.raises(OutputProblem, match=r"r\.jsonl"):
        file.put(line("b"))
    assert path.read_bytes() == line("a") + b"\n"
    file.put(line("c"))
    file.close()
    assert path.read_bytes() == line("a") + b"\n" + line("c") + b"\n"


def test_a_file_that_somebody_removes_takes_no_more_and_nothing_in_it_is_told_safe(tmp_path: Path) -> None:
    path, told = tmp_path / "r.jsonl", list[str]()
    file = ResultsFile(path, os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND), clock=lambda: 0.0)
    file.when_safe(told.extend)
    file.put(line("a"), "a")
    path.unlink()

    with pytest.raises(OutputProblem, match="somebody removed it"):
        file.put(line("b"), "b")
    file.close()
    assert (told, path.exists()) == ([], False)


def test_a_file_that_was_removed_when_all_is_written_is_told_of_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    file, _ = open_results(path, None)
    file.put(line("a"))
    path.unlink()

    with pytest.raises(OutputProblem, match="somebody removed it"):
        file.close()


def test_a_file_that_is_moved_goes_on_growing(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    file, _ = open_results(path, None)
    file.put(line("a"))
    moved = path.rename(tmp_path / "moved.jsonl")
    file.put(line("b"))
    file.close()
    assert lines(moved) == [line("a"), line("b")]


def test_a_device_is_for_any_number_of_batches() -> None:
    reader, device = os.openpty()
    tty.setraw(device)
    try:
        one, _ = open_results(Path(os.ttyname(device)), None)
        other, before = open_results(Path(os.ttyname(device)), {"a": "d"})
        with one, other:
            one.put(line("a"))
            other.put(line("b"))
        assert before == Before()
        with os.fdopen(os.dup(reader), "rb", buffering=0) as said:
            assert [said.readline() for _ in "ab"] == [line("a") + b"\n", line("b") + b"\n"]
    finally:
        os.close(reader)
        os.close(device)


def test_a_line_is_told_safe_when_it_has_reached_the_disk_and_not_before(tmp_path: Path) -> None:
    now, safe = [0.0], list[str]()
    handle = os.open(tmp_path / "r.jsonl", os.O_RDWR | os.O_CREAT | os.O_APPEND)
    file = ResultsFile(tmp_path / "r.jsonl", handle, clock=lambda: now[0])
    file.when_safe(safe.extend)
    file.put(line("a"), "a")
    file.put(line(None), None)
    assert safe == []
    now[0] = 1.0
    file.put(line("b"), "b")
    assert safe == ["a", "b"]
    file.put(line("c"), "c")
    file.close()
    assert safe == ["a", "b", "c"]


def test_what_a_disk_failed_to_take_is_not_told_safe_when_it_takes_what_comes_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system says once that it lost what was written; the next time it has forgotten."""
    safe = list[str]()
    file, _ = open_results(tmp_path / "r.jsonl", None)
    file.when_safe(safe.extend)
    file.put(line("a"), "a")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", failing)
        with pytest.raises(OutputProblem, match="Input/output error"):
            file.sync()
    file.put(line("b"), "b")
    file.close()
    assert safe == ["b"]


def failing(_: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(OutputProblem, match="No such file"):
        open_results(tmp_path / "none" / "r.jsonl", None)
