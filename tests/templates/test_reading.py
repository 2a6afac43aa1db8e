import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agentic_flow.core.errors import InvalidTemplate
from agentic_flow.core.values import AgentTemplate
from agentic_flow.templates import read_template
from agentic_flow.templates.reading import file_name, parse_template
from tests.templates.shapes import READABLE, header

PATH = Path("agent.md")
SEEDS = st.sampled_from([shape.raw for shape in READABLE])


def outcome(raw: bytes) -> AgentTemplate | str:
    """Return the template, or what is said about the file."""
    try:
        return parse_template(raw, PATH, "here")
    except InvalidTemplate as failure:
        return str(failure)


def is_foreseen(result: AgentTemplate | str) -> bool:
    """Whether a template has what every template has, or a failure names its file."""
    if isinstance(result, str):
        return result.startswith("agent.md:")
    return bool(result.name) and result.name.isprintable() and bool(result.instructions.strip())


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@example(b"---\nname: \xff\n---\nx")
@example(b'---\nname: "\\uD800"\n---\nx')
@example(b"---\n? \n: \n---\nx")
@example(b"---\n- - - - -\n---\nx")
def test_any_bytes_are_a_template_or_a_foreseen_failure(raw: bytes) -> None:
    """Nothing else is ever raised."""
    assert is_foreseen(outcome(raw))


@given(SEEDS, st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_damaged_template_is_a_template_or_a_foreseen_failure(raw: bytes, data: st.DataObject) -> None:
    """Cut, doubled or with a byte changed, at any place."""
    where = data.draw(st.integers(0, len(raw)))
    change = data.draw(
        st.sampled_from([b"", b"\n", b": ", b"\t", b'"', b"'", b"---\n", b"{", b"&a ", b"\\x", b"\xff"])
    )
    kept = data.draw(st.integers(0, 3))

    assert is_foreseen(outcome(raw[:where] + change + raw[where + kept :]))


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), min_size=1))
def test_the_body_reaches_the_model_as_it_is_written(body: str) -> None:
    """Only the blank lines around it are taken off."""
    if body.strip():
        template = parse_template(header(body=body).encode(), PATH, "here")

        assert template.instructions == body.strip("\n")


def test_a_file_with_a_thousand_faults_says_twenty_and_how_many_more() -> None:
    raw = header(*(f"key{number}: a: b" for number in range(1000))).encode()

    template = parse_template(raw, PATH, "here")

    assert len(template.warnings) == 21
    assert template.warnings[-1].endswith("more like these")


def test_a_missing_file_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(InvalidTemplate, match=r"gone\.md:1: cannot be read \(No such file"):
        read_template(tmp_path / "gone.md", "here")


def test_a_link_to_another_template_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text(header(), encoding="utf-8")
    (tmp_path / "link.md").symlink_to("real.md")

    assert read_template(tmp_path / "link.md", "here").name == "agent"


def test_a_link_to_anything_else_is_refused(tmp_path: Path) -> None:
    """A cloned project must not carry a key file into a prompt."""
    secret = tmp_path / "credentials"
    secret.write_text("key = 123", encoding="utf-8")
    (tmp_path / "coder.md").symlink_to(secret)

    with pytest.raises(InvalidTemplate, match=r"the link leads to .*credentials") as refusal:
        read_template(tmp_path / "coder.md", "here")
    assert "key = 123" not in str(refusal.value)


def test_links_that_go_round_are_foreseen(tmp_path: Path) -> None:
    (tmp_path / "a.md").symlink_to("b.md")
    (tmp_path / "b.md").symlink_to("a.md")

    with pytest.raises(InvalidTemplate, match=r"a\.md:1: cannot be read"):
        read_template(tmp_path / "a.md", "here")


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe.md")

    with pytest.raises(InvalidTemplate, match="is no regular file"):
        read_template(tmp_path / "pipe.md", "here")


@pytest.mark.parametrize(
    ("file", "name"),
    [("coder.md", "coder"), ("coder.agent.md", "coder"), (".agent.md", ".agent"), ("a b.MD", "a b")],
)
def test_a_file_names_its_agent(file: str, name: str) -> None:
    assert file_name(Path(file)) == name
