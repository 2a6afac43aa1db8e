"""A model in the making: its lock, its partial folder, and the one rename that makes it visible.

In the folder of models, `NAME/` is a whole model, and everything else stands under `.partial/`:
`NAME.lock`; `NAME/download/` with verified or resumable bytes; `NAME/model/`, the folder to be; and
`NAME/previous/`, the model that `--force` is just replacing. Whatever moment a process is killed at,
`NAME/` is whole or absent.
"""

import errno
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from agentic_flow.core.errors import DownloadFailed, LocalModelProblem, NotEnoughDisk
from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_file, is_there
from agentic_flow.weights.digest import sync
from agentic_flow.weights.manifest import MANIFEST
from agentic_flow.weights.progress import Notice, Report
from agentic_flow.weights.sizes import size_in_words

PARTIAL = ".partial"
_SLACK = 64 * 1024 * 1024
"""Bytes left free whatever happens: a disk filled to the brim breaks more than a download."""


@frozen
class Staging:
    """Where one model is made. `name` is its folder's."""

    root: Path
    name: str

    @property
    def target(self) -> Path:
        """The model's folder once it is whole."""
        return self.root / self.name

    @property
    def work(self) -> Path:
        """Everything of the model that is not whole."""
        return self.root / PARTIAL / self.name

    @property
    def download(self) -> Path:
        """Bytes that came and can be kept for the next try."""
        return self.work / "download"

    @property
    def model(self) -> Path:
        """The folder that will become `target`."""
        return self.work / "model"

    @property
    def _previous(self) -> Path:
        return self.work / "previous"

    @contextmanager
    def locked(self, report: Report | None = None) -> Generator[None]:
        """Hold the model for this process; the system lets go of it if the process dies.

        Another process that holds it is waited for, and `report` says so; without `report` it is an
        error at once. Raises `DownloadFailed` where the folder of models cannot be written.
        """
        from filelock import FileLock, Timeout

        lock = FileLock(self.root / PARTIAL / f"{self.name}.lock")
        try:
            Path(lock.lock_file).parent.mkdir(parents=True, exist_ok=True)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                if report is None:
                    raise LocalModelProblem(
                        f"{self.name} is being downloaded by another process; stop that one, or wait for it"
                    ) from None
                report(Notice(f"another process is downloading {self.name}; waiting for it"))
                lock.acquire()
        except OSError as failure:
            raise DownloadFailed(
                f"the folder of models {self.root} cannot be written ({failure});"
                " name another with --models-dir"
            ) from failure
        try:
            self._heal()
            yield
        finally:
            lock.release()

    def check_space(self, needed: int) -> None:
        """Raise `NotEnoughDisk` unless `needed` bytes, and some slack, are free."""
        missing = needed + _SLACK
        free = shutil.disk_usage(self.root).free
        if free < missing:
            raise NotEnoughDisk(
                f"{self.name} needs {missing:,} bytes ({size_in_words(missing)}) in {self.root} while it is"
                f" downloaded and imported, and {free:,} bytes ({size_in_words(free)}) are free;"
                " make room, or name another folder with --models-dir"
            )

    def begin_model(self) -> Path:
        """Return an empty folder for the model to be."""
        shutil.rmtree(self.model, ignore_errors=True)
        self.model.mkdir(parents=True)
        return self.model

    def publish(self, finished: Path) -> Path:
        """Make a finished folder visible in one rename, in place of what stood there."""
        if is_there(self.target):
            shutil.rmtree(self._previous, ignore_errors=True)
            self.target.rename(self._previous)
        finished.rename(self.target)
        sync(self.root)
        self.discard()
        return self.target

    def withdraw(self) -> None:
        """Take a model out of sight in one rename, then delete it and everything partial of it."""
        if is_there(self.target):
            self.work.mkdir(parents=True, exist_ok=True)
            self.target.rename(self.work / f"removed-{self.target.stat().st_ino}")
        self.discard()

    def discard(self) -> None:
        """Delete everything that is not whole."""
        shutil.rmtree(self.work, ignore_errors=True)

    def _heal(self) -> None:
        """Put the previous model back where a process died between the two renames of `publish`."""
        if not is_there(self.target) and is_file(self._previous / MANIFEST):
            self._previous.rename(self.target)

    @property
    def interrupted(self) -> bool:
        """Whether a process died, or is just now, between the two renames of `publish`."""
        return not is_there(self.target) and is_file(self._previous / MANIFEST)

    @contextmanager
    def foreseen(self) -> Generator[None]:
        """Turn what the disk may refuse into a sentence."""
        try:
            yield
        except OSError as failure:
            if failure.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NotEnoughDisk(
                    f"{self.root} is full; make room, or name another folder with --models-dir."
                    " What has come is kept"
                ) from failure
            raise DownloadFailed(f"{self.name} cannot be written: {failure}") from failure
