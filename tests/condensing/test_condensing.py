"""Context within a budget: whole files, then the largest in outline, and it is said."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.condensing import condense, outline_of
from agentic_flow.core.values import ContextFile


def file(name: str, text: str) -> ContextFile:
    return ContextFile(Path("/project", name), name, text)


SMALL = file("small.py", "x = 1\n")
LARGE = file(
    "large.py",
    "import os\n\n\nclass A:\n    def f(\n        self, a: int\n    ) -> int:\n        return 1\n"
    + "    # x\n" * 300,
)


def test_what_fits_is_shown_whole() -> None:
    assert condense([SMALL, LARGE], 10_000, len) == ((SMALL, LARGE), ())


def test_the_largest_is_outlined_first_and_that_is_said() -> None:
    (small, large), remarks = condense([SMALL, LARGE], 1000, len)
    assert (small, large.text) == (SMALL, LARGE.text)
    assert large.outline is not None
    assert "only an outline of large.py is shown" in remarks[0]


def test_too_much_even_so_is_said() -> None:
    assert "more than --context-tokens 5" in condense([LARGE], 5, len)[1][-1]


def test_python_is_outlined_by_what_it_defines() -> None:
    outline = outline_of("large.py", LARGE.text)
    for line in ("1: import os", "4: class A:", "5:     def f(", "7:     ) -> int:"):
        assert line in outline
    assert "return" not in outline


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.ts", "export class A {\n  x = 1;\n}\nexport function f() {\n  return 1;\n}\n", ["1: ", "4: "]),
        ("a.go", "package a\nfunc F() {\n\treturn\n}\n", ["1: ", "2: "]),
        ("a.md", "# A\nwords\n## B\n", ["1: # A", "3: ## B"]),
        ("broken.py", "def f(:\n    pass\n", ["1: def f(:"]),
    ],
)
def test_other_files_are_outlined_by_what_declares(name: str, text: str, lines: list[str]) -> None:
    outline = outline_of(name, text)
    assert all(f"\n{line}" in outline for line in lines)


@given(st.text(), st.sampled_from(["a.py", "a.md", "a.rs", "a"]))
def test_any_text_has_an_outline(text: str, name: str) -> None:
    assert outline_of(name, text)
