"""What holds for every reply, whatever a model says and however long."""

import string
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentic_flow.extraction import extract
from tests.extraction.blocks import PY, files

LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=30).filter(
    lambda line: not line.startswith(">>>")
)
FENCED = st.sampled_from(
    ["```", "```python", "````", "~~~", "  ```", "    ```", "`", "", "a.py", "# a.py", "# T"]
)
TEXT = st.lists(st.one_of(LINE, FENCED), max_size=15).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)
NO_STEMS = {
    *("filename", "node", "next", "vue", "react", "express", "three", "nuxt", "angular", "nest", "ember"),
    *("backbone", "alpine", "discord", "response", "request", "res", "req", "resp"),
}
"""What stands for a name, and products and objects: of no file where a task does not name it."""
NAME = st.tuples(
    st.lists(st.text(string.ascii_lowercase, min_size=2, max_size=6), max_size=2),
    st.text(string.ascii_lowercase + "_", min_size=2, max_size=8).filter(lambda stem: stem not in NO_STEMS),
    st.sampled_from(["py", "js", "css", "txt", "sh", "json"]),
).map(lambda parts: "/".join([*parts[0], f"{parts[1]}.{parts[2]}"]))
TREE = st.dictionaries(NAME, TEXT, min_size=1, max_size=3)


def canonical(tree: dict[str, str]) -> str:
    """Write files as the prompt asks for them: a path, then a fence longer than any inside."""
    return "\n".join(f"{path}\n`````\n{text}`````\n" for path, text in tree.items())


@given(TREE)
@example({"a.py": "```python\n"})
def test_files_in_the_canonical_form_come_back_byte_for_byte(tree: dict[str, str]) -> None:
    found = extract(canonical(tree))

    # What names another file or leaves something out may be given up, and then says so; never changed.
    lost = {problem.partition(":")[0] for problem in found.problems}
    assert files(found) == {path: text for path, text in tree.items() if path not in lost}
    for path in lost:
        assert any(mark in tree[path] for mark in ("a.py", "#", "//", "--", "/*", ";", "%", "...", "\u2026"))


@given(TREE, st.floats(0, 1))
def test_a_cut_reply_never_gives_a_cut_file(tree: dict[str, str], share: float) -> None:
    reply = canonical(tree)
    part = reply[: int(len(reply) * share)]

    for path, text in files(extract(part)).items():
        # All but the last newline of the closing fence's line may be cut away.
        assert text == tree[path]


@given(
    st.lists(
        st.one_of(
            LINE, FENCED, NAME, st.sampled_from(["<think>", "</think>", '<file path="a.py">', "</file>"])
        )
    )
)
def test_any_text_is_read_without_an_error(lines: list[str]) -> None:
    found = extract("\n".join(lines))

    assert found.drafts or found.problems


@given(TEXT)
def test_crlf_makes_no_difference(text: str) -> None:
    assert extract(text.replace("\n", "\r\n")) == extract(text)


# --- length ---------------------------------------------------------------------------------------


def names(number: int) -> str:
    return f"--- a/a{number}.py\n+++ b/a{number}.py\n"


HOSTILE: dict[str, Callable[[int], str]] = {
    "bare fences": lambda n: "```\n" * n,
    "marked fences": lambda n: "```py\n" * n,
    "opened, then closed": lambda n: "```py\n" * n + "```\n" * n,
    "fences of growing length": lambda n: "".join("`" * (3 + k % 50) + "\n" for k in range(n)),
    "markdown in markdown": lambda n: "a.md\n```markdown\n\n" * n,
    "elements": lambda n: '<file path="a.py">\n' * n,
    "thoughts": lambda n: "<think>\n" * n,
    "thoughts that end": lambda n: "<think>\n</think>\n" * n,
    "names": lambda n: "a.py\n" * n + PY,
    "titles": lambda n: "### `a.py`\n\n" * n + PY,
    "named comments": lambda n: "a.py\n```python\n" + "# b.py\n" * n + "```\n",
    "files": lambda n: f"a.py\n{PY}" * n,
    "distinct files": lambda n: "".join(f"a{k}.py\n{PY}" for k in range(n)),
    "unnamed": lambda n: PY * n,
    "self-named": lambda n: "".join(f"```py\n# a{k}.py\nimport a{k}\n```\n" for k in range(n)),
    "diffs in fences": lambda n: "".join(f"```diff\n{names(k)}@@\n-x\n+y\n```\n" for k in range(n)),
    "diffs without": lambda n: "".join(f"{names(k)}@@ -1 +1 @@\n-x\n+y\n" for k in range(n)),
    "blocks without": lambda n: "<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n" * n,
    "blocks without an end": lambda n: "<<<<<<< SEARCH\nx\n=======\n" * n,
    "hunks": lambda n: names(0) + "@@ -1 +1 @@\n-x\n+y\n\n" * n,
    "heads": lambda n: names(0) + "@@ -1,9 +1,9 @@\n" * n,
    "blank lines": lambda n: "\n" * n + PY,
}  # fmt: skip


def lines_run(reply: str) -> int:
    """Count the lines of Python that reading a reply takes."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        extract(reply, named=["a.py", "b.py"])
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("shape", HOSTILE)
def test_four_times_the_reply_is_about_four_times_the_work(shape: str) -> None:
    few, many = lines_run(HOSTILE[shape](100)), lines_run(HOSTILE[shape](400))

    assert many < 5 * few + 1000


@pytest.mark.parametrize(
    "line", ["`", "<file ", "#", "a.py ", "* ", "[", "**", '"', "step 1: ", "path=", "a" * 7, "\u2026"]
)
def test_one_line_of_a_million_characters_is_read(line: str) -> None:
    """Every pattern looks at a bounded piece of a line: a quadratic one would run for hours."""
    endless = line * (1_000_000 // len(line))

    assert files(extract(f"{endless}\n{PY}")) == {}
    assert files(extract(f"a.py\n```python\n{endless}\n```\n")).keys() <= {"a.py"}
