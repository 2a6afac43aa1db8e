"""Where a report's page goes: a file that nobody else wrote, or stdout."""

import os
from pathlib import Path
from typing import Annotated

import typer

from agentic_flow.cli.console import put_words, say
from agentic_flow.core.errors import OutputProblem, UsageMistake
from agentic_flow.core.whole_files import write_whole

ReplacePage = Annotated[
    bool, typer.Option("--overwrite", help="Let --html replace a file that is no page of this program.")
]

_STDOUT = "-"
_HEAD = 1024
"""Bytes of a page within which it says who made it."""


def require_place(file: Path, *, overwrite: bool) -> None:
    """Find out whether a page can be written, before any work is done for it.

    Raises `OutputProblem`, and `UsageMistake` where it would replace what somebody else wrote.
    """
    if str(file) == _STDOUT:
        return
    if file.is_dir():
        raise OutputProblem(f"--html {file}: it is a folder; name a file in it")
    if not file.parent.is_dir():
        raise OutputProblem(f"--html {file}: cannot be written (there is no folder {file.parent})")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise OutputProblem(f"--html {file}: cannot be written (no permission)")
    if file.is_file() and not overwrite and not _is_ours(file):
        raise UsageMistake(f"--html {file}: that file is no page of agentic-flow; --overwrite replaces it")


def write_page(file: Path, page: str) -> None:
    """Write a page, and say where it is. Raises `OutputProblem`."""
    if str(file) == _STDOUT:
        put_words(page)
        return
    try:
        _put(file, page.encode())
    except OSError as failure:
        raise OutputProblem(f"--html {file}: cannot be written ({failure.strerror})") from failure
    say(f"written: {file}")


def _put(file: Path, page: bytes) -> None:
    """Leave the page of before where a new one cannot be written. What is no file takes it as it comes."""
    beside = file.resolve() if file.is_file() else file
    if (file.is_file() or not os.path.lexists(file)) and os.access(beside.parent, os.W_OK):
        write_whole(beside, page)
    else:
        file.write_bytes(page)


def _is_ours(file: Path) -> bool:
    from agentic_flow.reports.markup import MAKER

    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return not head or MAKER.encode() in head
