"""A file of a project -> whether git tracks it: then it came with the clone, or goes out with the next push.

Git itself is not asked: what its configuration says in a clone, it would do.
"""

from contextlib import suppress
from pathlib import Path

_LARGEST = 64_000_000
"""Bytes of an index that is looked through; the largest repositories have some 30 MB."""


def is_tracked(file: Path, root: Path) -> bool:
    """Say whether a path stands in the index of the repository at `root`, as far as that can be read.

    There a path follows its length and ends with a zero byte; version 4, which is asked for, shortens it.
    """
    with suppress(OSError, ValueError):
        name = file.relative_to(root).as_posix().encode("utf-8", "surrogateescape")
        with (root / ".git/index").open("rb") as index:
            return len(name).to_bytes(2, "big") + name + b"\0" in index.read(_LARGEST)
    return False
