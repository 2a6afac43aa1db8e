"""A root folder, there or not yet, and parts of paths below it -> open folders, made where missing.

No part below the root may be a link. What was made is remembered, so that it can be taken away again.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from agentic_flow.core.errors import OutputProblem
from agentic_flow.writing.folders import Folder

Parts = tuple[str, ...]


class Tree:
    """The folders under one root, each opened once."""

    def __init__(self, root: Path) -> None:
        """Open the nearest folder that exists; the rest of the root is made with the first file."""
        self.root = root.resolve()
        anchor = self.root
        while not anchor.exists():
            anchor = anchor.parent
        if not anchor.is_dir():
            raise OutputProblem(
                f"{str(anchor)!r} is a file, not a folder to write to; choose another with --output-dir"
            )
        self._anchor = anchor
        self._lacking = self.root.parts[len(anchor.parts) :]
        self._open: dict[Parts, Folder] = {(): Folder.at(anchor)}
        self._made: list[tuple[Folder, str]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for folder in self._open.values():
            folder.close()

    def require_leave(self) -> None:
        """Raise `OutputProblem` where this process may make nothing."""
        if not os.access(self._anchor, os.W_OK | os.X_OK):
            raise OutputProblem(f"{str(self._anchor)!r} may not be written to; choose another --output-dir")

    def outer(self) -> list[Path]:
        """Return the folders above and including the root that do not exist yet, outermost first."""
        made = [*self.root.parents[: len(self._lacking)][::-1], self.root]
        return made[len(made) - len(self._lacking) :]

    def open(self, parts: Sequence[str]) -> Folder | None:
        """Open a folder below the root; None if it, or one on the way, does not exist.

        Raises `NotADirectoryError` where a file or a link stands in the way.
        """
        try:
            return self._walk((*self._lacking, *parts), make=False)
        except FileNotFoundError:
            return None

    def make(self, parts: Sequence[str]) -> Folder:
        """Open a folder below the root, making it and those on the way where they are missing."""
        return self._walk((*self._lacking, *parts), make=True)

    def unmake(self) -> None:
        """Take away what was made, unless something was put there meanwhile."""
        while self._made:
            folder, name = self._made.pop()
            with suppress(OSError):
                folder.remove_folder(name)

    def sync(self) -> None:
        """Make every name below the root safe on the disk."""
        for folder in self._open.values():
            folder.sync()

    def _walk(self, parts: Parts, *, make: bool) -> Folder:
        folder = self._open[()]
        for depth, name in enumerate(parts, 1):
            here = parts[:depth]
            if here not in self._open:
                self._open[here] = self._make_one(folder, name) if make else folder.enter(name)
            folder = self._open[here]
        return folder

    def _make_one(self, folder: Folder, name: str) -> Folder:
        self._made.append((folder, name))  # first, so that an interruption finds it
        try:
            folder.make(name)
        except FileExistsError:
            self._made.pop()
        return folder.enter(name)


def sums_below(root: Path, paths: Iterable[str]) -> dict[str, str | None]:
    """Return the sha256 of files below a root, by their paths; None for what is no file to be read."""
    with Tree(root) as tree:
        return {path: _sum(tree, tuple(path.split("/"))) for path in paths}


def _sum(tree: Tree, parts: Parts) -> str | None:
    try:
        folder = tree.open(parts[:-1])
        return None if folder is None else hashlib.sha256(folder.read(parts[-1])[0]).hexdigest()
    except (OSError, OutputProblem):
        return None
