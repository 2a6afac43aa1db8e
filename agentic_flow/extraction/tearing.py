"""A file as it was and as it is to be -> where it is torn: what the rest of a piece had stayed behind. Pure.

No parser is asked: the file itself says what holds in its language. Whatever opened as often as it closed has
to do so still; and what it uses, if it once imported or defined it, it has to import or define still.
"""

import re
from collections import Counter
from collections.abc import Iterator

from agentic_flow.core.patterns import pattern
from agentic_flow.extraction.definitions import bodies

_SAID = pattern(
    r'"""|\'\'\'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|`(?:\\.|[^`\\\n])*`|//[^\n]*|/\*.*?\*/|^\s*#[^\n]*',
    re.DOTALL | re.MULTILINE,
)
"""Strings and comments, roughly: where this misreads a file it does so before and after."""
_TRIPLE = ('"""', "'''")
_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_BLOCKS = tuple(
    (closes, pattern(begin, re.MULTILINE), pattern(rf"^\s*{closes}\b", re.MULTILINE))
    for closes, begin in {
        "fi": r"^\s*if\b",
        "done": r"\bdo\s*$",
        "esac": r"^\s*case\b",
        "end": r"^\s*(?:class|module|def|if|unless|case|begin|while)\b|\bdo(?: *\|[^|]*\|)?\s*$",
    }.items()
)
_TAG = pattern(r"<(/?)([a-zA-Z][\w:-]*)(?:\s[^<>]*?)?(/?)>")
_FENCE = pattern(r"^\s*```", re.MULTILINE)
_IMPORTS = pattern(
    r"\s*(?:import|from|use|using|#include|require|@import)\b|\s*(?:const|let|var)\b.*\brequire\s*\("
    r"|\s*\"[\w./-]+\"\s*$"  # Go has them line by line
)
_VALUE = pattern(r"(?:(?:export|pub|static)\s+)*(?:(?:const|let|var|type)\s+(\w+)|(\w+)\s*(?::=|=(?!=)))")
_NAMED = 3
_NAME = pattern(r"[A-Za-z_]\w{2,}")
_USED = pattern(r"(?<![\w.$/-])([A-Za-z_]\w{2,})\s*[(.:]")


def torn(before: str, after: str) -> str | None:
    """Say why a file cannot stand alone as it is to be, as the end of a sentence; None if it may."""
    was, now = _open_ends(before, before), _open_ends(after, before)
    if sign := next((sign for sign in [*was, *now] if was[sign] == 0 != now[sign]), None):
        return f"not every {sign!r} in it has its other end"
    if lacking := sorted((_bound(before) - _bound(after)) & _used(after)):
        return f"it uses {', '.join(lacking[:_NAMED])} without what the file had for that"
    return None


def _open_ends(text: str, model: str) -> Counter[str]:
    """Return of each sign by how much oftener it opens than it closes; words where `model` has them so."""
    bare = _SAID.sub(lambda said: said[0] if said[0] in _TRIPLE else " ", text)
    ends = Counter({sign: bare.count(sign) % 2 for sign in _TRIPLE})
    ends["```"] = len(_FENCE.findall(text)) % 2
    for opens, closes in _BRACKETS.items():
        ends[opens] = bare.count(opens) - bare.count(closes)
    for name, opening, closing in _BLOCKS:
        if closing.search(model):
            ends[name] = len(opening.findall(bare)) - len(closing.findall(bare))
    for slash, name, alone in _TAG.findall(text):
        if not alone and f"</{name}" in model:  # `<name>` is no tag in most languages
            ends[f"<{name}>"] += -1 if slash else 1
    return ends


def _bound(text: str) -> set[str]:
    """Return what a file imports or defines outside of everything else."""
    return {*_imported(text), *bodies(line for line in text.splitlines() if line[:1].strip())}


def imports(line: str) -> bool:
    """Say whether a line brings in what other files hold."""
    return bool(_IMPORTS.match(line))


def _imported(text: str) -> Iterator[str]:
    for line in text.splitlines():
        if imports(line):
            yield from _NAME.findall(line)
        elif value := _VALUE.match(line):
            yield value[1] or value[2]


def _used(text: str) -> set[str]:
    lines = (line for line in text.splitlines() if not imports(line))
    return {*_USED.findall(_SAID.sub(" ", "\n".join(lines)))}
