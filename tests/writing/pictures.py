"""A picture of a folder that misses nothing."""

import stat
from pathlib import Path

Picture = dict[str, tuple[int, int, bytes | str | None]]


def take_picture(folder: Path) -> Picture:
    """Take down all that is below a folder: kind, permission bits, and bytes or where a link leads."""
    found: Picture = {}
    for path in sorted(folder.rglob("*")):
        state = path.lstat()
        content: bytes | str | None = None
        if stat.S_ISREG(state.st_mode):
            content = path.read_bytes()
        elif stat.S_ISLNK(state.st_mode):
            content = str(path.readlink())
        found[str(path.relative_to(folder))] = (
            stat.S_IFMT(state.st_mode),
            stat.S_IMODE(state.st_mode),
            content,
        )
    return found
