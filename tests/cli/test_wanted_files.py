"""The files that a task names, and those of an answer: written, asked for again, or told of."""

import json
import sys

import pytest

from tests.program import Flow

HELLO = "hello.py\n```python\nprint('hello')\n```\n"
DONE = {"finish": "end", "input_tokens": 7, "output_tokens": 9}


def test_every_file_that_a_task_names_is_written_whatever_it_is_called(flow: Flow) -> None:
    names = ["top.sv", "solver.pyx", "schema.prisma", "scripts/deploy", "with space.md", "a.py"]
    said = "".join(f"{name}\n```\nx = 1\n```\n\n" for name in names)
    model = flow.script("all", {"text": said}, DONE)
    task = 'Create top.sv, solver.pyx, schema.prisma, scripts/deploy, "with space.md" and a.py'

    done = flow("-a", "coder", "-m", model, "-t", task, "--no-stdin", "-o", "out")

    assert done.returncode == 0
    assert "warning" not in done.stderr
    assert [name for name in names if (flow.cwd / "out" / name).is_file()] == names


def test_a_block_that_is_not_taken_for_a_file_is_said(flow: Flow) -> None:
    model = flow.script("more", {"text": f"{HELLO}\n```rust\nfn main() {{}}\n```\n"}, DONE)

    done = flow("-a", "coder", "-m", model, "-t", "Create hello.py", "--no-stdin", "-o", "out")

    assert done.returncode == 0
    assert "not taken for a file: the rust block in line 6 (it has no name)" in done.stderr


def test_a_file_that_the_answer_lacks_is_asked_for_once_and_then_said(flow: Flow) -> None:
    other = HELLO.replace("hello.py", "other.py")
    arguments = ("-a", "coder", "-t", "Create hello.py", "--no-stdin", "--output-format", "json")

    mended = flow(
        *arguments, "-m", flow.script("a", {"text": other}, DONE, {"next": True}, {"text": HELLO}, DONE)
    )
    assert [file["path"] for file in json.loads(mended.stdout)["files"]] == ["other.py", "hello.py"]
    assert "hello.py: the answer does not hold it; asking it again" in mended.stderr

    for path in ("other.py", "hello.py"):
        (flow.cwd / path).unlink()
    never = flow(*arguments, "-m", flow.script("b", {"text": other}, DONE))
    assert len(json.loads(never.stdout)["attempts"]) == 2
    assert [file["path"] for file in json.loads(never.stdout)["files"]] == ["other.py"]
    assert "the answer holds no hello.py" in never.stderr


def test_a_file_that_no_answer_may_write_is_not_asked_for_again_where_it_came_by_another_name(
    flow: Flow,
) -> None:
    answer = {"text": "AGENTS.md\n```markdown\n# How to work here\n```\n"}
    other = {"text": answer["text"].replace("AGENTS.md", "AGENTS.md.txt")}
    arguments = ("-a", "coder", "-t", "Write an AGENTS.md", "--no-stdin", "--output-format", "json")

    at_once: list[dict[str, object]] = [{**other}, DONE]
    told: list[dict[str, object]] = [{**answer}, DONE, {"next": True}, *at_once]

    for number, said in enumerate((at_once, told), start=1):
        done = flow(*arguments, "-m", flow.script(f"told-{number}", *said), "-o", f"out-{number}")
        assert [attempt["outcome"] for attempt in json.loads(done.stdout)["attempts"]][-1] == "ok"
        assert len(json.loads(done.stdout)["attempts"]) == number
        assert [file["path"] for file in json.loads(done.stdout)["files"]] == ["AGENTS.md.txt"]
        assert "does not hold it" not in done.stderr


@pytest.mark.parametrize(
    "then", [{"fail": "unavailable", "message": "down"}, {"fail": "limit", "message": "up"}]
)
def test_an_answer_that_lacks_a_file_stands_where_asking_for_it_brings_nothing(
    flow: Flow, then: dict[str, object]
) -> None:
    model = flow.script("a", {"text": HELLO}, DONE, {"next": True}, then)
    arguments = ("-a", "coder", "-m", model, "-t", "Create hello.py and other.py", "--no-stdin")

    done = flow(*arguments, "--output-format", "json", "--check", "true")

    result = json.loads(done.stdout)
    assert (done.returncode, result["status"], result["text"]) == (0, "ok", HELLO)
    assert [file["path"] for file in result["files"]] == ["hello.py"]
    assert [check["exit_code"] for check in result["checks"]] == [0]
    assert "the answer holds no other.py" in done.stderr

    failing = flow(*arguments, "-o", "else", "--check", "false")
    assert failing.returncode == 9
    assert "takes them back" in failing.stderr


def test_a_file_for_a_newer_python_is_written_and_told_of(flow: Flow) -> None:
    newer: dict[str, object] = {"text": "a.py\n```python\ntry:\n    f()\nexcept A, B:\n    pass\n```\n"}
    model = flow.script("newer", newer, DONE)

    done = flow("-a", "coder", "-m", model, "-t", "Create a.py", "--no-stdin")

    assert done.returncode == 0
    assert ("a.py: needs a newer Python than 3." in done.stderr) is (sys.version_info < (3, 14))


def test_data_that_the_program_makes_itself_is_not_asked_for_again(flow: Flow) -> None:
    todo: dict[str, object] = {"text": "todo.py\n```python\nopen('tasks.json', 'a').close()\n```\n"}
    task = "Build a CLI todo.py storing tasks in tasks.json"

    done = flow("-a", "coder", "-m", flow.script("todo", todo, DONE), "-t", task, "--no-stdin")

    assert done.returncode == 0
    assert "asking it again" not in done.stderr
    assert "the answer holds no tasks.json, which the task seems to ask for" in done.stderr


QUERY = "SELECT name FROM customers ORDER BY spent DESC LIMIT 10;\n"


def test_a_query_without_a_name_is_all_that_is_asked_for_and_one_with_a_name_is_a_file(flow: Flow) -> None:
    task = "Write a SQL query that lists the ten best customers"
    bare = flow.script("bare", {"text": f"Here it is:\n\n```sql\n{QUERY}```\n"}, DONE)
    named = flow.script("named", {"text": f"top.sql\n```sql\n{QUERY}```\n"}, DONE)

    seen = flow("-a", "sql", "-m", bare, "-t", task, "--no-stdin", "--output-format", "json")
    written = flow("-a", "sql", "-m", named, "-t", task, "--no-stdin")

    result = json.loads(seen.stdout)
    assert (result["exit_code"], len(result["attempts"]), result["files"]) == (0, 1, [])
    assert "the answer is in words, and no file was written" in seen.stderr
    assert (written.returncode, (flow.cwd / "top.sql").read_text()) == (0, QUERY)


def test_a_regex_is_answered_in_words_and_that_is_said(flow: Flow) -> None:
    model = flow.script("model", {"text": "```regex\n\\d{4}-\\d\\d-\\d\\d\n```\n"}, DONE)

    done = flow("-a", "coder", "-m", model, "-t", "Write a regex that matches ISO dates", "--no-stdin")

    assert done.returncode == 0
    assert (
        "the task asks for a line of code, so it is answered in words; ask for a file by name" in done.stderr
    )
