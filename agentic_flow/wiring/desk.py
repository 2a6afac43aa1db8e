"""The output folder of one run: its answers are written there, one after the other, and can be taken back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import Draft, FileAction, FileChange, Task


@dataclass(slots=True)
class Desk:
    """Where a run writes, and which files there are its own by now."""

    task: Task
    keep: Path
    """Where the bytes from before the run are kept."""
    root: Path
    overwrite: bool
    confirm: Callable[[Sequence[FileChange]], bool] | None
    _own: set[Path] = field(default_factory=set[Path])

    def write(self, drafts: Sequence[Draft]) -> tuple[FileChange, ...]:
        """Write the files of an answer; the run may replace what it wrote itself, or had leave to replace."""
        from agentic_flow.writing import Workspace, write

        changes = write(
            drafts,
            Workspace(
                root=self.root,
                overwrite=self.overwrite,
                readable=frozenset(self._own.union(file.path for file in self.task.context)),
                confirm=self.confirm,
                keep=self.keep,
                dry_run=self.task.preview,
            ),
        )
        root = self.root.resolve()
        self._own |= {root / change.path for change in changes if change.action is not FileAction.UNCHANGED}
        return changes

    def take_back(self) -> bool:
        """Bring the files back to what they were before the run; False where somebody changed one since."""
        from agentic_flow.writing import restore

        if self.task.preview:
            return True  # nothing was written
        try:
            restore(self.keep)
        except OutputProblem:
            return False
        return True
