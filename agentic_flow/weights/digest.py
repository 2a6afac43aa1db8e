"""Files -> what proves them: sha256, git's blob id, and that they reached the disk."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

CHUNK = 4 * 1024 * 1024


def sha256_of(path: Path, on_bytes: Callable[[int], None] = lambda _: None) -> str:
    """Return the sha256 of a file in hexadecimal. `on_bytes` hears how many bytes are read so far."""
    digest = hashlib.sha256()
    done = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            done += len(chunk)
            on_bytes(done)
    return digest.hexdigest()


def git_blob_id(path: Path) -> str:
    """Return the id git gives a file's bytes: sha1 over `blob SIZE`, a zero byte, and the bytes.

    It is what a hub reports for files that are too small for LFS, where it reports no sha256. See "Git
    Objects" in the Git book.
    """
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    digest.update(path.read_bytes())
    return digest.hexdigest()


def sync(path: Path) -> None:
    """Wait until a file's bytes, or a folder's names, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
