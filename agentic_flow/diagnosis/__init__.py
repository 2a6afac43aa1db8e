"""What failed -> what a model reads of it: the part that says what is wrong. Pure.

A person skims a page of output for the two lines that matter. A small model takes the page for what matters,
and every line of it is paid for, so those lines are all that it gets where they can be told; and nothing that
is another each time, so that the same failure is the same prompt.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

from agentic_flow.core.patterns import pattern
from agentic_flow.core.values import Check
from agentic_flow.diagnosis.passing import programs, without_passing, without_places

_MOST_LINES = 40
_MOST_CHARACTERS = 2400
_LONGEST_LINE = 400
_MOST_TESTS = 2
"""What else fails often does so for the same reason; if not, the next attempt shows it."""

_TEST = pattern(r"_{3,} \S.* _{3,}")  # pytest: the head of one failure
_SECTION = pattern(r"={3,} .* ={3,}|-{3,} .* -{3,}")
_MARKED = pattern(r"[>E](?: {2,}|$)")
_FRAME = pattern(r"\S+:\d+: in \S")
_BETWEEN = pattern(r"(?:_ )+_?|\S+:\d+: \w*")
_CARETS = pattern(r"\s*[\^~]+\s*")
_FUNCTION = pattern(r"<(?:function|bound method) ([\w.]+)[^<>]*(?:<[^<>]*>[^<>]*)?>")
_COLOUR = pattern(r"\x1b\[[0-9;]*m")
_TRACEBACK = "Traceback (most recent"
_PLACE = pattern(r'  File "([^"]+)", line \d+')
_PATH = pattern(r"(?<![\w.])/[^\s\"':]*")
_FOREIGN = pattern(r"[/\\](?:site|dist)-packages[/\\]|[/\\]lib[/\\]python3|^<frozen ", re.IGNORECASE)
_HINT = pattern(r"E\s+(?:Use -v to get more diff|Full diff:)?\s*$")
_NOWHERE: Mapping[str, str] = MappingProxyType({})


def report_checks(
    checks: Iterable[Check], files: Iterable[str] = (), places: Mapping[str, str] = _NOWHERE
) -> str:
    """Return what a model reads of the checks that failed: each command, how it ended, what it said.

    `files` are called as the model called them, wherever they lie, but in a library. `places` are called as
    they are named here, and what else a command names by a whole path by its mere name.
    """
    names = "|".join(map(re.escape, files))
    own = re.compile(rf"/(?:{names})\b" if names else r"(?!)")  # the latter is nowhere

    def called(path: re.Match[str]) -> str:
        found = None if _FOREIGN.search(path[0]) else own.search(path[0], 1)
        return path[0][found.start() + 1 :] if found else path[0]

    def told(check: Check) -> str:
        known = {**places, **programs(check.command, places)}
        command, output = (
            without_places(_PATH.sub(called, said), known) for said in (check.command, check.output_tail)
        )
        words = telling_part(output)
        return words if check.built_in else f"$ {command}\n{words}\n(exit code {check.exit_code})"

    return "\n\n".join(told(check) for check in checks if not check.passed)


def report_refusal(path: str, reason: str, instead: str | None) -> str:
    """Return what a model reads of a path that was refused, and where the file may go."""
    place = f"as {instead}" if instead else "at another path"
    return f"The path {path!r} is refused: {reason}. No file was written. Write that file {place}."


def telling_part(output: str) -> str:
    """Return the part of a check's output that says what is wrong.

    Of pytest's that is each failing statement with what it found; of tracebacks the last one, with the places
    that are not in a library; else the end.
    """
    lines = without_passing(_COLOUR.sub("", output)).rstrip().splitlines()
    if failures := list(_failures(lines)):
        return _bounded("\n\n".join(failures[:_MOST_TESTS]).splitlines(), from_end=False)
    starts = [number for number, line in enumerate(lines) if line.startswith(_TRACEBACK)]
    if starts and len(lines) - starts[-1] <= _MOST_LINES:
        lines = list(_own_places(lines[starts[-1] :]))
    return _bounded(lines, from_end=True)


def _own_places(traceback: Sequence[str]) -> Iterator[str]:
    """Yield a traceback without the places in libraries; with all of them where there are no others."""
    places = [found[1] for found in map(_PLACE.match, traceback) if found]
    all_foreign = all(map(_FOREIGN.search, places))
    foreign = False
    for line in traceback:
        if place := _PLACE.match(line):
            foreign = not all_foreign and bool(_FOREIGN.search(place[1]))
        elif not line.startswith("    "):
            foreign = False
        if not foreign and not _CARETS.fullmatch(line):
            yield line


def _failures(lines: Sequence[str]) -> Iterator[str]:
    """Yield what pytest says of each failing test: the marked lines, without the code around them."""
    heads = [number for number, line in enumerate(lines) if _TEST.fullmatch(line)]
    for begin, end in pairwise([*heads, len(lines)]):
        said = list(_marked(lines[begin + 1 : end]))
        if any(line.startswith("E") for line in said):
            yield "\n".join(_FUNCTION.sub(r"\1", line) for line in said)


def _marked(lines: Sequence[str]) -> Iterator[str]:
    """Yield the statements that failed, from the test to where it was raised, and what was found."""
    inside = False
    for line in lines:
        if _SECTION.fullmatch(line):
            return
        if _MARKED.match(line) or _FRAME.match(line):
            inside = not line.startswith("E")
            if not _HINT.fullmatch(line):
                yield line
        elif not line.strip() or _BETWEEN.fullmatch(line):
            inside = False
        elif inside and not _CARETS.fullmatch(line):  # a statement that goes on
            yield line


def _bounded(lines: Sequence[str], *, from_end: bool) -> str:
    some = lines[-_MOST_LINES:] if from_end else lines[:_MOST_LINES]
    kept = "\n".join(line[:_LONGEST_LINE] for line in some)
    if len(kept) <= _MOST_CHARACTERS:
        return kept
    return kept[-_MOST_CHARACTERS:].partition("\n")[2] if from_end else kept[:_MOST_CHARACTERS]
