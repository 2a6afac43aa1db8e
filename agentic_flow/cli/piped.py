"""What comes on stdin beside or instead of `--task`, by the kind of thing stdin is."""

import os
import select
import stat
import sys
from collections.abc import Callable

from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.values import LARGEST_INPUT

_FIRST_BYTE_SECONDS = 2.0


def read_all() -> str:
    """Read stdin to its end. Raises `UsageMistake` where that is too far."""
    require_stdin("give the task with --task")
    data = sys.stdin.buffer.read(LARGEST_INPUT + 1)
    if len(data) > LARGEST_INPUT:
        raise UsageMistake(f"stdin is larger than {LARGEST_INPUT // 1_000_000} MB; give a part of it")
    return _decode(data)


def require_stdin(instead: str) -> None:
    """Refuse to read a stdin that is closed; `instead` says what to do."""
    if sys.stdin is None or sys.stdin.closed:  # pyright: ignore[reportUnnecessaryComparison]  # `<&-`
        raise UsageMistake(f"stdin is closed; {instead}")


def read_beside_task(say: Callable[[str], None]) -> str | None:
    """Read what a file or a pipe brings beside `--task`; None when there is nothing to read.

    A pipe that stays silent is given up after two seconds: a CI job often leaves one open for ever.
    """
    kind = stdin_kind()
    if kind == "nothing":
        return None
    if kind == "pipe" and not select.select([sys.stdin], [], [], _FIRST_BYTE_SECONDS)[0]:
        say(f"nothing came on stdin within {_FIRST_BYTE_SECONDS:.0f} s; going on without it (see --no-stdin)")
        return None
    return read_all() or None


def stdin_kind() -> str:
    """Say what stdin is: `file`, `pipe` (FIFO or socket), or `nothing` (terminal, /dev/null, closed)."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (AttributeError, OSError, ValueError):
        return "nothing"
    if stat.S_ISREG(mode):
        return "file"
    return "pipe" if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else "nothing"


def _decode(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise UsageMistake(f"stdin is not UTF-8 text (byte {failure.start}); convert it first") from failure
