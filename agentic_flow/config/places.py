"""The working folder -> the folders and files that configure a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentic_flow.core.errors import ConfigMistake
from agentic_flow.core.settings import Places

NAMES = ("router.config.json", "router.config.yaml", "router.config.yml")
_APP = "agentic-flow"


@dataclass(frozen=True, slots=True)
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
    upwards = (working, *working.parents)
    for depth, folder in enumerate(upwards, start=1):
        if (folder / ".git").exists():
            return Project(working, upwards[:depth])
    return Project(working, (working,))


def config_in(folder: Path) -> tuple[Path, ...]:
    """Return the configuration files of a folder; the first is the one to read."""
    return tuple(path for name in NAMES if (path := folder / name).is_file())


def find_places(folder: Path, models: Path | None, environment: Mapping[str, str]) -> Places:
    """Return the user's folders; `folder` is the project's, `models` what a flag says."""
    from platformdirs import PlatformDirs

    user = PlatformDirs(_APP, appauthor=False)
    said = models or environment.get("AGENTIC_FLOW_MODELS_DIR") or None
    return Places(
        project=folder,
        user_config=user.user_config_path,
        user_data=user.user_data_path,
        user_cache=user.user_cache_path,
        models=absolute(said) if said else user.user_cache_path / "models",
    )


def absolute(path: str | Path, start: Path | None = None) -> Path:
    """Return a path as an absolute one: `~` is the home folder, a relative one begins at `start`."""
    try:
        return ((start or Path.cwd()) / Path(path).expanduser()).absolute()
    except RuntimeError as failure:
        raise ConfigMistake(f"{path}: there is no such user, so no such home folder") from failure
