"""Where words go: the answer to stdout, all talk about it to stderr, failures to one line and a status."""

import os
import sys
import unicodedata
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from agentic_flow.core.errors import FlowError

if TYPE_CHECKING:
    from rich.console import Console

_KEPT_CONTROLS = "\n\t"


def visible(text: str) -> str:
    """Return `text` without what could drive a terminal: control, C1, escape and bidi characters.

    Only text that a stranger wrote (a model, a template, a file name) and that goes to a terminal
    passes here; a pipe gets the bytes as they are.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cf", "Cs")
    )


def notes() -> "Console":
    """Return the console for everything that is not the answer: stderr, no markup, plain when piped."""
    from rich.console import Console

    return Console(stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True)


def say(text: str) -> None:
    """Write one line to stderr without loading rich."""
    sys.stderr.write((visible(text) if sys.stderr.isatty() else text) + "\n")
    sys.stderr.flush()


@contextmanager
def reported() -> Generator[None]:
    """Turn a foreseen failure into one line on stderr and its exit code; let a closed stdout end quietly."""
    try:
        yield
        sys.stdout.flush()
    except FlowError as failure:
        say(f"agentic-flow: {failure.outcome.status}: {failure}")
        raise typer.Exit(failure.outcome.exit_code) from failure
    except BrokenPipeError:
        close_stdout()
        raise typer.Exit(0) from None


def close_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush cannot fail again.

    See the note on SIGPIPE in the documentation of Python's signal module.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
