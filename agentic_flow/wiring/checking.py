"""A check command -> whether it can be run, how it ended, and the folders that it may speak of.

It sees no keys in its environment. One that it finds elsewhere, as in a project's `.env`, is taken out of
what it says: that goes to a model, which may be another provider's.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from agentic_flow.config.scrubbing import without_own
from agentic_flow.core.errors import CheckMissing
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Check
from agentic_flow.wiring.remembering import scrubber_of

CHECK_SECONDS = 300.0
_LOOK_SECONDS = 5.0
_TAKEN_OUT = "[a key stands where this says [key]; the files hold it as it was]\n"
"""Who mends a file by what a check says must not take `[key]` for what stands there."""
_UNCOMPILED = {"PYTHONDONTWRITEBYTECODE": "1"}
"""Python takes what it compiled of a module for that of another of the same size and second: of a repair."""


def checked(command: str, folder: Path, left: float | None, settings: Settings) -> Check:
    """Run a check in `folder`, at most as long as the run has `left`."""
    from agentic_flow.core.secrets import without_keys
    from agentic_flow.verification import verify

    timeout = CHECK_SECONDS if left is None else min(left, CHECK_SECONDS)
    known = scrubber_of(settings)
    check = verify(command, folder, timeout=timeout, environment=without_own(_environment(), known))
    command, said = (without_keys(known(each), fixture=True) for each in (command, check.output_tail))
    if said != check.output_tail:
        said += _TAKEN_OUT
    return replace(check, command=command, output_tail=said)


def require_tools(checks: Sequence[str], folder: Path) -> None:
    """Raise `CheckMissing` for a check that starts what is not there, and that nothing before it can bring.

    What cannot be told now is told when the check is run.
    """
    if not checks:
        return
    from agentic_flow.diagnosis.tools import ABSENT, needed_tools
    from agentic_flow.verification import verify

    around = _environment()
    if not all(map(os.path.isabs, around.get("PATH", os.defpath).split(os.pathsep))):
        return  # what is found depends on the folder then
    here = next(place for place in (folder, *folder.parents) if place.is_dir())
    for check, tool in needed_tools(checks):
        looked = verify(tool.question, here, timeout=_LOOK_SECONDS, environment=around)
        if looked.exit_code == ABSENT:
            raise CheckMissing(check, str(tool)).adding("no model was asked")


def _environment() -> dict[str, str]:
    """Return what a check is told of its surroundings."""
    from agentic_flow.config.environment import environment
    from agentic_flow.verification import without_keys

    return without_keys(environment()) | _UNCOMPILED


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
        if Path(path).is_absolute()
        for form in (Path(path), Path(path).resolve())
    }
    return {path: word for path, word in forms.items() if path != "/"}
