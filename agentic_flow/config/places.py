"""The working folder -> the folders and files that configure a run."""

import os
from collections.abc import Mapping
from pathlib import Path

from agentic_flow.core.bounds import project_folders
from agentic_flow.core.errors import ConfigMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_file
from agentic_flow.core.settings import Places

HOMELESS = "a path whose ~ is an existing user's home folder"
"""What was expected of a path that begins with the home folder of nobody."""

NAMES = ("router.config.json", "router.config.yaml", "router.config.yml")


@frozen
class Project:
    """What a working folder belongs to."""

    working: Path
    folders: tuple[Path, ...]
    """From the working folder up to the project's root: the folder with `.git`, else the working folder."""

    @property
    def root(self) -> Path:
        """The project's root."""
        return self.folders[-1]

    def show(self, path: Path) -> str:
        """Return a path as messages call it: relative where it lies in the working folder, else whole."""
        return str(path.relative_to(self.working) if path.is_relative_to(self.working) else path)


def find_project() -> Project:
    """Look from the working folder upwards for the project's root."""
    try:
        working = Path.cwd()
    except FileNotFoundError as failure:
        raise ConfigMistake("the working folder is gone; go to one that exists") from failure
    return Project(working, project_folders(working) or (working,))


def config_in(folder: Path) -> tuple[Path, ...]:
    """Return the configuration files of a folder; the first is the one to read.

    Raises `ConfigMistake` for what has the name of one and cannot be read as one: nothing is passed over in
    silence, and a pipe would be waited on for ever.
    """
    found = tuple(path for name in NAMES if os.path.lexists(path := folder / name))
    for path in found:
        if not is_file(path):
            raise ConfigMistake(f"{path}: is no regular file; move it away, or make it one")
    return found


def find_places(models: Path | None, environment: Mapping[str, str], working: Path) -> tuple[Places, str]:
    """Return the folders of a project that is the working folder, and who says where models lie.

    `models` is what a flag says. Nothing is created.
    """
    from platformdirs import PlatformDirs

    user = PlatformDirs("agentic-flow", appauthor=False)
    folder, words = user.user_cache_path / "models", "the user's cache folder"
    if models is not None:
        folder, words = absolute(models, working), "flag"
    elif said := environment.get("AGENTIC_FLOW_MODELS_DIR"):
        folder, words = absolute(said, working), "environment AGENTIC_FLOW_MODELS_DIR"
    places = Places(
        project=working,
        user_config=user.user_config_path,
        user_data=user.user_data_path,
        user_cache=user.user_cache_path,
        models=folder,
    )
    return places, words


def absolute(path: str | Path, start: Path) -> Path:
    """Return a path as an absolute one: `~` is the home folder, a relative one begins at `start`."""
    try:
        return start / Path(path).expanduser()
    except RuntimeError as failure:
        raise ConfigMistake(f"{path}: expected {HOMELESS}") from failure
