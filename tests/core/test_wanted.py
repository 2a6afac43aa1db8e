"""Which of the files that a task names its reply is to hold."""

from pathlib import Path

import pytest

from agentic_flow.core.values import ContextFile, Task
from agentic_flow.core.wanted import changed_file, names_work, said_of, wanted_files


def asked(text: str, *shown: str) -> list[str | None]:
    context = tuple(ContextFile(Path("/w") / name, name, "") for name in shown)
    return list(wanted_files(Task(text, "coder", context=context)))


@pytest.mark.parametrize(
    ("task", "files"),
    [
        ("Create sum.py with add and a main.py that uses it", ["sum.py", "main.py"]),
        ("A package shop with shop/cart.py and shop/__init__.py", ["shop/cart.py", "shop/__init__.py"]),
        ("Make ages.csv and report.py, which reads ages.csv", ["ages.csv", "report.py"]),
        ("Write count.py: `python count.py words.txt` prints the words", ["count.py"]),
        ("I want this to work: `python count.py words.txt`", ["count.py"]),
        ("Write log.py, which appends each line to run.txt", ["log.py"]),
        ("app.py with a route. Do not touch the file setup.py", ["app.py"]),
    ],
)
def test_a_file_that_is_only_spoken_of_is_not_asked_for(task: str, files: list[str]) -> None:
    assert asked(task) == files


@pytest.mark.parametrize(
    ("task", "shown", "files"),
    [
        ("Write tests for a.py in test_a.py", ["a.py"], ["test_a.py"]),
        ("a.py has a class A. Write b.py with the same in French", ["a.py"], ["b.py"]),
        ("The sum in a.py is wrong. Correct it.", ["a.py"], ["a.py"]),
        ("Change a.py so that it calls the new b.py", ["a.py"], ["a.py", "b.py"]),
        ("Write tests for a.py", ["a.py"], ["test_a.py"]),
        ("please add unit tests for this", ["shop/a.py"], ["shop/test_a.py"]),
        ("Write a class like this, and tests", ["a.py"], []),
        ("The tests fail.", ["a.py"], []),
        ("Write tests for both", ["a.py", "b.py"], []),
        ("Make it faster", ["a.py"], []),
    ],
)
def test_a_file_that_was_given_is_asked_for_when_it_is_to_change(
    task: str, shown: list[str], files: list[str]
) -> None:
    assert asked(task, *shown) == files


@pytest.mark.parametrize(
    ("task", "shown", "files"),
    [
        ("Say in the README how to start it", ["README.md", "a.py"], ["README.md"]),
        ("Update the CHANGELOG", ["CHANGELOG.md"], ["CHANGELOG.md"]),
        ("Correct the sum in cart.py", ["shop/cart.py", "shop/bill.py"], ["shop/cart.py"]),
        ("Correct the sum in shop/cart.py", ["src/shop/cart.py", "src/old/cart.py"], ["src/shop/cart.py"]),
        ("Correct the sum in cart.py", ["new/cart.py", "old/cart.py"], []),
        ("Create cart.py at the top, like this one", ["shop/cart.py"], ["cart.py"]),
        ("The crash in server.log comes from an empty list", ["a.py"], []),
        ("Check `~/.netrc` by default, as said in NOTES.md", ["a.py"], []),
        ("Remove old.py, nothing uses it", ["main.py"], []),
        ("Pin click as setup.cfg has it", ["requirements.txt"], []),
        ("Respect the paths of tsconfig.json", ["load.ts"], []),
        ("Move the parser into parse.py", ["main.py"], ["main.py", "parse.py"]),
        ("Move the parser into parse.py", ["main.py", "all.py"], []),
        ("Move the tests to test_cart.py", ["tests/test_cart.py", "test.py"], ["tests/test_cart.py"]),
        ("Add a CHANGELOG entry", ["CHANGELOG.md"], ["CHANGELOG.md"]),
        ("Round as it says in the notes, see NOTES.md", ["a.py", "NOTES.md"], []),
        (
            "Split main.py: the parser goes to parse.py and the rest stays",
            ["main.py"],
            ["main.py", "parse.py"],
        ),
        ("Add a parser in parse.py and tests of it in test_parse.py", ["main.py"], ["parse.py"]),
        ("Add a link to feed.xml", ["index.html"], []),
        ("Add tests for an empty list", ["tests/test_cart.py"], []),
        ("Add parse.py and test_parse.py", ["main.py"], ["parse.py", "test_parse.py"]),
    ],
)
def test_beside_what_was_shown_another_file_is_asked_for_where_it_is_to_be_made(
    task: str, shown: list[str], files: list[str]
) -> None:
    assert asked(task, *shown) == files


def test_a_task_for_one_thing_without_a_name_asks_for_one_file() -> None:
    assert asked("Write a function that reverses a string") == [None]
    assert asked("Write a Flask application") == []
    assert asked("Write a script and its tests") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "Create sum.py with add(a, b) and a script main.py that uses it: `python main.py 1 2` prints 3.",
            {
                "sum.py": "sum.py with add(a, b)",
                "main.py": "main.py that uses it: `python main.py 1 2` prints 3.",
            },
        ),
        (
            "Make ages.csv with three names, and report.py, which reads ages.csv and prints the mean.",
            {
                "ages.csv": "ages.csv with three names",
                "report.py": "report.py, which reads ages.csv and prints the mean.",
            },
        ),
        ("a.py and b.py", {"a.py": "a.py", "b.py": "b.py"}),
        ("a.py " + "x" * 700 + " b.py is short", {"a.py": "", "b.py": "b.py is short"}),
        ("./c.py", {"d.py": ""}),
    ],
)
def test_what_a_task_says_of_a_file_reaches_up_to_the_next(text: str, said: dict[str, str]) -> None:
    assert {path: said_of(path, list(said), text) for path in said} == said


def test_a_lead_of_any_length_is_cut_off() -> None:
    assert said_of("a.py", ["a.py", "b.py"], "a.py is x" + " and the," * 60 + "b.py") == "a.py is x"


@pytest.mark.parametrize(
    "text", ["hi", "Hello there!", "Thank you.", "who are you?", "test", "How are you today?"]
)
def test_a_greeting_names_no_work(text: str) -> None:
    assert not names_work(Task(text, "coder"))
    assert names_work(Task(text, "coder", piped="x = 1"))
    assert names_work(Task(text, "coder", context=(ContextFile(Path("/w/a.py"), "a.py", ""),)))


@pytest.mark.parametrize(
    "text",
    ["fix it", "do it", "test it", "hello world", "hello.py", "print hi", "tests", "say hello in Go", "?"],
)
def test_few_words_can_name_work(text: str) -> None:
    assert names_work(Task(text, "coder"))


@pytest.mark.parametrize(
    ("task", "file"),
    [
        ("Add a method remove", "a.py"),
        ("Rename add to put", "a.py"),
        ("Write a docstring for each method", "a.py"),
        ("The total is wrong for negative counts", "a.py"),
        ("Füge eine Methode remove hinzu", "a.py"),
        ("Write a README", None),
        ("Add tests", None),
        ("Split this into modules", None),
        ("Port this to Go", None),
        ("Create a Dockerfile for this", None),
        ("Écris un script qui l'utilise", None),
        ("Correct a.py", None),
    ],
)
def test_a_change_that_names_no_file_is_one_of_the_one_that_is_shown(task: str, file: str | None) -> None:
    context = (ContextFile(Path("/w/a.py"), "a.py", ""),)
    assert changed_file(Task(task, "coder", context=context)) == file
    assert changed_file(Task(task, "coder", context=(*context, *context))) is None
