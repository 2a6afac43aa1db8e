"""Lines of tasks in, entries out: what is wrong with a line is said with its place, and keeps to its line."""

import json
import os
from dataclasses import fields
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.batch.entries import Entry, read_entries
from agentic_flow.batch.keys import KEYS
from agentic_flow.batch.reading import count_rows, read_rows
from agentic_flow.batch.sources import LONGEST, Source, TaskPipe, read_again, source_of
from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.values import Priority
from agentic_flow.core.wishes import Form, Wish


def entries(text: str | bytes, form: Form = Form.JSONL, base: Wish | None = None) -> list[Entry]:
    """Read a whole file."""
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_entries(read_rows(BytesIO(data), form, "tasks"), "tasks", base or Wish()))


def only(text: str | bytes, form: Form = Form.JSONL) -> Entry:
    (entry,) = entries(text, form)
    return entry


def test_every_option_of_a_task_can_stand_in_a_line() -> None:
    """A field that `Wish` gains is one that a line may say, too."""
    asked_elsewhere = {"piped"}
    assert {field.name for field in fields(Wish)} - asked_elsewhere == set(KEYS) - {"id"}


def test_a_line_without_files_is_spared_the_checks_of_all_lines_but_not_its_own() -> None:
    lines = """{"task": "a"}
{"task": "b", "no_files": true}
{"task": "c", "no_files": true, "check": "true"}
"""
    checks = [entry.wish.check for entry in entries(lines, base=Wish(check=("pytest",))) if entry.wish]
    assert checks == [("pytest",), (), ("true",)]


def test_a_line_says_how_its_task_is_done() -> None:
    line = {
        "id": 7,
        "task": "Do\nit",
        "agent": "coder",
        "model": "onnx/default",
        "context": ["a.py", "b/*.py"],
        "check": "pytest",
        "output_dir": "out/7",
        "max_tokens": 100,
        "temperature": 0.5,
        "timeout": "2m",
        "overwrite": True,
    }
    entry = only(json.dumps(line))
    assert (entry.id, entry.line, entry.problem) == ("7", 1, "")
    assert entry.wish == Wish(
        task="Do\nit",
        agent="coder",
        model="onnx/default",
        context=("a.py", "b/*.py"),
        check=("pytest",),
        output_dir=Path("out/7"),
        max_tokens=100,
        temperature=0.5,
        timeout=120.0,
        overwrite=True,
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"{bad", "is not JSON"),
        (b"[1]", "found a list, expected an object"),
        (b'{"task": "a", "task": "b"}', "the key 'task' stands there twice"),
        (b'{"task": "\xff"}', "is not UTF-8 (byte 11 of the line)"),
        (b'{"task": "\\ud800"}', "task: found half a character"),
        (b'{"task": ""}', "task: found an empty text"),
        (b'{"task": 3}', "task: found 3, expected a text"),
        (b'{"id": "a"}', 'there is no "task"'),
        (b'{"task": "x", "modle": "y"}', "unknown key 'modle'; did you mean 'model'?"),
        (b'{"task": "x", "output-dir": "y"}', "did you mean 'output_dir'?"),
        (b'{"task": "x", "max_tokens": 0}', "max_tokens: found 0, expected a whole number from 1"),
        (b'{"task": "x", "temperature": NaN}', "NaN is no number"),
        (b'{"task": "x", "overwrite": "yes"}', "overwrite: found 'yes', expected true | false"),
        (b'{"task": "x", "priority": "fast"}', "priority: found 'fast', expected cost | balanced"),
        (b'{"task": "x", "context": [3]}', "context: found 3, expected a path or a pattern"),
        (b"[" * 100_000, "is n"),
    ],
)
def test_a_bad_line_says_what_would_do_and_the_next_is_read(line: bytes, says: str) -> None:
    bad, good = entries(line + b'\n{"id": "next", "task": "x"}\n')
    assert bad.wish is None
    assert says in bad.problem
    assert bad.place == "tasks:1"
    assert (good.id, good.place) == ("next", "tasks:2")


def test_a_line_without_an_id_is_known_by_its_number_and_empty_lines_count() -> None:
    found = entries('{"task": "a"}\n\n{"task": "b"}')
    assert [entry.id for entry in found] == ["1", "3"]


def test_the_second_line_of_an_id_is_refused() -> None:
    first, second = entries('{"id": "a", "task": "x"}\n{"id": "a", "task": "y"}\n')
    assert first.wish is not None
    assert (second.id, second.wish) == (None, None)
    assert "'a' is that of line 1 already" in second.problem


def test_a_table_says_the_same_as_lines() -> None:
    table = (
        "\ufeffid;task;overwrite;max_tokens;context;check\n"
        'a;"Say ""hi""\nand more; twice";TRUE;5;"[""a.py"", ""b.py""]";make test\n'
        "b;Do it;;;a.py;\n"
    )
    first, second = entries(table, Form.CSV)
    assert first.wish == Wish(
        task='Say "hi"\nand more; twice',
        overwrite=True,
        max_tokens=5,
        context=("a.py", "b.py"),
        check=("make test",),
    )
    assert (second.id, second.line, second.wish) == ("b", 4, Wish(task="Do it", context=("a.py",)))
    assert count_rows(BytesIO(table.encode()), Form.CSV) == 2


@pytest.mark.parametrize(
    ("cell", "says"),
    [("yes", True), ("1", True), ("True", True), (" no ", False), ("0", False), ("FALSE", False)],
)
def test_a_table_says_yes_and_no_as_tables_do(cell: str, says: bool) -> None:  # noqa: FBT001
    (entry,) = entries(f"task,overwrite\nDo it,{cell}\n", Form.CSV)
    assert entry.wish == Wish(task="Do it", overwrite=says)


def test_a_table_that_says_neither_is_a_mistake() -> None:
    (entry,) = entries("task,overwrite\nDo it,2\n", Form.CSV)
    assert "overwrite: found '2', expected true | false" in entry.problem


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (b"a,x,extra\n", "found 3 cells, expected 2"),
        (b"a,\xff\n", "is not UTF-8; save the table as UTF-8"),
        (b'a,"x"y\n', "cannot be read as a line of a table"),
        (b"a,\n", "task: found an empty text"),
    ],
)
def test_a_bad_row_keeps_to_itself(rows: bytes, says: str) -> None:
    bad, good = entries(b"id,task\n" + rows + b"b,fine\n", Form.CSV)
    assert says in bad.problem
    assert (good.id, good.wish) == ("b", Wish(task="fine"))


@pytest.mark.parametrize(
    ("heading", "says"),
    [
        ("id,task\n".encode("utf-16"), "is not UTF-8; save the table as UTF-8"),
        (b"id,tsk\n", "unknown column 'tsk'; did you mean 'task'?"),
        (b"id\n", 'no column "task"'),
        (b"task,task\n", "twice"),
    ],
)
def test_a_heading_that_cannot_be_used_is_refused_whole(heading: bytes, says: str) -> None:
    with pytest.raises(UsageMistake, match="tasks:1") as refused:
        entries(heading + b"a,b\n", Form.CSV)
    assert says in str(refused.value)


def test_what_a_line_says_wins_over_what_holds_for_all() -> None:
    base = Wish(model="onnx/default", max_tokens=5)
    named, routed, asked = entries(
        '{"task": "x", "model": "haiku"}\n{"task": "x", "auto_route": true}\n'
        '{"task": "x", "priority": "cost"}\n',
        base=base,
    )
    assert named.wish == Wish(task="x", model="haiku", max_tokens=5)
    assert routed.wish == Wish(task="x", auto_route=True, max_tokens=5)
    assert asked.wish == Wish(task="x", priority=Priority.COST, max_tokens=5)
    (back,) = entries('{"task": "x", "model": "haiku"}\n', base=Wish(auto_route=True))
    assert back.wish == Wish(task="x", model="haiku")


def test_another_wish_is_another_digest_and_the_id_is_no_part_of_it() -> None:
    texts = ('{"id": "a", "task": "x"}', '{"id": "b", "task": "x"}', '{"id": "a", "task": "y"}')
    one, renamed, other = (only(text).digest for text in texts)
    assert one == renamed != other
    assert entries(texts[0], base=Wish(model="haiku"))[0].digest != one


@pytest.mark.parametrize("name", ["tasks.jsonl", "tasks.csv"])
@pytest.mark.parametrize("again", [False, True])
def test_a_line_that_is_too_long_keeps_to_itself(tmp_path: Path, name: str, *, again: bool) -> None:
    """A file that can be read again, and a pipe."""
    long, lines = "x" * (LONGEST + 100), ['{"task": "fine"}', '{"task": "%s"}', '{"task": "last"}']
    if name.endswith("csv"):
        lines = ["task", "fine", "%s", "last"]
    path = tmp_path / name
    path.write_text("\n".join(lines) % long)
    source: Source = source_of(str(path), None, stdin=-1)
    if not again:
        handle = os.open(path, os.O_RDONLY)
        source = read_again(TaskPipe(handle, source.form, str(path)))
        os.close(handle)

    fine, bad, last = read_entries(read_rows(source.lines(), source.form, name), name, Wish())

    assert (fine.wish, last.wish) == (Wish(task="fine"), Wish(task="last"))
    assert "the line is longer than 33,554,432 bytes" in bad.problem
    assert (fine.line, bad.line, last.line) == ((2, 3, 4) if "csv" in name else (1, 2, 3))
    assert count_rows(source.lines(), source.form) == 3


def test_a_line_that_does_not_end_is_refused() -> None:
    source = source_of("/dev/zero", None, stdin=-1)
    with pytest.raises(UsageMistake, match="/dev/zero:1: the line does not end within 268,435,456 bytes"):
        count_rows(source.lines(), source.form)


@given(st.binary(max_size=300), st.sampled_from(Form))
def test_any_bytes_become_entries_or_one_refusal(data: bytes, form: Form) -> None:
    try:
        found = entries(data, form)
    except UsageMistake:
        return
    assert all((entry.wish is None) == bool(entry.problem) for entry in found)
    names = [entry.id for entry in found if entry.id is not None]
    assert len(names) == len(set(names))
    assert count_rows(BytesIO(data), form) == len(found)
