"""A reply that gives a part of a shown file never takes the whole file's place; one that changes it does."""

import re
import textwrap

import pytest

from agentic_flow.extraction import Extraction, extract


def body(number: int) -> str:
    return f"def f{number}(x):\n    y = x + {number}\n    return y\n"


LONG = "\n\n".join(map(body, range(50)))
SCRIPT = "\n".join(f"function f{n}(x) {{\n  return x + {n};\n}}" for n in range(20))
STYLE = "\n".join(f".c{n} {{\n  margin: {n}px;\n  padding: 0;\n}}" for n in range(20))
SETTINGS = "".join(f"key{n}: {n}\n" for n in range(30))
NOTES = "".join(f"Line {n} of some prose that nobody can tell apart.\n" for n in range(60))

MERGE = """def merge(a, b):
    result = []
    while a and b:
        if a[0] <= b[0]:
            result.append(a.pop(0))
        else:
            result.append(b.pop(0))
    while a:
        result.append(a.pop(0))
    while b:
        result.append(b.pop(0))
    return result
"""
REST = "    # Add the remaining elements\n    return result + a + b\n"


def changed(path: str, before: str, after: str, task: str = "Make f3 return 99") -> Extraction:
    reply = f"{path}\n```\n{after.rstrip()}\n```\n"
    return extract(reply, context=[path], named=[path], texts={path: before}, task=task)


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("big.py", LONG, "def f3():\n    return 99\n"),
        ("big.py", LONG, f"{body(1)}\n\n{body(2)}\n\n{body(3)}"),
        ("a.js", SCRIPT, "function f3(x) {\n  return 99;\n}\n"),
        ("a.css", STYLE, ".c3 {\n  margin: 9px;\n}\n"),
        ("a.yaml", SETTINGS, "key3: 99\n"),
        ("notes.md", NOTES, "Line 3 of some other prose.\n"),
        ("short.yaml", "a: 1\nb: 2\nc: 3\nd: 4\n", "a: 9\n"),
        ("short.md", "# T\n\nA tool.\n\n## Install\n\npip\n\n## Use\n\nrun\n", "## Use\n\nrun it\n"),
        ("short.html", "<html>\n<body>\n<h1>Hi</h1>\n<p>a</p>\n</body>\n</html>\n", "<h1>Hello</h1>\n"),
        ("empty.py", MERGE, ""),
        ("a.py", LONG, f"{body(1)}\n...\n\n{LONG[: LONG.index('def f30')]}"),
        ("a.py", LONG, LONG.replace("    y = x + 3\n    return y\n", "    ...\n")),
        ("a.py", LONG, LONG.replace("    y = x + 3\n", "    ...\n")),
        ("a.js", SCRIPT, f"...\n{SCRIPT[: SCRIPT.index('function f17')]}"),
        ("a.py", LONG, f"# f20 to f49 stay the same as before\n{LONG[: LONG.index('def f30')]}"),
        ("a.js", SCRIPT, f"{SCRIPT[: SCRIPT.index('function f15')]}// TODO: add the remaining functions\n"),
    ],
)
def test_what_leaves_most_of_a_shown_file_out_is_asked_back(path: str, before: str, after: str) -> None:
    found = changed(path, before, after)

    assert found.drafts == ()
    assert "would be lost" in found.problems[0] or "are left out" in found.problems[0]


STUBS = "from typing import Protocol, overload\n\n\nclass P(Protocol):\n    def f(self) -> int: ...\n"


@pytest.mark.parametrize(
    ("path", "before", "after", "task"),
    [
        ("big.py", LONG, LONG.replace("x + 3", "99"), "Make f3 return 99"),
        ("big.py", LONG, "def f3():\n    return 99\n", "Shorten big.py and keep only f3"),
        ("big.py", LONG, "def f(x, n):\n    return x + n\n", "Make big.py simpler and more compact"),
        ("big.py", LONG, body(3), "Remove all functions but f3"),
        (
            "big.py",
            LONG,
            LONG[: LONG.index("def f40")],
            "Remove " + ", ".join(f"f{n}" for n in range(40, 50)),
        ),
        ("big.py", LONG, LONG[: LONG.index("def f9")], "Remove the methods that are not used: dead code"),
        ("three.py", "".join(map(body, range(3))), body(2), "Delete f0 and f1"),
        ("a.py", "x = 1\n", "y = 2\n", "Say y"),
        ("a.py", f"{STUBS}\n\n{body(1)}", f"{STUBS}    def g(self) -> str: ...\n\n\n{body(2)}", "Add g to P"),
        ("a.py", body(1), f"class E(Exception): ...\n\n\n{body(1)}", "Add an exception"),
        ("a.pyi", "def f(x): ...\n", "def f(x): ...\ndef g(x): ...\n", "Add g"),
        (
            "a.py",
            f"from typing import overload\n\n\n{body(1)}",
            f"from typing import overload\n\n\n@overload\ndef f1(x: int) -> int: ...\n\n\n{body(1)}",
            "Add an overload",
        ),
        ("a.py", LONG, f"# The sums stay the same as before.\n{LONG}", "Say so"),
        (
            "a.py",
            MERGE,
            f"{MERGE[: MERGE.index('    while a:')]}{REST}",
            "Let merge add what is left at once",
        ),
        ("a.yaml", "---\na: 1\n...\n", "---\na: 2\n...\n", "Make a 2"),
        ("a.py", f"# ... rest unchanged\n{body(1)}", f"# ... rest unchanged\n{body(2)}", "Make it f2"),
    ],
)
def test_what_a_task_asks_for_is_no_loss(path: str, before: str, after: str, task: str) -> None:
    found = changed(path, before, after, task)

    assert found.problems == ()
    assert [draft.path for draft in found.drafts] == [path]


IMPORTING = (
    f"import json\nimport math\n\n\n{LONG}\n\ndef show(x):\n    print(json.dumps(math.floor(f3(x))))\n"
)
PAGE = "<html>\n<body>\n" + "".join(f"<p>Text {n}</p>\n" for n in range(30)) + "</body>\n</html>\n"
SHELL = "#!/bin/sh\n" + "".join(f"if [ -f {n} ]; then\n  rm {n}\nfi\n" for n in range(20))
GENERIC = "// Sums\n" * 20 + "fn main() -> Result<(), Box<dyn Error>> {\n    run::<Sum>()\n}\n"
README = (
    "# Tool\n\nIt helps.\n\n## Use\n\nRun it.\n\n## Questions\n\n"
    + "".join(f"### Question {n}\n\nAn answer to it.\n\n" for n in range(9))
    + "## Licence\n\nMIT\n"
)


@pytest.mark.parametrize(
    ("path", "before", "after", "task"),
    [
        ("a.py", LONG, LONG[: LONG.index("    return y\n", 600)], "Refactor a.py"),
        ("a.py", IMPORTING, IMPORTING[IMPORTING.index("def show") :], "Simplify show in a.py"),
        ("a.py", LONG, body(20).replace("+ 20", "- 20"), "Simplify f20"),
        ("a.js", SCRIPT, SCRIPT[: SCRIPT.index("  return x + 9")], "Clean a.js up"),
        ("a.sh", SHELL, SHELL[: SHELL.index("fi\nif [ -f 9")], "Rewrite a.sh, it is too long"),
        ("a.html", PAGE, PAGE[: PAGE.index("<p>Text 9")], "Simplify the page"),
        ("README.md", README, "### Question 3\n\nAnother answer.\n", "Simplify the answer to question 3"),
        ("README.md", README, README[: README.index("### Question 4")], "Remove the word helps"),
        ("a.py", LONG, "", "Remove f3"),
        ("a.py", "x = 1\n", "", "Set x to 2"),
    ],
)
def test_a_piece_is_none_the_better_for_a_task_that_asks_for_less(
    path: str, before: str, after: str, task: str
) -> None:
    found = changed(path, before, after, task)

    assert found.drafts == ()
    assert "would be lost" in found.problems[0]


@pytest.mark.parametrize(
    ("path", "before", "after", "task"),
    [
        ("a.py", LONG, "def f(x, n):\n    return x + n\n", "Refactor a.py, one function is enough"),
        (
            "README.md",
            README,
            README[: README.index("## Questions")] + README[README.index("## Licence") :],
            "Remove the questions section",
        ),
        ("README.md", README, "# Tool\n\nIt helps all.\n\n## How\n\nStart it.\n", "Rewrite README.md"),
        ("a.rs", GENERIC, GENERIC[GENERIC.index("fn main") :], "Refactor a.rs"),
        ("a.py", MERGE, "def merge(a, b):\n    return [*heapq.merge(a, b)]\n", "Use heapq in merge"),
    ],
)
def test_a_file_may_become_much_shorter_where_that_is_what_it_is_about(
    path: str, before: str, after: str, task: str
) -> None:
    found = changed(path, before, after, task)

    assert found.problems == ()
    assert [draft.text for draft in found.drafts] == [after]


LOOPS = "\n\n".join(
    f"def {name}(items):\n    result = []\n    for item in items:\n"
    f"        result.append(item.{name})\n    return result\n"
    for name in ("names", "sizes", "dates", "owners")
)
SHORT_LOOPS = re.sub(
    r"result = .*\n.*\n.*append\((.*)\)\n    return result", r"return [\1 for item in items]", LOOPS
)
ROUTES = "function show(page) {\n  return page\n}\n\n" + "\n".join(
    f"app.get('/{n}', (_, answer) => {{\n  answer.send(show({n}))\n}});\n" for n in range(9)
)
LENGTH = "    def length(self):\n        return (self.x**2 + self.y**2) ** 0.5\n"
POINT = f"""\
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __repr__(self):
        return f"Point({{self.x}}, {{self.y}})"

    def __eq__(self, other):
        if not isinstance(other, Point):
            return NotImplemented
        return self.x == other.x and self.y == other.y

    def __hash__(self):
        return hash((self.x, self.y))

{LENGTH}"""
DATA_CLASS = (
    f"from dataclasses import dataclass\n\n\n@dataclass\nclass Point:\n    x: float\n    y: float\n\n{LENGTH}"
)
HYPOT = "    def length(self):\n        return hypot(self.x, self.y)\n"
TOOL = """\
import sys


def usage():
    print("tool.py FILE")
    sys.exit(2)


def parse():
    args = sys.argv[1:]
    files = []
    verbose = False
    while args:
        arg = args.pop(0)
        if arg == "-v":
            verbose = True
        elif arg.startswith("-"):
            usage()
        else:
            files.append(arg)
    if len(files) != 1:
        usage()
    return verbose, files[0]
"""
PARSE = """\
def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("-v", action="store_true")
    parser.add_argument("file")
    args = parser.parse_args()
    return args.v, args.file
"""
TESTS = "from a import add\n\n\n" + "\n\n".join(
    f"def test_add_{n}():\n    result = add({n}, 1)\n    assert result == {n + 1}\n" for n in range(9)
)
TEST = """\
import pytest
from a import add


@pytest.mark.parametrize("n", range(9))
def test_add(n):
    assert add(n, 1) == n + 1
"""


@pytest.mark.parametrize(
    ("before", "after", "task"),
    [
        (LOOPS, SHORT_LOOPS, "Make this more pythonic"),
        (LOOPS, SHORT_LOOPS, "Mach das schneller"),
        (POINT, DATA_CLASS, "Use a dataclass"),
        (TOOL, f"import argparse\n\n\n{PARSE}", "Switch to argparse"),
        (TESTS, TEST, "Parametrize the tests"),
    ],
)
def test_what_is_done_in_fewer_lines_loses_nothing(before: str, after: str, task: str) -> None:
    """All functions are still there, or the way that the task names needs no others."""
    assert changed("a.py", before, after, task).problems == ()


@pytest.mark.parametrize(
    ("before", "after", "task"),
    [
        (LOOPS, SHORT_LOOPS[SHORT_LOOPS.index("def owners") :], "Make this more pythonic"),
        (LOOPS, f"import heapq\n\n\n{SHORT_LOOPS[SHORT_LOOPS.index('def owners') :]}", "Use heapq in owners"),
        (POINT, f"from math import hypot\n\n\nclass Point:\n{HYPOT}", "Use hypot in length"),
        (POINT, f"from math import hypot\n\n\n{textwrap.dedent(HYPOT)}", "Use hypot in length"),
        (TOOL, PARSE, "Switch to argparse"),
        (LOOPS, re.sub(r"    result = (?:.|\n)*?return result", "    pass", LOOPS), "Make it faster"),
        (ROUTES, ROUTES[: ROUTES.index("app.get('/3'")], "Call it show"),
    ],
)
def test_a_piece_in_the_way_that_the_task_names_is_a_piece(before: str, after: str, task: str) -> None:
    found = changed("a.py", before, after, task)
    assert found.drafts == ()
    assert "would be lost" in found.problems[0]


@pytest.mark.parametrize("outlined", [[], ["README.md"]])
def test_a_reply_that_is_a_part_of_the_one_document_it_was_shown_does_not_take_its_place(
    outlined: list[str],
) -> None:
    found = extract(
        "# Usage\n\nRun it with `tool`.\n",
        context=["README.md"],
        named=["README.md"],
        texts={"README.md": README},
        outlined=outlined,
        task="Add a section on usage to README.md",
    )

    assert found.drafts == ()
    assert ("its outline" if outlined else "would be lost") in found.problems[0]


def test_what_another_file_of_the_answer_gains_is_not_lost() -> None:
    cut = LONG.index("def f9")
    whole = f"a.py\n```\n{LONG[:cut]}```\n\n"
    moved = f"{whole}b.py\n```\n{LONG[cut:]}```\n"
    task = "Move half of the functions to b.py"

    both = extract(moved, context=["a.py"], texts={"a.py": LONG}, task=task)
    gone = extract(whole, context=["a.py"], texts={"a.py": LONG}, task=task)
    there = extract(moved, context=["a.py", "b.py"], texts={"a.py": LONG, "b.py": LONG}, task=task)

    assert [draft.path for draft in both.drafts] == ["a.py", "b.py"]
    assert "would be lost" in gone.problems[0]
    assert "would be lost" in there.problems[0]


def test_who_allows_it_gets_a_shown_file_as_short_as_it_is_given() -> None:
    reply = "f.py\n```python\ndef f(n, x):\n    return x + n\n```\n"
    task = "Make f3 return x + n"
    refused = extract(reply, context=["f.py"], texts={"f.py": LONG}, task=task)
    allowed = extract(reply, context=["f.py"], texts={"f.py": LONG}, task=task, may_shrink=True)

    assert not refused.drafts
    assert "--overwrite" in refused.problems[0]
    assert [draft.text for draft in allowed.drafts] == ["def f(n, x):\n    return x + n\n"]
    left_out = reply.replace("return x + n", "...")
    coded = {"f.py": "def f(n, x):\n    return 1\n" + LONG}
    assert not extract(left_out, context=["f.py"], texts=coded, task=task, may_shrink=True).drafts


def test_a_shown_file_given_again_without_its_folder_is_that_file() -> None:
    def paths(reply: str, task: str, *named: str) -> list[str]:
        found = extract(reply, context=["src/a.py"], texts={"src/a.py": MERGE}, named=list(named), task=task)
        return [draft.path for draft in found.drafts]

    again = f"a.py\n```python\n{MERGE.replace('pop(0)', 'popleft()')}```\n"

    assert paths(again, "Use deques") == ["src/a.py"]
    assert paths("a.py\n```python\nprint('new')\n```\n", "Start it") == ["a.py"]
    assert paths(again, "Copy it to a.py", "a.py") == ["a.py"]
