"""Names in an open folder -> files made, read, moved and removed. The only module here that calls the system.

A folder is opened once, part by part and never through a link, and from then on everything is done by name in
that open folder (`openat` and its kin, POSIX.1-2008): swapping a folder for a link while we work leads
nowhere. Where the platform has no such calls (Windows), each part is looked at right before it is used.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.frozen import frozen

ANCHORED = os.open in os.supports_dir_fd and hasattr(os, "O_DIRECTORY")
"""Whether names can be looked up in an open folder."""

_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FOLDER = _READ | getattr(os, "O_DIRECTORY", 0)
_UNWAITING = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for its other end


@frozen
class Access:
    """Whose a file is, and who may do what with it."""

    mode: int
    """Permission bits."""
    owner: tuple[int, int] | None = None
    """User and group, by number; None for whoever runs this."""


@frozen
class Stamp:
    """What tells one state of a file from another."""

    kind: Literal["file", "folder", "other"]
    identity: tuple[int, int]
    """Device and number."""
    size: int
    changed_ns: int
    access: Access


class Folder:
    """An open folder."""

    def __init__(self, path: Path, handle: int | None) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def at(cls, path: Path) -> Self:
        """Open an existing folder by its path, which must hold no link."""
        if not ANCHORED:
            _require_folder(os.lstat(path), path)
        return cls(path, os.open(path, _FOLDER) if ANCHORED else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        if self._handle is not None:
            with suppress(OSError):  # nothing was written through it
                os.close(self._handle)
            self._handle = None

    def enter(self, name: str) -> "Folder":
        """Open a folder in this one. Raises `NotADirectoryError` for a file and for a link."""
        if self._handle is None:
            _require_folder(os.lstat(self._name(name)), self.path / name)
            return Folder(self.path / name, None)
        return Folder(self.path / name, os.open(name, _FOLDER, dir_fd=self._handle))

    def names(self) -> list[str]:
        """List what is in the folder."""
        return os.listdir(self.path if self._handle is None else self._handle)  # noqa: PTH208 - by handle

    def look(self, name: str) -> Stamp | None:
        """Return the state of what has this name, itself and not what it may link to; None for nothing."""
        try:
            found = os.stat(self._name(name), dir_fd=self._handle, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return _stamp(found)

    def read(self, name: str) -> tuple[bytes, Stamp]:
        """Return the bytes of a regular file and the state they belong to."""
        handle = os.open(self._name(name), _READ | _UNWAITING, dir_fd=self._handle)
        with os.fdopen(handle, "rb") as file:
            stamp = _stamp(os.fstat(handle))
            if stamp.kind != "file":
                raise OutputProblem(f"{str(self.path / name)!r} is no file; move it out of the way")
            return file.read(), stamp

    def create(self, name: str, data: bytes, access: Access | None = None) -> None:
        """Write a new file, safe on the disk, with this access or as the umask allows."""
        handle = os.open(self._name(name), _NEW, 0o666 if access is None else 0o600, dir_fd=self._handle)
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
            if access is not None:
                _give(handle, access)
            os.fsync(handle)
        finally:
            os.close(handle)

    def make(self, name: str) -> None:
        """Make a folder, as the umask allows."""
        os.mkdir(self._name(name), dir_fd=self._handle)

    def link(self, name: str, other: str) -> None:
        """Give a file a second name."""
        os.link(
            self._name(name),
            self._name(other),
            src_dir_fd=self._handle,
            dst_dir_fd=self._handle,
            follow_symlinks=False,
        )

    def move(self, name: str, other: str) -> None:
        """Put a file in another's place, at once."""
        os.replace(self._name(name), self._name(other), src_dir_fd=self._handle, dst_dir_fd=self._handle)

    def remove(self, name: str) -> None:
        """Remove a file."""
        os.unlink(self._name(name), dir_fd=self._handle)

    def remove_folder(self, name: str) -> None:
        """Remove an empty folder."""
        os.rmdir(self._name(name), dir_fd=self._handle)

    def sync(self) -> None:
        """Make the names in the folder safe on the disk, where the platform can."""
        if self._handle is not None:
            os.fsync(self._handle)

    def _name(self, name: str) -> str:
        return name if self._handle is not None else str(self.path / name)


def _give(handle: int, access: Access) -> None:
    now = os.fstat(handle)
    if hasattr(os, "fchown") and access.owner not in (None, (now.st_uid, now.st_gid)):
        try:
            os.fchown(handle, *access.owner)
        except PermissionError:
            if now.st_uid != access.owner[0]:  # a group that is not ours cannot be kept
                raise
    if hasattr(os, "fchmod"):
        os.fchmod(handle, access.mode & 0o777)  # never the bits that run a file as its owner


def _stamp(found: os.stat_result) -> Stamp:
    kind: Literal["file", "folder", "other"] = "other"
    if not getattr(found, "st_reparse_tag", False):  # Windows: a junction says it is a folder
        kind = "file" if stat.S_ISREG(found.st_mode) else "folder" if stat.S_ISDIR(found.st_mode) else "other"
    access = Access(stat.S_IMODE(found.st_mode), (found.st_uid, found.st_gid))
    return Stamp(kind, (found.st_dev, found.st_ino), found.st_size, found.st_mtime_ns, access)


def _require_folder(found: os.stat_result, path: Path) -> None:
    if _stamp(found).kind != "folder":
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(path))
