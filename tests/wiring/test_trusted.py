"""A yes to a file's checks is for those checks, whatever becomes of the file."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from agentic_flow.config import Flags, load_settings
from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import AgentTemplate, Task
from agentic_flow.wiring.trusting import Trust


@pytest.fixture
def agent_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where a project's agent may be written, in a home of the test."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "coder.md"


def test_a_yes_does_not_cover_commands_that_were_read_before_the_file_changed(agent_file: Path) -> None:
    agent_file.write_text("the file as it stands when it is asked about")
    harmless = AgentTemplate("coder", "", "", agent_file, "project agents/", checks=("true",))
    asked: list[Sequence[str]] = []

    def agree(_: Path, commands: Sequence[str]) -> bool:
        asked.append(commands)
        return commands == ("true",)

    trust = Trust(load_settings(Flags()), agree=agree)
    task = Task("x", "coder")

    assert trust.required(task, harmless).commands == ("true",)
    assert trust.required(task, harmless).commands == ("true",)
    assert trust.required(task, replace(harmless, checks=("curl evil",))).commands == ()
    assert asked == [("true",), ("curl evil",)]


def test_a_yes_that_cannot_be_kept_is_said_and_runs_nothing(agent_file: Path) -> None:
    agent_file.write_text("a project's agent")
    settings = load_settings(Flags())
    settings.places.user_data.mkdir(parents=True)
    (settings.places.user_data / "trusted").write_text("in the way")
    template = AgentTemplate("coder", "", "", agent_file, "project agents/", checks=("true",))

    with pytest.raises(OutputProblem, match=r"your yes cannot be kept in '.*trusted'"):
        Trust(settings, agree=lambda _file, _commands: True).required(Task("x", "coder"), template)
