"""Task -> what is read of it: its words once, its code, the languages and files it names. Pure."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from agentic_flow.analysis.misspelling import mended
from agentic_flow.analysis.tokens import ends
from agentic_flow.analysis.vocabulary import LANGUAGES, SUFFIXES
from agentic_flow.analysis.wording import counted
from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern
from agentic_flow.core.values import Task

_WORD = pattern(r"[a-z][a-z0-9+#]*(?:[.'-][a-z0-9]+)*")
_EVERYDAY = frozenset({"go", "c", "r", "java", "swift", "rust", "assembly"})
"""Languages whose names mean something else as well: they count only after `in`, `using` or the like."""
_IN_LANGUAGE = pattern(r"\b(?:in|using|with|a|the) (go|c|r|java|swift|rust|assembly)\b")
_CODE_LINE = pattern(
    r"^[ \t>]*(?:def \w+\(|class \w+\s*[:({]|from \w[\w.]* import |import [\w.{*]"
    r"|#include\s*[<\"]"
    r"|function \w*\(|(?:public|private|static|const|let|var|fn|func|type|struct|enum|interface)"
    r" \w[^\n]*[=({;]"
    r"|(?:select|insert into|create table) .*(?:from|values|\()|<(?:html|div|script|body|\?php)\b"
    r"|(?:for|while|if) ?\([^\n]*\) ?\{|return [^\n]*;|@\w+\([^\n]*\)$|[\w.\[\]]+ = [^\n]*[()\[\];]$)",
    re.MULTILINE | re.IGNORECASE,
)
_FORMULA = pattern(r"\$[^$\n]{1,200}\$|\\(?:frac|sqrt|int|sum|begin|cdot)\b")
_SUFFIX = pattern(rf"\.({'|'.join(sorted(SUFFIXES, key=len, reverse=True))})\b", re.IGNORECASE)
_STEM = pattern(r"[\w./-]{1,80}$")


@frozen
class Reading:
    """A task's own words (both ends of a long one), in lower case and counted."""

    text: str
    words: Counter[str]
    length: int
    """Words in all, those between the two ends as well."""
    files: frozenset[str]
    """Names with a known suffix, as written."""
    languages: tuple[str, ...]
    has_code: bool
    has_formula: bool
    """In LaTeX."""


def read_task(task: Task) -> Reading:
    """Read a task: its words and what was piped; of context files only their names."""
    whole = task.text if task.piped is None else f"{task.text}\n{task.piped}"
    text = ends(whole)
    lower = text.lower()
    words = mended(counted(_WORD, lower))
    named = dict(_named_files(text))
    has_code = "```" in text or _CODE_LINE.search(text) is not None
    suffixes = [*named.values(), *(PurePosixPath(file.shown).suffix[1:].lower() for file in task.context)]
    spoken = [LANGUAGES[word] for word in words if word in LANGUAGES and word not in _EVERYDAY]
    if not _EVERYDAY.isdisjoint(words):
        spoken += [LANGUAGES[word] for word in _IN_LANGUAGE.findall(lower)]
    written = [language for suffix in suffixes if (language := SUFFIXES.get(suffix))]
    in_context = any(SUFFIXES.get(suffix) for suffix in suffixes[len(named) :])
    return Reading(
        text=text,
        words=words,
        length=round(words.total() * len(whole) / max(1, len(text))),
        files=frozenset(named),
        languages=tuple(dict.fromkeys([*spoken, *written])),
        has_code=has_code or in_context,
        has_formula=("$" in text or "\\" in text) and _FORMULA.search(text) is not None,
    )


def _named_files(text: str) -> Iterator[tuple[str, str]]:
    """Return each file's name with its suffix. Looks for suffixes: they are rare, and words are not."""
    for suffix in _SUFFIX.finditer(text):
        if stem := _STEM.search(text, max(0, suffix.start() - 80), suffix.start()):
            yield stem[0] + suffix[0], suffix[1].lower()
