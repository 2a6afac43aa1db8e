"""What holds for every reply, and what the task's own words add to one."""

import json
import os
import string
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentic_flow.extraction import Extraction, extract


def files(found: Extraction) -> dict[str, str]:
    return {draft.path: draft.text for draft in found.drafts}


CODE = "def f():\n    return 1\n"
PY = f"```python\n{CODE}```\n"


# --- what the task names --------------------------------------------------------------------------


def test_one_unnamed_block_is_the_one_file_the_task_names() -> None:
    reply = f"Sure, here it is:\n\n{PY}\nRun it:\n```bash\npython calc.py\n```\n"

    assert files(extract(reply, named=["calc.py"])) == {"calc.py": CODE}


@pytest.mark.parametrize(
    ("reply", "named"),
    [
        (PY, ["a.py", "b.py"]),  # which of the two?
        (f"{PY}\n{PY}", ["a.py"]),  # which of the blocks?
        (PY, ["style.css"]),  # not in that language
        (f"```\n{CODE}```\n", ["a.py"]),  # in no language: it may be anything
        ("```python\nx = 1\n", ["a.py"]),  # cut
        ("```python\nx = 1\n# ... rest unchanged\n```\n", ["a.py"]),
        (f"Change this part:\n{PY}", ["a.py"]),
        (f"Example usage:\n{PY}", ["a.py"]),
        ("```bash\npip install x\n```\n", ["setup.sh", "a.py"][1:]),
    ],
)
def test_an_unnamed_block_that_may_be_something_else_stays_prose(reply: str, named: list[str]) -> None:
    assert files(extract(reply, named=named)) == {}


def test_an_example_after_the_one_unnamed_file_is_not_in_its_way() -> None:
    reply = f"{PY}\nExample usage:\n```python\nfrom calc import f\nprint(f())\n```\n"

    assert files(extract(reply, named=["calc.py"])) == {"calc.py": CODE}


def test_a_named_file_is_one_whatever_it_looks_like() -> None:
    reply = "notes\n```\nhello\n```\n"

    assert files(extract(reply)) == {}
    assert files(extract(reply, named=["notes"])) == {"notes": "hello\n"}
    assert files(extract(reply, context=["notes"])) == {"notes": "hello\n"}


def test_a_file_keeps_the_line_ends_it_had() -> None:
    """A reply does not say how lines end; a mixed file has none of its own."""
    reply = f"a.py\n{PY}"
    windows = CODE.replace("\n", "\r\n")

    for before, after in {"x\r\ny\r\n": windows, "x\n": CODE, "x\r\ny\n": CODE, "x": CODE, "": CODE}.items():
        assert files(extract(reply, context=["a.py"], texts={"a.py": before})) == {"a.py": after}
    assert files(extract(f"b.py\n{PY}", context=["a.py"], texts={"a.py": windows})) == {"b.py": CODE}
    assert files(extract(reply.replace("\n", "\r\n"), texts={"a.py": windows})) == {"a.py": windows}


SPACED = ["résumé 日本.py", "my file.py", "docs/Meeting Notes 2.md", "My Documents/report final.txt"]


@pytest.mark.parametrize("name", SPACED)
@pytest.mark.parametrize(
    "form",
    ["`{}`", '"{}"', "**`{}`**:", "### `{}`", "1. `{}`", "`{}` (new)", "File: {}", "Here is `{}`, in full:"],
)
def test_a_name_with_spaces_is_one_where_signs_show_its_ends(form: str, name: str) -> None:
    assert files(extract(f"{form.format(name)}\n```\n{CODE}```\n")) == {name: CODE}


@pytest.mark.parametrize("name", SPACED)
@pytest.mark.parametrize("form", ["{}", "### {}", "**{}**", "Here is {}:", "`{}`"])
def test_a_name_with_spaces_that_the_task_quotes_is_one_in_every_form(form: str, name: str) -> None:
    assert files(extract(f"{form.format(name)}\n```\n{CODE}```\n", named=[name])) == {name: CODE}
    assert files(extract(f"```python {name}\n{CODE}```\n", named=[name])) == {name: CODE}


@pytest.mark.parametrize(
    "name", ["my notes.md", "приве́т мир.py", "日本 語.py", "docs/my notes.md", "one two three.txt"]
)
@pytest.mark.parametrize(
    "form", ["{}", "{}:", "**{}**", "### {}", "- {}", "### 1. {}", "### {} (new)", "**File: {}**", "*{}*"]
)
def test_a_line_that_is_only_a_name_with_spaces_names_the_whole_of_it(form: str, name: str) -> None:
    assert files(extract(f"{form.format(name)}\n\n```\n{CODE}```\n")) == {name: CODE}


@pytest.mark.parametrize(
    "line",
    [
        "### Backend app.py",
        "**Python app.py**",
        "**html app.py**",
        "### My first app.py",
        "Here is my app.py:",
        "then app.py:",
        "**the main app.py**",
        "### corrected app.py",
        "Create my app.py",
        "### usage of my app.py",
    ],
)
def test_words_before_a_name_that_tell_of_it_are_no_part_of_it(line: str) -> None:
    found = files(extract(f"{line}\n```python\n{CODE}```\n"))

    assert found.keys() <= {"app.py"}


@pytest.mark.parametrize(
    "line",
    ["`python app.py`", "`pip install -r requirements.txt`", '"save it as app.py"', "`diff a.py b.py`"],
)
def test_a_command_or_a_sentence_in_quotes_is_no_file(line: str) -> None:
    assert line[1:-1] not in files(extract(f"{line}\n```\n{CODE}```\n"))


def test_a_second_file_inside_a_fence_is_cut_out_only_when_the_task_names_it() -> None:
    reply = "calc.py\n```python\nx = 1\n\n# test_calc.py\nimport calc\n```\n"

    assert files(extract(reply)) == {}
    assert files(extract(reply, named=["calc.py", "test_calc.py"])) == {
        "calc.py": "x = 1\n",
        "test_calc.py": "# test_calc.py\nimport calc\n",
    }


def test_a_shown_file_is_not_replaced_by_what_stands_under_its_title_far_below() -> None:
    reply = f"### `a.py`\n\nIt should end like so.\n\n{PY}"

    assert files(extract(reply)) == {"a.py": CODE}
    assert files(extract(reply, context=["a.py"])) == {}


def test_a_placeholder_is_a_file_when_the_task_calls_it_so() -> None:
    assert files(extract(f"filename.py\n{PY}", named=["filename.py"])) == {"filename.py": CODE}


def test_what_only_calls_itself_a_file_is_a_demo_when_the_task_names_its_files() -> None:
    demo = "```python\n# main.py\nimport calc\n```\n"
    needed = "```python\n# tools.py\nx = 1\n```\n"
    user = "calc.py\n```python\nfrom tools import x\n```\n"

    assert set(files(extract(f"{user}{demo}"))) == {"calc.py", "main.py"}
    assert set(files(extract(f"{user}{demo}{needed}", named=["calc.py"]))) == {"calc.py", "tools.py"}
    assert set(files(extract(f"{user}main.py\n{demo}", named=["calc.py"]))) == {"calc.py", "main.py"}


def test_the_block_left_over_is_the_file_left_over_when_the_language_tells_them_apart() -> None:
    page = "```html\n<p>\n```\n"
    demo = "```python\n# demo.py\n```\n"
    rest = "### style.css\n```css\np {}\n```\n"
    data = '```json\n{"id": 1}\n```\n'

    assert set(files(extract(page + rest, named=["index.html", "style.css"]))) == {"index.html", "style.css"}
    assert set(files(extract(f"```markdown\nUse demo.\n```\n{demo}", named=["README.md"]))) == {"README.md"}
    assert set(files(extract(PY + f"b.py\n{PY}", named=["a.py", "b.py"]))) == {"b.py"}
    assert set(files(extract(data + rest, named=["package.json", "style.css"]))) == {"style.css"}


def test_a_reply_that_is_a_markdown_file_is_the_one_the_task_names() -> None:
    reply = "# wordcount\n\nRun:\n\n```bash\nwordcount a.txt\n```\n"

    assert files(extract(reply, named=["README.md"])) == {"README.md": reply}
    assert files(extract(reply)) == {}
    assert files(extract(reply, named=["README.md", "a.py"])) == {}
    assert files(extract(f"Sure!\n\n{reply}", named=["README.md"])) == {}


def test_the_last_word_on_a_file_counts() -> None:
    lacking = "a.py\n```python\nx\n# ... rest unchanged\n```\n"
    good = f"a.py\n{PY}"

    assert files(extract(good + lacking)) == {}
    found = extract(lacking + good)
    assert (files(found), found.problems) == ({"a.py": CODE}, ())


def test_a_lost_file_is_a_problem_beside_those_that_came() -> None:
    found = extract(f"a.py\n{PY}\nb.py\n```python\nx = 1\n")

    assert files(found) == {"a.py": CODE}
    assert [problem.partition(":")[0] for problem in found.problems] == ["b.py"]


def test_a_forgotten_closing_fence_costs_that_file_and_not_the_next() -> None:
    found = extract(f"a.py\n```python\nx = 1\n\nb.py\n{PY}\nc.py\n{PY}")

    assert files(found) == {"b.py": CODE, "c.py": CODE}
    assert [problem.partition(":")[0] for problem in found.problems] == ["a.py"]


# --- replies that were collected ------------------------------------------------------------------

_REPLIES = Path(os.environ.get("AGENTIC_FLOW_REPLIES", Path(__file__).parents[3] / "shared" / "replies.json"))


@pytest.mark.skipif(not _REPLIES.is_file(), reason="AGENTIC_FLOW_REPLIES names no collection of replies")
def test_reads_every_collected_reply_exactly() -> None:
    rows: list[dict[str, Any]] = json.loads(_REPLIES.read_text(encoding="utf-8"))

    missed = [row["shape"] for row in rows if files(extract(row["reply"])) != row["expected_files"]]

    assert missed == []


# --- whatever a model says ------------------------------------------------------------------------

LINE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), max_size=30).filter(
    lambda line: not line.startswith(">>>")
)
FENCED = st.sampled_from(
    ["```", "```python", "````", "~~~", "  ```", "    ```", "`", "", "a.py", "# a.py", "# T"]
)
TEXT = st.lists(st.one_of(LINE, FENCED), max_size=15).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)
NAME = st.tuples(
    st.lists(st.text(string.ascii_lowercase, min_size=2, max_size=6), max_size=2),
    st.text(string.ascii_lowercase + "_", min_size=2, max_size=8).filter(lambda stem: stem != "filename"),
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
def test_one_line_of_ten_million_characters_is_read(line: str) -> None:
    """Every pattern looks at a bounded piece of a line: a quadratic one would run for days."""
    endless = line * (10_000_000 // len(line))

    assert files(extract(f"{endless}\n{PY}")) == {}
    assert files(extract(f"a.py\n```python\n{endless}\n```\n")).keys() <= {"a.py"}


# --- names of every kind --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "top.sv",
        "x.f90",
        "solver.pyx",
        "kernel.cu",
        "unit.pas",
        "cpu.v",
        "cpu.vhd",
        "main.adb",
        "rule.rego",
        "main.bicep",
        "x.jsonnet",
        "guide.adoc",
        "rows.ndjson",
        "run.log",
        "de.po",
        "page.twig",
        "api.thrift",
        "schema.prisma",
        "table.unheard",
    ],
)
def test_a_path_alone_on_the_line_before_a_fence_is_one_whatever_its_extension(name: str) -> None:
    extension = name.rpartition(".")[2]
    for info in ("", extension):
        found = extract(f"{name}\n```{info}\n{CODE}```\n\na.py\n{PY}")
        assert (files(found), found.left_out) == ({name: CODE, "a.py": CODE}, ())
    for form in ("**{}**", "### `{}`", "{}:"):
        reply = f"{form.format(name)}\n```{extension}\n{CODE}```\n"
        assert files(extract(reply, mentioned=[name])) == {name: CODE}


@pytest.mark.parametrize("info", ["", "bash", "python"])
def test_a_path_without_an_extension_is_one_where_the_task_speaks_of_it(info: str) -> None:
    reply = f"bin/run\n```{info}\n{CODE}```\n\na.py\n{PY}"

    assert files(extract(reply, mentioned=["bin/run"])) == {"bin/run": CODE, "a.py": CODE}
    found = extract(reply)
    assert files(found) == {"a.py": CODE}
    assert "in line 2 (under 'bin/run')" in found.left_out[0]


@pytest.mark.parametrize(
    "line", ["os.path", "numpy.linalg", "Node.js", "and/or", "golang.org", "e.g.", "### os.path", "v1.2"]
)
def test_a_word_with_a_dot_or_a_slash_over_code_is_no_file_for_that(line: str) -> None:
    found = extract(f"{line}\n```python\nimport os\n```\n\na.py\n{PY}", mentioned=["np.log"])

    assert (files(found), found.problems) == ({"a.py": CODE}, ())
    assert len(found.left_out) == 1


def test_a_block_that_the_line_above_gives_to_one_file_is_not_taken_for_another() -> None:
    reply = f"`see docs/the space.py`\n{PY}\nb.py\n{PY}"

    found = extract(reply, named=["a.py"])
    assert "a.py" not in files(found)


def test_a_block_that_may_be_a_file_is_never_left_out_in_silence() -> None:
    found = extract(f"a.py\n{PY}\n```rust\nfn main() {{}}\n```\n")

    assert (files(found), found.left_out) == ({"a.py": CODE}, ("the rust block in line 7 (it has no name)",))


@pytest.mark.parametrize("name", ["with space.md", "docs/with space.py", "the plan.md"])
def test_small_words_are_of_a_name_where_signs_show_its_ends(name: str) -> None:
    assert files(extract(f"`{name}`\n```\n{CODE}```\n", named=["a.py"])) == {name: CODE}
