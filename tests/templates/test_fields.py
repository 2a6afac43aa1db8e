"""The quick reading of plain front matter and the tolerant reading of broken one, against a YAML library."""

import string
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from agentic_flow.templates.fields import Header, read_header
from agentic_flow.templates.keys import Field

KEYS = st.sampled_from(["name", "description", "tools", "model", "color", "a-b", "x_1"])
SCALARS = st.one_of(
    st.text(max_size=20),
    st.text(alphabet=string.ascii_letters + string.digits + " :#'\"-,.[]{}&*!|>%@`\\~\t", max_size=25),
)
LINES = st.lists(
    st.one_of(
        st.tuples(KEYS, st.sampled_from([": ", ":", ":  "]), SCALARS).map("".join),
        st.text(alphabet="# :a-\t", max_size=8),
    ),
    max_size=6,
)


@given(LINES)
@example(["name: a", "", "# comment", "model: 'it'"])
@example(["name: 1.50", "model: on"])
@example(["description: a\x85b"])
@example(["description: a #b"])
@example(["name: 'a' b"])
def test_what_a_yaml_library_reads_is_read_the_same(lines: list[str]) -> None:
    """Plain or not, quick or not: a mapping the library accepts gives its keys, and its values as text."""
    text = "\n".join(lines)
    try:
        expected = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - builds text, lists and mappings only
        yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return
    if not isinstance(expected, dict) or any(char in text for char in "\r\x85\u2028\u2029*"):
        return

    header = read_header(lines, 1)

    assert {field.key: field.value for field in header.fields or ()} == {
        str(key): value for key, value in expected.items()
    }


@given(st.dictionaries(KEYS, st.text(alphabet=string.ascii_letters + string.digits + " ,.'\"", min_size=1)))
def test_plain_strings_are_what_safe_load_says(values: dict[str, str]) -> None:
    """Where `safe_load` sees a string, so do we, character by character."""
    lines = [f"{key}: {value}" for key, value in values.items()]
    try:
        expected = yaml.safe_load("\n".join(lines))
    except (yaml.YAMLError, ValueError):
        return

    read = {field.key: field.value for field in read_header(lines, 1).fields or ()}

    assert {key: value for key, value in read.items() if isinstance((expected or {}).get(key), str)} == {
        key: value for key, value in (expected or {}).items() if isinstance(value, str)
    }


@given(LINES)
def test_no_key_that_a_line_begins_with_is_lost(lines: list[str]) -> None:
    """Whatever is broken around it, a key that agent files use is among the fields, or the header is none."""
    header = read_header(["name: agent", *lines], 1)

    if header.fields is not None and header.length is None:
        words = " ".join(field.key + " " + field.source + str(field.value) for field in header.fields)
        assert "name" in words
        assert all(
            line.split(":")[0].strip() in words for line in lines if line.startswith(("tools: ", "model: "))
        )


def test_one_broken_value_costs_no_other() -> None:
    header = read_header(["name: agent", "description: a: b", "tools:", "  - Read", "  - Write"], 2)

    assert header.fields == [
        Field("name", "agent", 0, "agent"),
        Field("description", "a: b", 1, "a: b"),
        Field("tools", ["Read", "Write"], 2, "- Read\n  - Write"),
    ]
    assert [remark.line for remark in header.remarks] == [3]


@pytest.mark.parametrize(
    ("lines", "needs_library"),
    [
        (["name: coder", "description: Writes code.", "temperature: 0", "output: files"], False),
        (["# what it is", "name: 'a'", 'description: "b: c"', "model:", ""], False),
        (["name: coder", "tools: [Read]"], True),
    ],
)
def test_plain_front_matter_does_not_load_the_yaml_library(lines: list[str], needs_library: bool) -> None:  # noqa: FBT001
    """Loading it costs more than everything else about a template."""
    program = (
        "import sys; from agentic_flow.templates.fields import read_header;"
        f"read_header({lines!r}, 1); print('yaml' in sys.modules)"
    )
    root = Path(__file__).parents[2]

    said = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )

    assert said.stdout.strip() == str(needs_library)


def test_text_that_is_no_mapping_is_no_front_matter() -> None:
    assert read_header(["just words"], 2) == Header(None, read_header(["just words"], 2).remarks)
    assert [remark.line for remark in read_header(["just words"], 2).remarks] == [2]
