import re
from pathlib import Path

import pytest

from agentic_flow.core.errors import InvalidTemplate
from agentic_flow.templates import Unreadable, list_templates, read_template
from tests.templates.shapes import READABLE, UNUSABLE, Shape


def test_there_are_a_hundred_shapes() -> None:
    """Each under a name of its own, so that none hides another."""
    labels = [shape.label for shape in READABLE] + list(UNUSABLE)

    assert len(labels) == len(set(labels))
    assert len(labels) >= 100


@pytest.mark.parametrize("shape", READABLE, ids=lambda shape: shape.label)
def test_an_odd_file_loads_and_says_what_was_odd(shape: Shape, tmp_path: Path) -> None:
    """What could be read is there, and each thing read tolerantly has a warning with file and line."""
    path = tmp_path / "agent.md"
    path.write_bytes(shape.raw)

    template = read_template(path, "here")

    assert {key: getattr(template, key) for key in shape.says} == shape.says
    assert [
        warning.removeprefix(f"{path}:")[: len(told)] for warning, told in _pairs(template.warnings, shape)
    ] == [*shape.warns]


@pytest.mark.parametrize("label", UNUSABLE)
def test_a_file_that_cannot_serve_says_so_with_file_and_line(label: str, tmp_path: Path) -> None:
    path = tmp_path / "agent.md"
    path.write_bytes(UNUSABLE[label])

    with pytest.raises(InvalidTemplate, match=rf"\A{re.escape(str(path))}:\d+: "):
        read_template(path, "here")


def test_none_of_a_hundred_files_vanishes(tmp_path: Path) -> None:
    """A folder of all the shapes lists every one of them, usable or not."""
    raw = {shape.label: shape.raw for shape in READABLE} | UNUSABLE
    for label, data in raw.items():
        (tmp_path / f"{label.replace('/', ' ')}.md").write_bytes(data)

    found = list_templates([("here", tmp_path)])

    assert {each.path.stem for each in found} == {label.replace("/", " ") for label in raw}
    assert {each.name for each in found if isinstance(each, Unreadable)} == set(UNUSABLE)


def _pairs(warnings: tuple[str, ...], shape: Shape) -> list[tuple[str, str]]:
    assert len(warnings) == len(shape.warns), warnings
    return list(zip(warnings, shape.warns, strict=True))
