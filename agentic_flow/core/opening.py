"""A path -> the bytes of a regular file, up to a size: how what a stranger may have put there is read.

A pipe would be waited on for ever, whatever the time limit, and a device has no end.
"""

import errno
import os
import stat
from pathlib import Path

_READ = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_UNWAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


class TooLarge(OSError):
    """A file with more bytes than what it is read for can have."""


def read_regular(path: Path, largest: int) -> bytes:
    """Return a file's bytes. Raises `OSError` where it is no file, and `TooLarge`; its words say so."""
    with os.fdopen(os.open(path, _READ | _UNWAITING), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file", str(path))
        data = file.read(largest + 1)
    if len(data) > largest:
        raise TooLarge(errno.EFBIG, f"it is larger than {largest // 1_000_000} MB", str(path))
    return data
