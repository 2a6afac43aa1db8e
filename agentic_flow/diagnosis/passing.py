"""What differs from one run of a check to the next, and from one folder or machine to the next. Pure.

A model is told as little of it as can be: the same failure is then the same prompt everywhere, and what was
answered to it before still fits. What has to be told, as it may be what is wrong, makes no failure another.
"""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from agentic_flow.core.patterns import pattern

TEMPORARY = "/tmp"  # noqa: S108 - what a folder for such files is called, wherever it is
_HERE = r"127\.0\.0\.1|localhost|\[::1\]"
_DAY = r"\d{4}-\d\d-\d\d"
_CLOCK = r"\d\d:\d\d:\d\d"

_UNTOLD = pattern(
    r" at 0x[0-9a-f]{6,}"
    rf"|\[\d\d/[A-Z][a-z]{{2}}/\d{{4}} {_CLOCK}\] ?"  # when a server was asked
    rf"|^\[?{_DAY}[ T]{_CLOCK}[,.]\d{{3}}\d*\]? ?"  # when a line of a log was written
    rf"|({_HERE}):(?:3[2-9]|[4-6]\d)\d{{3}}\b",  # a port that was free just then
    re.MULTILINE,
)
_IMMATERIAL = pattern(
    r"0x[0-9a-f]+"
    r"|\d+(?:\.\d+)? ?(?:s|ms|sec|seconds)\b"
    rf"|{_DAY}[T ]{_CLOCK}\S*|{_CLOCK}\S*"
    rf"|(?:{_HERE}):\d+"
    rf"|{TEMPORARY}/\S+",
    re.IGNORECASE,
)

_SCRATCH = pattern(
    rf"(?<![\w.-]){TEMPORARY}/(?:pytest-of-[^/\s]+/pytest-\d+(?![^/\s])|[^/\s\"']+(?=/)|tmp[\w.]{{6,}})"
)
_SYSTEM = pattern(r"/(?:usr|s?bin|lib(?:32|64)?|etc|dev|proc|sys)\b")
"""What begins so is called the same on every machine."""
_WHOLE = pattern(r"(?<![\w.:/])/[^\s/:;&|()<>'\"\\]+/[^\s:;&|()<>'\"\\]*+(?!\\)")


def without_passing(text: str) -> str:
    """Return a text without what is another each time and tells nobody anything."""
    return _UNTOLD.sub(r"\1", text)


def same_failure(one: str, other: str) -> bool:
    """Say whether two reports tell of the same, as far as a model could do anything about it."""
    return _IMMATERIAL.sub("~", one) == _IMMATERIAL.sub("~", other)


def without_places(text: str, places: Mapping[str, str]) -> str:
    """Return a text with each of `places`, folders or files, called as that says; scratch folders untold."""
    if places:
        known = "|".join(map(_place, sorted(places, key=len, reverse=True)))
        # Pytest climbs down to the root and up again: ../../../home/me/test_it.py.
        reached = re.compile(rf"(?:(?<![\w./-])(?:\.\./)*\.\.|(?<![\w.-]))({known})(?![\w-]|\.\w)")
        text = reached.sub(lambda found: places[found[1]], text)
    return _SCRATCH.sub(f"{TEMPORARY}/...", text)


def _place(path: str) -> str:
    """Return what finds a place; one right below the root, as `/app`, alone may be something else."""
    return re.escape(path) + (r"(?=/)" if path.count("/") == 1 else "")


def programs(command: str, places: Mapping[str, str]) -> Mapping[str, str]:
    """Return what a command names by a whole path and lies in none of `places`, and its mere name."""
    return {
        path: PurePosixPath(path).name
        for path in (found.rstrip("/") for found in _WHOLE.findall(command))
        if not _SYSTEM.match(path) and not without_places(path, places).startswith(".")
    }
