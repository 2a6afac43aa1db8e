"""What a model is shown of a check that failed: what says that it is wrong, and little else."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.values import Check
from agentic_flow.diagnosis import report_checks, report_refusal, telling_part

MODULE = """\
def first(numbers):
    return numbers[1]


def twice(number):
    return first([number])
"""
TESTS = """\
from module import first, twice


def test_first():
    print("noise " * 20)
    assert first(
        [1, 2]
    ) == 1


def test_twice():
    # a word on what is tested
    assert twice(2) == 4


def test_again():
    assert twice(3) == 6
"""


@pytest.fixture
def failing(tmp_path: Path) -> str:
    """Return what pytest says of the tests above."""
    (tmp_path / "module.py").write_text(MODULE)
    (tmp_path / "test_module.py").write_text(TESTS)
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout


def test_of_pytest_s_page_the_failing_statements_and_what_they_found_are_left(failing: str) -> None:
    said = telling_part(failing)

    assert said == (
        ">       assert first(\n            [1, 2]\n        ) == 1\n"
        "E       assert 2 == 1\nE        +  where 2 = first([1, 2])\n\n"
        ">       assert twice(2) == 4\n"
        "module.py:6: in twice\n    return first([number])\n"
        ">       return numbers[1]\nE       IndexError: list index out of range"
    )
    assert len(said) < len(failing) / 3


def test_of_a_traceback_the_last_one_is_left() -> None:
    trouble = 'Traceback (most recent call last):\n  File "a.py", line 1\nValueError: no'
    assert telling_part(f"many\nlines\n{trouble}\nTraceback (most recent call last):\nKeyError: 1\n") == (
        "Traceback (most recent call last):\nKeyError: 1"
    )


def test_of_a_traceback_the_places_in_libraries_are_left_out() -> None:
    def place(path: str, statement: str) -> str:
        return f'  File "{path}", line 8, in f\n    {statement}\n           ^^^^\n'

    head, end = (
        "Traceback (most recent call last):\n",
        "AttributeError: 'Blueprint' object has no attribute 'todos'\n",
    )
    library = place("/opt/venv/lib/python3.11/site-packages/flask/app.py", "rv = self.dispatch()")
    own = place("/tmp/x1/out/routes.py", "todos_bp.todos")  # noqa: S108
    check = Check("python call_api.py", 1, f"{head}{library}{own}{library}{end}GET /todos: got 500\n", 1)

    assert report_checks([check], ["store.py", "routes.py", "app.py"]) == (
        f'$ python call_api.py\n{head}  File "routes.py", line 8, in f\n    todos_bp.todos\n{end}'
        "GET /todos: got 500\n(exit code 1)"
    )
    assert "dispatch()" in telling_part(f"{head}{library}{end}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            '127.0.0.1 - - [26/Nov/2026 00:15:10] "GET / HTTP/1.1" 405 -',
            '127.0.0.1 - - "GET / HTTP/1.1" 405 -',
        ),
        ("[2026-11-26 01:07:44,431] ERROR in app: no", "ERROR in app: no"),
        ("<TodoStore object at 0x7f01a2b3c4d5> is no list", "<TodoStore object> is no list"),
        ("http://127.0.0.1:40311/todos: got 500", "http://127.0.0.1/todos: got 500"),
        ("http://localhost:8080/ refused", "http://localhost:8080/ refused"),  # a port that somebody chose
        ("assert '10:15:10' == '10:15:11'", "assert '10:15:10' == '10:15:11'"),
        ("assert 0xdeadbeef == 0", "assert 0xdeadbeef == 0"),
    ],
)
def test_what_is_another_each_time_is_left_out(one: str, other: str) -> None:
    assert telling_part(one) == other


def test_of_anything_else_the_end_is_left() -> None:
    assert telling_part("\n".join(map(str, range(100)))).splitlines() == [str(n) for n in range(60, 100)]


def test_a_check_is_named_with_how_it_ended_and_one_that_passed_is_not() -> None:
    checks = [
        Check("make", 2, "no rule\n", 1),
        Check("true", 0, "", 1),
        Check("syntax", 1, "bad\n", 1, built_in=True),
    ]
    assert report_checks(checks) == "$ make\nno rule\n(exit code 2)\n\nbad"


def test_a_file_is_called_as_the_model_called_it_wherever_it_lies() -> None:
    said = 'File "/tmp/x/out/pkg/a.py", line 1\n/a.py:2: in pkg/a.py, not /tmp/x/a.pyc nor x/tmp/a.py\n'
    assert report_checks([Check("t", 1, said, 1)], ["a.py", "pkg/a.py"]) == (
        '$ t\nFile "pkg/a.py", line 1\n/a.py:2: in pkg/a.py, not /tmp/.../a.pyc nor x/tmp/a.py\n(exit code 1)'
    )


def test_a_refused_path_is_told_with_the_place_where_the_file_may_go() -> None:
    assert report_refusal("../a.py", "it leads out", "a.py").endswith("Write that file as a.py.")
    assert report_refusal(".env", "it holds keys", None).endswith("Write that file at another path.")


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from(["___ a ___", "E   x", ">  y", "= z =", ""])).map("\n".join)
)
def test_whatever_a_check_says_its_report_is_short_and_some_of_it(output: str) -> None:
    said = telling_part(output)
    assert len(said) <= 2400
    assert bool(said.strip()) == bool(output.strip()) or not output.strip()


PLACES = {"/h/me/proj/out": ".", "/h/me/proj": ".", "/h/me": "$HOME", "/scratch": "/tmp"}  # noqa: S108


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("cd /h/me/proj; python /h/me/proj/tests/c.py > /dev/null", "cd .; python ./tests/c.py > /dev/null"),
        ("/opt/v/bin/python /h/me/c.py /etc/passwd", "python c.py /etc/passwd"),
        ("sh -c 'cd /srv/app/ && /srv/run'; cat /srv/app", "sh -c 'cd app/ && run'; cat app"),
        ("curl -s http://localhost:5000/todos/1", "curl -s http://localhost:5000/todos/1"),
        ("cat /h/me/my\\ own/notes", "cat $HOME/my\\ own/notes"),
    ],
)
def test_a_command_is_told_without_the_folders_of_this_machine(command: str, told: str) -> None:
    assert report_checks([Check(command, 1, f"in {command}", 1)], places=PLACES) == (
        f"$ {told}\nin {told}\n(exit code 1)"
    )


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("/h/me/proj/output /h/me/proj.bak /h/meadow", "./output $HOME/proj.bak /h/meadow"),
        ("in ../../../h/me/proj/tests/x.py", "in ./tests/x.py"),
        ("assert '/h/me/proj/out/a' == 'a'", "assert './a' == 'a'"),
        ("/scratch/tmpab12/x /tmp/notes.txt /tmp/tmp.Xy12Za", "/tmp/.../x /tmp/notes.txt /tmp/..."),  # noqa: S108
        ("/tmp/pytest-of-me/pytest-3/test_x0/a", "/tmp/.../test_x0/a"),  # noqa: S108
    ],
)
def test_no_folder_of_this_machine_is_told(said: str, told: str) -> None:
    assert report_checks([Check("make", 1, said, 1)], places=PLACES) == f"$ make\n{told}\n(exit code 1)"


def test_the_name_of_a_folder_below_the_root_may_be_something_else() -> None:
    said = "/app/routes.py: client.get('/app') gave 404"
    told = report_checks([Check("make", 1, said, 1)], places={"/app": "."})
    assert told == "$ make\n./routes.py: client.get('/app') gave 404\n(exit code 1)"
