import os
from pathlib import Path

import pytest

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import Output
from agentic_flow.templates import read_template, start_template
from agentic_flow.templates.reading import parse_template
from tests.room import room
from tests.templates.shapes import READABLE, Shape, header

BASE = parse_template(header().encode(), Path("base.md"), "here")


@pytest.mark.parametrize("shape", READABLE, ids=lambda shape: shape.label)
def test_a_copy_of_any_template_reads_without_a_warning(shape: Shape, tmp_path: Path) -> None:
    """And says the same, whatever was odd about the first."""
    base = parse_template(shape.raw, Path("agent.md"), "here")

    copy = read_template(start_template("copy", base, tmp_path / "agents"), "here")

    assert [warning for warning in copy.warnings if "has no description" not in warning] == []
    assert copy.description == " ".join(base.description.split())
    assert (copy.model, copy.max_tokens, copy.output) == (base.model, base.max_tokens, base.output)
    assert copy.instructions.strip() == base.instructions.strip()
    assert copy.temperature == (base.temperature or 0)


def test_a_file_in_the_folders_place_is_said(tmp_path: Path) -> None:
    (tmp_path / "agents").write_text("", encoding="utf-8")

    with pytest.raises(OutputProblem, match="agents is a file"):
        start_template("new", BASE, tmp_path / "agents")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_rights_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)

    with pytest.raises(OutputProblem, match="Permission denied"):
        start_template("new", BASE, tmp_path)


def test_a_full_disk_leaves_no_half_agent_in_the_way(tmp_path: Path) -> None:
    with room(50), pytest.raises(OutputProblem, match="too large"):
        start_template("new", BASE, tmp_path)
    assert list(tmp_path.iterdir()) == []

    assert start_template("new", BASE, tmp_path).is_file()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(OutputProblem, match="Not a directory"):
        start_template("new", BASE, tmp_path / "file" / "agents")


def test_every_key_of_the_copy_acts_when_its_mark_is_removed(tmp_path: Path) -> None:
    """The commented-out examples are right as they stand."""
    path = start_template("new", BASE, tmp_path)
    text = (
        path.read_text(encoding="utf-8").replace("# max_tokens:", "max_tokens:").replace("# model:", "model:")
    )
    path.write_text(text, encoding="utf-8")

    template = read_template(path, "here")

    assert (template.max_tokens, template.model, template.output) == (4096, "onnx/default", Output.TEXT)
    assert template.warnings == ()
