"""A text -> a file that its owner alone can read, whole or not at all."""

import os
import tempfile
from pathlib import Path


def write_privately(path: Path, text: str) -> None:
    """Put `text` in place of what `path` holds, and make the folder where there is none. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600 from the start
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
