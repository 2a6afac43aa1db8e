"""A file that grows across connections and processes, and knows the sha256 of what it holds."""

import hashlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from agentic_flow.weights.digest import CHUNK


class GrowingFile:
    """The bytes so far of a file that must not become longer than `size`. Closing keeps them."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        self._digest = hashlib.sha256()
        self.length = 0
        """Bytes it holds."""
        self._reread()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, where: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def missing(self) -> int:
        """Bytes still to come."""
        return self._size - self.length

    @property
    def sha256(self) -> str:
        """Of what it holds."""
        return self._digest.hexdigest()

    def grow(self, chunk: bytes) -> None:
        """Append. Raises `ValueError` for more bytes than the file may have; nothing of them is kept."""
        if len(chunk) > self.missing:
            raise ValueError(f"more than the {self._size:,} bytes that were announced")
        self._file.write(chunk)
        self._digest.update(chunk)
        self.length += len(chunk)

    def restart(self) -> None:
        """Forget what it holds."""
        self._file.truncate(0)
        self._digest = hashlib.sha256()
        self.length = 0

    def finish(self, name: Path) -> None:
        """Bring it to disk under its name."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._path.replace(name)

    def _reread(self) -> None:
        self._file.seek(0)
        while chunk := self._file.read(CHUNK):
            self._digest.update(chunk)
            self.length += len(chunk)
        if self.length > self._size:
            self.restart()
