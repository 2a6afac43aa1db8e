"""Files -> bytes -> words."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_GB = _UNITS.index("GB")


def file_sizes(folder: Path) -> Iterator[int]:
    """Yield the size of every file under a folder. What goes away meanwhile is left out."""
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):
                yield Path(parent, name).stat().st_size


def size_in_words(size: float) -> str:
    """Return a size as a person reads it, in powers of 1000: `491 MB`, `1.1 GB`."""
    unit = 0
    while round(size) >= 1000 and unit < len(_UNITS) - 1:  # noqa: PLR2004  (a kilo)
        size /= 1000
        unit += 1
    return f"{size:.{1 if unit >= _GB else 0}f} {_UNITS[unit]}"
