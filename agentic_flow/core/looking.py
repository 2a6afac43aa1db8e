"""Whether there is something at a path. What may not be looked at is not there.

`Path.exists` and its like raise an error in a folder that this process may not enter; whoever opens what they
were told of gets that error anyhow, where it can be said in words.
"""

import os
from pathlib import Path


def is_there(path: Path) -> bool:
    """Say whether there is something at a path."""
    return os.path.exists(path)  # noqa: PTH110


def is_file(path: Path) -> bool:
    """Say whether there is a regular file at a path."""
    return os.path.isfile(path)  # noqa: PTH113


def is_folder(path: Path) -> bool:
    """Say whether there is a folder at a path."""
    return os.path.isdir(path)  # noqa: PTH112
