"""Which file names in a text are asked for, and which are only what a program reads or is called with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.filenames import file_names
from agentic_flow.core.mentions import named_files


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Write wc.py that counts the lines of a file: python wc.py notes.txt prints 3", ["wc.py"]),
        ("Usage of tally.py: python tally.py notes.txt", ["tally.py"]),
        ("Write tally.py, called as tally.py notes.txt", ["tally.py"]),
        ("Write sort.sh so that ./sort.sh names.txt prints the names sorted", ["sort.sh"]),
        ("cat notes.txt | python tally.py prints the number of lines", ["tally.py"]),
        ("Write find.py, used like this: python3 find.py word notes.txt", ["find.py"]),
        ("Write find.py: python find.py TODO src/main.c prints every line with TODO", ["find.py"]),
        ("Write fmt.py with options --input data.csv and --output out.csv", ["fmt.py"]),
        ("Write fmt.py, which knows the option --input=data.csv", ["fmt.py"]),
        ("Write fmt.py: python fmt.py --input=data.csv -o out.csv", ["fmt.py"]),
        ("Write tally.py; when called with notes.txt it prints the number of lines", ["tally.py"]),
        ("Create tally.py. It takes a file name, for example notes.txt, and prints its words", ["tally.py"]),
        ("main.py takes the path of a file, say report.csv, and prints its first line", ["main.py"]),
    ],
)
def test_an_argument_of_a_program_is_not_asked_for(text: str, names: list[str]) -> None:
    assert list(named_files(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Write tally.py which counts the words in a text file such as notes.txt", ["tally.py"]),
        ("tally.py should print the number of words in notes.txt", ["tally.py"]),
        ("A script tally.py to count the words in notes.txt", ["tally.py"]),
        ("Write main.py which searches for a word in notes.txt", ["main.py"]),
        ("Write conv.py that converts in.csv to out.json", ["conv.py"]),
        ("Write both.py that reads a.txt and b.txt and prints all lines sorted", ["both.py"]),
        ("Write both.py that reads a.txt, b.txt and prints all lines sorted", ["both.py"]),
        ("Write tally.py. If notes.txt holds two lines, it prints 2", ["tally.py"]),
        ("Write todo.py, a list whose tasks are stored in tasks.json", ["todo.py"]),
        ("Write todo.py; it should save the tasks to tasks.json", ["todo.py"]),
        ("Write stats.py; with scores.csv as its input it prints the mean", ["stats.py"]),
        ("Write tests for a.py and b.py in test_all.py", ["test_all.py"]),
        ("Write parse.py; it should write result.xml", ["parse.py"]),
        ("parse.py must create out.json from its input", ["parse.py"]),
        ("A script parse.py that should print its table and save out.csv", ["parse.py"]),
        ("Write app.py, and delete main.py", ["app.py"]),
        ("You should write data.json and load.py", ["data.json", "load.py"]),
        ("I want you to create users.csv", ["users.csv"]),
    ],
)
def test_what_a_program_reads_and_writes_is_not_asked_for(text: str, names: list[str]) -> None:
    assert list(named_files(text)) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Make a.py b.py c.py", ["a.py", "b.py", "c.py"]),
        ("Write `my notes.txt` and 'big plan.md'", ["my notes.txt", "big plan.md"]),
        ("Write `my plan.py`, run as `python go.py x.txt`", ["my plan.py", "go.py"]),
        ("Make a.py, b.py and data.csv", ["a.py", "b.py", "data.csv"]),
        ("Make `tool.py`, `data.csv` and `plan.md`", ["tool.py", "data.csv", "plan.md"]),
        ("Create index.html style.css", ["index.html", "style.css"]),
        ("Save three users as JSON in users.json and write report.py", ["users.json", "report.py"]),
        ("Put the helper in util.py and the settings in settings.json", ["util.py", "settings.json"]),
        ("Two files:\n- app.py\n- data.json", ["app.py", "data.json"]),
        ("Write notes.txt, and tally.py which counts the lines in notes.txt", ["notes.txt", "tally.py"]),
        ("main.py, which uses bank.py, and test_bank.py", ["main.py", "test_bank.py"]),
        (
            "Write count.py: python count.py words.txt prints them\nWrite a words.txt, too",
            ["count.py", "words.txt"],
        ),
    ],
)
def test_files_that_stand_side_by_side_are_all_asked_for(text: str, names: list[str]) -> None:
    assert list(named_files(text)) == names


WORDS = st.sampled_from(
    [
        "a.py",
        "b.txt",
        "c.json",
        "python",
        "-o",
        "and",
        "to",
        "in",
        "reads",
        "called",
        "with",
        "as",
        "input",
        "|",
        ":",
    ]
)


@given(st.lists(WORDS, max_size=12).map(" ".join) | st.text(max_size=60))
def test_only_names_in_the_text_are_asked_for(text: str) -> None:
    asked = named_files(text)
    assert set(asked) <= set(file_names(text))
    assert len(set(asked)) == len(asked)
