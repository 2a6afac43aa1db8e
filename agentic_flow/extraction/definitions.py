"""Lines of a file -> the names of what they define. Pure: a table of forms, no parser, any language does."""

import re
from collections.abc import Callable, Iterable, Iterator

from agentic_flow.core.patterns import pattern

_DEFINES = pattern(
    r"[ \t]*(?:(?:export|default|public|private|protected|internal|static|abstract|final|async|pub|unsafe"
    r"|inline|override|declare|virtual|open|data|sealed)(?:\([^)]*\))?\s+)*"
    r"(?:class|def|func|fn|fun|function|interface|struct|enum|trait|impl|module|namespace|object|protocol"
    r"|message|service|resource|sub|proc|procedure|create (?:or replace )?(?:table|view|index))\*?\s+"
    r"(?:if not exists |\([^()]*\)\s*)?[\"'`]?([\w.:$-]+)"
    r"|#{1,6}\s+(\S.*)"  # a title
    r"|(?:export\s+)?(?:const|let|var)\s+(\w+)\s*=|\[([^\]]+)\]\s*$"  # a value, a section
    r"|([.#@]?[\w-][^;{}()]*)\{\s*$|([A-Za-z_][\w.-]*)\s*[:=](?!=)",  # a rule of CSS, a setting
    re.IGNORECASE,
)
_DEEPER_THAN_ANY_TITLE = 7
CLOSES = ("}", ")", "]", "</", "end")
"""How a line begins that ends what is above it."""


def filled(lines: Iterable[str]) -> list[str]:
    """Return the lines that hold anything, without what indents them."""
    return [line.strip() for line in lines if line.strip()]


def defined(lines: Iterable[str]) -> Iterator[str]:
    """Yield the names of what lines define: functions, classes, sections, settings."""
    for line in lines:
        if found := _DEFINES.match(line):
            yield next(group for group in found.groups() if group).strip()


def bodies(lines: Iterable[str]) -> Iterator[str]:
    """Yield the names of what has a body: functions, classes and the like."""
    yield from (found[1] for line in lines if (found := _DEFINES.match(line)) and found[1])


def lines_below(lines: Iterable[str], wanted: Callable[[str], bool]) -> int:
    """Count the filled lines of the functions, classes and titled sections whose names are wanted."""
    count, depth = 0, None
    for line in filter(str.strip, lines):
        found = _DEFINES.match(line)
        name = (found[1] or found[2]) if found else None
        deep = len(line) - len(line.lstrip())
        if found and found[2]:  # a title is above all text, and a lesser one below it
            deep = len(line.partition(" ")[0]) - _DEEPER_THAN_ANY_TITLE
        if depth is not None and deep <= depth and not line.lstrip().startswith(CLOSES):
            depth = None
        if depth is None and name and wanted(name):
            depth = deep
        count += depth is not None
    return count
