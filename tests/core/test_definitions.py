"""The functions that a file must define, as a task says it."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.definitions import defines, wanted_functions


@pytest.mark.parametrize(
    ("said", "lines"),
    [
        ("leap.py with is_leap(year) and a function days(year)", ["def is_leap(year):", "def days(year):"]),
        (
            "sums.py with add(a, b), sub(a, b) and mul(a, b)",
            [f"def {n}(a, b):" for n in ("add", "sub", "mul")],
        ),
        ("Write a function pad(text, width=8) that fills up", ["def pad(text, width=8):"]),
        ("It has `name(first: str, *rest)`.", ["def name(first: str, *rest):"]),
        ("with area(r), which returns pi * square(r)", ["def area(r):"]),
        ("main.py, which prints area(2)", []),
        ("with area(x, x) and sum_of(x=1, y)", []),
        ("with area(2)", []),  # a value is no parameter
        ("that has print(x) and len(x)", []),
        ("a class Stack with push(item)", []),
        ("use math.sqrt(x) with json.loads(x)", []),
        ("", []),
    ],
)
def test_functions_are_introduced_by_the_words_before_them(said: str, lines: list[str]) -> None:
    assert list(wanted_functions(said)) == lines


@given(
    st.lists(
        st.sampled_from(["with", "f(x)", "and", "g()", "class", "(", ")", "h(1)", "k(a=1, b)", ",", "`"])
    ).map(" ".join)
)
def test_every_line_begins_a_function(said: str) -> None:
    for line in wanted_functions(said):
        (function,) = ast.parse(f"{line} pass").body
        assert isinstance(function, ast.FunctionDef)


def test_a_name_counts_as_defined_wherever_it_comes_from() -> None:
    line = "def f(x):"
    for text in (
        "def f(y):",
        "    async def f(self):",
        "class f:",
        "f = g",
        "from a import g, f",
        "import f",
    ):
        assert defines(text, line)
    for text in ("", "f(1)", "x == f(2)", "def ff(x):", "# f"):
        assert not defines(text, line)
