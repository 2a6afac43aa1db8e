"""The checks of a run: the person's own, and a project's where the person trusts it.

A check is a command. A cloned repository must not be able to run one, so what its templates and its
configuration ask for counts only with `--trust-project`, or after a yes on a terminal. A yes is remembered
for the file as it is, where it is: another folder, or another byte, is asked about anew.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_there
from agentic_flow.core.settings import Settings
from agentic_flow.core.shipped import shipped
from agentic_flow.core.values import AgentTemplate, Required, Task
from agentic_flow.core.whole_files import write_privately

Agree = Callable[[Path, Sequence[str]], bool]
"""Shows a file and the commands it asks for, and asks whether they may be run."""


@frozen
class Trust:
    """Whose checks count."""

    settings: Settings
    everything: bool = False
    """`--trust-project`."""
    agree: Agree | None = None
    """None: there is nobody to ask."""

    def required(self, task: Task, template: AgentTemplate) -> Required:
        """Return the checks that hold: the flag's, else the template's, else the configuration's."""
        if task.checks:
            return Required(task.checks)
        remarks: list[str] = []
        for commands, file in self._asked(template):
            if commands and (file is None or self._trusted(file, commands)):
                return Required(commands, tuple(remarks))
            if commands:
                shown = ", ".join(map(repr, commands))
                remarks.append(f"{file} asks for the check {shown}; it is not run without --trust-project")
        return Required((), tuple(remarks))

    def _asked(self, template: AgentTemplate) -> Sequence[tuple[Sequence[str], Path | None]]:
        """Return what asks for checks, the strongest first; the file where that is a project's word."""
        project = self.settings.project_checks
        own = any(
            template.path.resolve().is_relative_to(folder.resolve())
            for folder in (self.settings.places.user_config, shipped("agents"))
        )
        return (
            (template.checks, None if own else template.path),
            (project.commands, project.file) if project else ((), None),
            (self.settings.defaults.checks, None),
        )

    def _trusted(self, file: Path, commands: Sequence[str]) -> bool:
        if self.everything:
            return True
        mark = self.settings.places.user_data / "trusted" / _seal(file, commands)
        if is_there(mark):
            return True
        if self.agree is None or not self.agree(file, commands):
            return False
        try:  # privately: whoever may write there may say yes
            write_privately(mark, f"{os.fsencode(file).decode(errors='replace')}\n")
        except OSError as failure:
            raise OutputProblem(f"your yes cannot be kept in {str(mark.parent)!r}: {failure}") from failure
        return True


def _seal(file: Path, commands: Sequence[str]) -> str:
    """Return what changes with the file's place, its bytes and what was read from it.

    The commands were read before these bytes: a file that changes in between must not pass for the other.
    """
    place = file.resolve()
    said = b"\0".join(
        [os.fsencode(place), *(command.encode("utf-8", "surrogatepass") for command in commands)]
    )
    return hashlib.sha256(said + b"\0" + place.read_bytes()).hexdigest()
