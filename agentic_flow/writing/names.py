"""The text of a path -> its parts, or why no model may write there. Pure: knows names, not the disk.

Every system's rules hold everywhere, so that a folder written on Linux can be cloned on a Mac and on Windows
without one of its files turning into something else.
"""

import re
import unicodedata
from collections.abc import Sequence

from agentic_flow.core.errors import UnsafeWrite
from agentic_flow.core.filenames import is_file_name
from agentic_flow.core.patterns import pattern
from agentic_flow.writing.protected import fold, why_protected

_LONGEST_PART = 255  # bytes; ext4, APFS and NTFS agree
_LONGEST_PATH = 1024  # bytes; macOS has the shortest limit
_DEEPEST = 32

_NOT_EVERYWHERE = pattern(r"[<>:\"|?*]")
_DRIVE = pattern(r"[A-Za-z]:")
_SHORT_NAME = pattern(r"[^.]{1,8}~\d+(?:\..{0,3})?")  # GIT~1, the MS-DOS name of .git
_DEVICE = pattern(r"(?:con|prn|aux|nul|com\d|lpt\d|conin\$|conout\$|clock\$)(?:\s*\..*)?")
# Shown as nothing by most fonts, though Unicode does not call them format characters.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0") | frozenset(
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
)
_INVISIBLE = {
    "Cc": "a control character",
    "Cf": "an invisible character",
    "Cs": "half a character",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
    "Zs": "an unusual space",
}


def judge(path: str, *, beneath: Sequence[str] = (), inside: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the parts of a relative path, or raise `UnsafeWrite`.

    `beneath` is the folder it is relative to, in parts: `workflows/ci.yml` is harmless, but not in `.github`.
    `inside` is that folder from its project's root.
    """
    if reason := _why_malformed(path):
        raise UnsafeWrite(path, reason)
    parts = tuple(part for part in path.split("/") if part != ".")
    if not parts:
        raise UnsafeWrite(path, "it is the output folder itself")
    for part in parts:
        if reason := _why_bad(part):
            raise UnsafeWrite(path, reason)
    if reason := why_protected(parts, beneath=beneath, inside=inside):
        raise UnsafeWrite(path, reason)
    return parts


def elsewhere(path: str) -> str | None:
    """Return where a file whose path is refused may go, for a person to move it: `a.py` for `../lib/a.py`.

    One whose name itself is refused is harmless under another: `gitlab-ci.yml`, `Jenkinsfile.txt`, `env.txt`.
    It is one that tasks and answers are known to name a file by.
    """
    name = re.split(r"[/\\]", path)[-1]
    bare = name.lstrip(".")
    others = (each for each in (name, bare, f"{bare}.txt") if each != path)
    return next((each for each in others if is_file_name(each) and _fits(each)), None)


def stand_in(path: str) -> str | None:
    """Return where a file may go that no answer may write at its own path; None for all others."""
    return None if _fits(path) else elsewhere(path)


def way_out(instead: str | None) -> str:
    """Say what a person may do about a path that is refused, where its file may go as `instead`."""
    return f"ask for {instead!r} and move it there yourself" if instead else "ask for another name"


def _fits(path: str) -> bool:
    try:
        judge(path)
    except UnsafeWrite:
        return False
    return True


def collision_key(parts: Sequence[str]) -> tuple[str, ...]:
    """Return what two paths share if some file system takes them for one."""
    return tuple(fold(part) for part in parts)


def _why_malformed(path: str) -> str | None:
    if not path.strip():
        return "it is empty"
    for character in path:
        if character != " " and (kind := _INVISIBLE.get(unicodedata.category(character))):
            return f"it holds {kind} (U+{ord(character):04X})"
        if character in _BLANK:
            return f"it holds an invisible character (U+{ord(character):04X})"
    if path.startswith("/"):
        return "it is absolute; paths are relative to the output folder"
    if _DRIVE.match(path):
        return "it names a drive; paths are relative to the output folder"
    if "\\" in path:
        return "it holds a backslash; parts are separated by /"
    if found := _NOT_EVERYWHERE.search(path):
        return f"it holds {found.group()!r}, which is no part of a file name on every system"
    if path.endswith("/") or "//" in path:
        return "one of its parts is empty"
    if len(path.encode()) > _LONGEST_PATH or path.count("/") >= _DEEPEST:
        return "it is too long"
    return None


def _why_bad(part: str) -> str | None:
    if part == "..":
        return "it leads out of the output folder"
    if part != part.strip(" ") or part.endswith("."):
        return "a part of it begins or ends with a space or ends with a dot, which Windows drops"
    if part.startswith(("~", "-")):
        return f"a part of it begins with {part[0]!r}, which a shell reads as something else"
    if _SHORT_NAME.fullmatch(part):
        return "a part of it is a short name, which Windows reads as another file's"
    if _DEVICE.fullmatch(fold(part)):
        return "a part of it is the name of a device on Windows"
    if len(part.encode()) > _LONGEST_PART:
        return "a part of it is too long"
    return None
