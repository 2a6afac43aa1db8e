"""A person with a home, an environment and a cloned project, none of them the real ones."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from agentic_flow.config import Flags, explain_settings, load_settings
from agentic_flow.core.errors import ConfigMistake
from agentic_flow.core.settings import Settings

ONE_WORLD = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Each example writes its own files into one world; how fast a busy machine does that proves nothing."""


@dataclass(frozen=True)
class World:
    """Writes what the sources say, and reads the configuration as the program does."""

    home: Path
    project: Path
    monkeypatch: pytest.MonkeyPatch

    @property
    def user_folder(self) -> Path:
        """Where the person's own configuration lies."""
        return self.home / ".config" / "agentic-flow"

    def user_says(self, tree: Mapping[str, object]) -> None:
        """Write the person's own file."""
        self.user_folder.mkdir(parents=True, exist_ok=True)
        (self.user_folder / "router.config.json").write_text(json.dumps(tree), encoding="utf-8")

    def project_says(self, tree: Mapping[str, object]) -> None:
        """Write the project's file."""
        self.write("router.config.json", json.dumps(tree))

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self, **values: str) -> None:
        """Set variables."""
        for name, value in values.items():
            self.monkeypatch.setenv(name, value)

    def load(self, **flags: object) -> Settings:
        """Return the settings."""
        return load_settings(Flags(**flags))  # type: ignore[arg-type]  # the flags are the tests' own

    def mistake(self, **flags: object) -> str:
        """Return what the program says about a configuration that cannot be used."""
        with pytest.raises(ConfigMistake) as caught:
            self.load(**flags)
        return str(caught.value)

    def source(self, key: str, **flags: object) -> str:
        """Return who said a setting."""
        origins = explain_settings(Flags(**flags))  # type: ignore[arg-type]  # the flags are the tests' own
        return next(origin.source for origin in origins if origin.key == key)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return an empty world, standing in its project."""
    for name in os.environ:
        if name.startswith(("ANTHROPIC_", "OPENROUTER_", "AGENTIC_FLOW_", "XDG_")):
            monkeypatch.delenv(name)
    home, project = tmp_path / "home", tmp_path / "home" / "project"
    (project / ".git").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(project)
    return World(home, project, monkeypatch)
