"""A check command -> how it ended, without keys in its environment; and the folders that it may speak of."""

from collections.abc import Mapping
from pathlib import Path

from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Check

CHECK_SECONDS = 300.0
_UNCOMPILED = {"PYTHONDONTWRITEBYTECODE": "1"}
"""Python takes what it compiled of a module for that of another of the same size and second: of a repair."""


def checked(command: str, folder: Path, left: float | None) -> Check:
    """Run a check in `folder`, at most as long as the run has `left`."""
    from agentic_flow.config.environment import environment
    from agentic_flow.verification import verify, without_keys

    timeout = CHECK_SECONDS if left is None else min(left, CHECK_SECONDS)
    around = without_keys(environment()) | _UNCOMPILED
    return verify(command, folder, timeout=timeout, environment=around)


def places(settings: Settings, folder: Path) -> Mapping[str, str]:
    """Return the folders that a check may speak of, by their paths with and without links."""
    from agentic_flow.config.environment import environment
    from agentic_flow.diagnosis.passing import TEMPORARY

    around = environment()  # that of the checks
    named = {around.get("TMPDIR", ""): TEMPORARY, around.get("HOME", ""): "$HOME"}
    named |= dict.fromkeys(map(str, (settings.places.project, folder)), ".")
    forms = {
        str(form): word
        for path, word in named.items()
        for form in (Path(path).absolute(), Path(path).resolve())
        if path
    }
    return {path: word for path, word in forms.items() if path != "/"}
