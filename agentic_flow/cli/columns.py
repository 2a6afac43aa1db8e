"""Words and rows -> stdout: as they are in a pipe; safe and wrapped on a terminal."""

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

from agentic_flow.cli.console import put_words, visible

_NARROWEST = 24
"""The last column is wrapped only where at least this many characters are left for it."""


def put(text: str) -> None:
    """Write `text` and a line's end to stdout, in UTF-8."""
    put_words(f"{visible(text) if sys.stdout.isatty() else text}\n")


def put_columns(rows: Sequence[tuple[str, ...]]) -> None:
    """Print rows with their columns under each other; on a terminal the last one is wrapped to its width."""
    for line in aligned(rows, shutil.get_terminal_size().columns if sys.stdout.isatty() else 0):
        put(line)


def aligned(rows: Sequence[tuple[str, ...]], room: int = 0) -> Iterator[str]:
    """Yield rows with their columns under each other, the last one wrapped to what they leave of `room`."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    indent = sum(widths) + 2 * len(widths)
    left = room - indent
    for row in rows:
        start = "".join(cell.ljust(width + 2) for cell, width in zip(row[:-1], widths, strict=True))
        lines = textwrap.wrap(row[-1], left) if left >= _NARROWEST else [row[-1]]
        yield (start + ("\n" + " " * indent).join(lines)).rstrip()
