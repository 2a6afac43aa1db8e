"""Where words go: the answer to stdout, all talk about it to stderr, failures to one line and a status."""

import os
import re
import sys
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

import typer

from agentic_flow.core.errors import FlowError, OutputProblem
from agentic_flow.core.patterns import pattern

if TYPE_CHECKING:
    from rich.console import Console

# Escape sequences whole (ECMA-48: CSI, then OSC and its like where they end on their line: what seems to
# begin one must not hide the rest), then every character that alone could act: C0 but tab and newline, DEL,
# C1, bidi marks and embeddings (UAX 9), tags, surrogates.
_DRIVING = pattern(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x9f]"
    r"|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
    r"|[\U000e0000-\U000e007f]"
)
_UNSEEN = pattern(r"\r(?!\n)|[^ -~\n\t\r\u200d]")
"""What may be no sign at all; a joiner is in many pictures, and a return in the lines of Windows."""
_GAP = pattern(r"[ \t\u115f\u1160\u2800\u3164\uffa0]{80,}")
"""Blanks, and letters that are drawn as one, that lead out of sight."""


def visible(text: str) -> str:
    """Return `text` without what could drive a terminal: escape sequences, control, C1 and bidi characters.

    Only text that a stranger wrote (a model, a template, a file name) and that goes to a terminal
    passes here; a pipe gets the bytes as they are.
    """
    return text if text.isascii() and text.isprintable() else _DRIVING.sub("", text)


def spelled(text: str) -> str:
    """Return `text` with all that is not seen spelled out, and wide gaps told: to say yes to.

    What only `visible` has gone over would run, or be written, all the same.
    """
    return _GAP.sub(lambda gap: f"[{len(gap[0])} blanks]", _UNSEEN.sub(_spell, text))


def _spell(found: re.Match[str]) -> str:
    sign = found[0]
    return sign if sign.isprintable() else sign.encode("unicode_escape").decode()


def notes() -> "Console":
    """Return the console for everything that is not the answer: stderr, no markup, plain when piped."""
    from rich.console import Console

    from agentic_flow.config.environment import environment

    driven = None if environment().get("TERM", "any") else False  # an empty one: nothing to drive is known
    return Console(
        stderr=True, markup=False, highlight=False, emoji=False, soft_wrap=True, force_terminal=driven
    )


def say(text: str) -> None:
    """Write one line to stderr without loading rich. Nobody listening there is no reason to stop."""
    try:
        sys.stderr.write((visible(text) if sys.stderr.isatty() else text) + "\n")
        sys.stderr.flush()
    except OSError:
        _point_at_nothing(sys.stderr)


def stdout_is_there() -> bool:
    """Say whether the process was started with a stdout: after `>&-` what is written there is lost."""
    return sys.__stdout__ is not None


def put_words(text: str) -> None:
    """Write text to stdout as it is, in UTF-8, at once.

    Raises BrokenPipeError where nobody reads any more, and `OutputProblem` where it cannot be kept.
    """
    try:
        sys.stdout.flush()
        put_bytes(text.encode("utf-8", "replace"))
    except BrokenPipeError:
        raise
    except OSError as failure:
        close_stdout()
        raise OutputProblem(f"stdout cannot be written: {failure.strerror}") from failure


def put_bytes(data: bytes) -> None:
    """Write all of `data` to stdout, at once: under PYTHONUNBUFFERED a write may take only some of it."""
    rest = memoryview(data)
    while rest:
        rest = rest[sys.stdout.buffer.write(rest) :]
    sys.stdout.buffer.flush()


def agrees(question: str) -> bool:
    """Ask a person on the terminal; what is no yes, Ctrl-D among it, is a no."""
    _forget_what_was_typed()
    try:
        return typer.confirm(question, default=False, err=True)
    except typer.Abort:
        say("")  # Ctrl-D leaves the line open
        return False


def _forget_what_was_typed() -> None:
    """Drop what was typed before a question was there: an impatient Enter is no answer to it."""
    try:
        import termios
    except ImportError:  # Windows
        return
    with suppress(termios.error, ValueError):  # no terminal to read from
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def say_failure(status: str, text: str) -> None:
    """End with the line that scripts look for: the status and what to do; longer matter goes before it."""
    *before, last = text.splitlines() or [""]
    for line in before:
        say(line)
    say(f"agentic-flow: {status}: {last}")


@contextmanager
def reported() -> Generator[None]:
    """Turn a foreseen failure into one line on stderr and its exit code; let a closed stdout end quietly."""
    try:
        yield
        sys.stdout.flush()
    except FlowError as failure:
        say_failure(failure.outcome.status, str(failure))
        raise typer.Exit(failure.outcome.exit_code) from failure
    except BrokenPipeError:
        close_stdout()
        raise typer.Exit(0) from None


def say_unwritten(failure: OSError) -> int:
    """Say that stdout takes no more, and return the exit code."""
    close_stdout()
    problem = OutputProblem(f"stdout cannot be written: {failure.strerror}")
    say_failure(problem.outcome.status, str(problem))
    return problem.outcome.exit_code


def close_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush cannot fail again.

    See the note on SIGPIPE in the documentation of Python's signal module.
    """
    _point_at_nothing(sys.stdout)


def _point_at_nothing(stream: TextIO) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
