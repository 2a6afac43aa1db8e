"""The output folder of one run: its answers are written there, one after the other, and can be taken back."""

import hashlib
from codecs import BOM_UTF8
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.looking import is_file
from agentic_flow.core.values import Check, ContextFile, Draft, FileAction, FileChange, Task
from agentic_flow.core.wanted import wanted_files


@dataclass(slots=True)
class Desk:
    """Where a run writes, and which files there are its own by now."""

    task: Task
    keep: Path
    """Where the bytes from before the run are kept."""
    root: Path
    overwrite: bool
    confirm: Callable[[Sequence[FileChange]], bool] | None
    _own: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """What the run made of files: the sha256 of their bytes by path; None where it left none."""

    def in_the_way(self) -> Iterator[str]:
        """Say of each file that the task names and that no answer may replace, before one is paid for."""
        shown = {file.path.resolve() for file in self.task.context}
        here = Path.cwd()
        for name in filter(None, () if self.overwrite else wanted_files(self.task)):
            place = self.root / name
            if is_file(place) and place.resolve() not in shown:
                named = place.relative_to(here) if place.is_relative_to(here) else place
                yield (
                    f"{name} is there already: --context {named} shows it to the model,"
                    " which may then change it; --overwrite lets it be replaced unseen"
                )

    def refused(self) -> Iterator[str]:
        """Say of the files that the task is about which no answer may write at all.

        Where it names none to write, it is about those that it shows, if none of them may be written.
        """
        from agentic_flow.writing import why_refused
        from agentic_flow.writing.names import elsewhere, way_out

        named = [name for name in wanted_files(self.task) if name]
        about = named or [file.shown for file in self.task.context]
        reasons = {name: reason for name in about if (reason := why_refused(name, self.root))}
        if named or len(reasons) == len(about):
            for name, reason in reasons.items():
                yield (
                    f"no answer may write {name}: {reason}; of one that does nothing is written;"
                    f" {way_out(elsewhere(name))}"
                )

    def write(self, drafts: Sequence[Draft]) -> tuple[FileChange, ...]:
        """Write the files of an answer; the run may replace what it wrote itself, or had leave to replace.

        But not what somebody else has made of them meanwhile, nor of a file that the model was shown.
        """
        from agentic_flow.writing import Workspace, write

        known = self._known()
        changes = write(
            drafts,
            Workspace(
                root=self.root,
                overwrite=self.overwrite,
                readable=frozenset(known),
                known=known,
                confirm=self.confirm,
                keep=self.keep,
                dry_run=self.task.preview,
            ),
        )
        if not self.task.preview:
            self._own |= {
                change.path: change.sha256
                for change in changes
                if change.path in self._own or change.action is not FileAction.UNCHANGED
            }
        return changes

    def watching(self, check: Callable[[], Check]) -> Check:
        """Run a check; what it makes of the run's files is the run's own doing, as that of a formatter is."""
        from agentic_flow.writing import adopt, sums_below

        if not self._own:
            return check()
        mine = [
            path for path, is_now in sums_below(self.root, self._own).items() if is_now == self._own[path]
        ]
        done = check()
        made = {path: now for path, now in sums_below(self.root, mine).items() if now != self._own[path]}
        if made:
            self._own |= made
            with suppress(OutputProblem, OSError):  # taking it back will then want --force
                adopt(self.keep, made)
        return done

    def as_it_stands(self, change: FileChange) -> FileChange:
        """Return a file that was written as the run's own checks have left it."""
        now = self._own.get(change.path, change.sha256)
        if change.preview or now == change.sha256:
            return change
        if now is None:
            return replace(change, action=FileAction.REMOVED, size=0, sha256="")
        try:
            size = (self.root / change.path).stat().st_size
        except OSError:  # somebody else took it away: it is told as the run left it
            size = change.size
        return replace(change, size=size, sha256=now)

    def take_back(self) -> bool:
        """Bring the files back to what they were before the run; False where somebody changed one since."""
        from agentic_flow.writing import restore

        if self.task.preview:
            return True  # nothing was written
        try:
            restored = restore(self.keep)
        except OutputProblem:
            return False
        self._own |= {
            change.path: None if change.action is FileAction.REMOVED else change.sha256 for change in restored
        }
        return True

    def _known(self) -> Mapping[Path, Collection[str]]:
        root = self.root.resolve()
        shown = {file.path: _sums(file) for file in self.task.context}
        return shown | {root / path: frozenset(filter(None, [own])) for path, own in self._own.items()}


def _sums(file: ContextFile) -> frozenset[str]:
    """Return the sha256 of what a file was when it was shown: its text does not say if it had a mark."""
    data = file.text.encode()
    return frozenset(hashlib.sha256(mark + data).hexdigest() for mark in (b"", BOM_UTF8))
