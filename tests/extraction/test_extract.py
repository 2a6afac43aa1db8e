"""What the task's own words add to a reply, and what a reply that lacks something costs."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.extraction import extract
from tests.extraction.blocks import CODE, PY, files


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


def test_a_shown_file_is_known_by_its_name_with_spaces_and_without_an_ending() -> None:
    reply = "tests/Unit tests/adds two\n```\n#!/bin/sh\ntrue\n```\n"

    assert files(extract(reply)) == {}
    assert files(extract(reply, context=["tests/Unit tests/adds two"])) == {
        "tests/Unit tests/adds two": "#!/bin/sh\ntrue\n"
    }


@pytest.mark.parametrize("title", ["bin/serve", "### `bin/serve`", "**bin/serve**", "bin/serve:"])
def test_what_begins_as_a_script_does_is_the_file_whose_path_stands_above(title: str) -> None:
    assert files(extract(f"{title}\n```sh\n#!/bin/sh\ntrue\n```\n")) == {"bin/serve": "#!/bin/sh\ntrue\n"}
    assert files(extract(f"{title}\n```sh\ntrue\n```\n")) == {}


def test_a_comment_that_a_shown_file_had_begins_no_other_file() -> None:
    before = "<Files>\n\n# data.xml\nRequire all denied\n\n# other.xml\nRequire local\n</Files>\n"
    reply = f".htaccess\n```\n{before.replace('local', 'host example.org')}```\n"

    assert files(extract(reply, texts={".htaccess": "# something else\n"})) == {}
    assert files(extract(reply, context=[".htaccess"], texts={".htaccess": before})) == {
        ".htaccess": before.replace("local", "host example.org")
    }


def test_a_file_keeps_the_line_ends_it_had() -> None:
    """A reply does not say how lines end; a mixed file has none of its own."""
    reply = f"a.py\n{PY}"
    windows = CODE.replace("\n", "\r\n")

    for before, after in {"x\r\ny\r\n": windows, "x\n": CODE, "x\r\ny\n": CODE, "x": CODE, "": CODE}.items():
        assert files(extract(reply, context=["a.py"], texts={"a.py": before})) == {"a.py": after}
    assert files(extract(f"b.py\n{PY}", context=["a.py"], texts={"a.py": windows})) == {"b.py": CODE}
    assert files(extract(reply.replace("\n", "\r\n"), texts={"a.py": windows})) == {"a.py": windows}


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

    front = f"---\nname: wordcount\n---\n\n{reply}"
    assert files(extract(front, named=["README.md"])) == {"README.md": front}
    examples = (
        f"{reply}\n`setup.cfg`:\n\n```ini\n[tool]\n```\n\n```markdown\n# A page\n```\n\n"
        + "More of it.\n" * 9
    )
    assert files(extract(examples, named=["README.md"])) == {"README.md": examples}
    assert files(extract(f"# Done\n\nREADME.md\n~~~markdown\n{reply}~~~\n", named=["README.md"])) == {
        "README.md": reply
    }


BARE = (
    "# Tool\n\nStart it:\n```\nmake run\n```\nIt says\n```\nready\n```\nand reads\n```\n.env\n```\n"
    "\n## Why\n\nSo.\n"
)


@pytest.mark.parametrize("opening", ["```markdown", "```md", "```"])
@pytest.mark.parametrize(
    "then",
    [
        "",
        "\nThat is all.\n",
        "That is all.\n",
        "Start it:\n```sh\nmake\n```\n",
        "a.py\n```python\nx = 1\n```\n",
    ],
)
def test_markdown_in_a_fence_no_longer_than_those_in_it_is_read_to_its_end(opening: str, then: str) -> None:
    found = files(extract(f"README.md\n{opening}\n{BARE}```\n{then}"))

    assert found.pop("README.md") == BARE
    assert found == ({"a.py": "x = 1\n"} if then.startswith("a.py") else {})


def test_a_document_may_be_headed_by_its_name() -> None:
    assert files(extract("CHANGELOG.md\n```\n# CHANGELOG\n\n- First\n```\n")) == {
        "CHANGELOG.md": "# CHANGELOG\n\n- First\n"
    }
    assert files(extract("a.py\n```\n# b.py\nx = 1\n```\n")) == {}


def test_a_document_may_show_code_that_leaves_some_out() -> None:
    text = "# Use\n\n```python\ndef f():\n    # ...\n```\n"

    assert files(extract(f'<file path="docs/use.md">\n{text}</file>\n')) == {"docs/use.md": text}


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


def test_a_block_that_the_line_above_gives_to_one_file_is_not_taken_for_another() -> None:
    reply = f"`see docs/the space.py`\n{PY}\nb.py\n{PY}"

    found = extract(reply, named=["a.py"])
    assert "a.py" not in files(found)


def test_a_block_that_may_be_a_file_is_never_left_out_in_silence() -> None:
    found = extract(f"a.py\n{PY}\n```rust\nfn main() {{}}\n```\n")

    assert (files(found), found.left_out) == ({"a.py": CODE}, ("the rust block in line 7 (it has no name)",))
