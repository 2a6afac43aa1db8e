"""Words a person looks for -> the conditions of a query. Pure."""

import re
from collections.abc import Iterator, Sequence

from agentic_flow.core.patterns import pattern

MATCH = "words MATCH ?"
"""Asks the index."""
_HOLDS = "texts.task || char(10) || texts.answer LIKE ? ESCAPE '!'"
_UNSPACED = pattern(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    "\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Thai and its neighbours, kana, Chinese characters; and Korean, which adds its particles to words."""


def conditions(words: str, facts: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what the texts have to meet that hold all of `words`, each condition with its value.

    The index has the words of most scripts; of those that put no space between them it has whole sentences.
    Their words are looked for in the texts, about two seconds for a gigabyte. `facts` narrow the search
    inside the index.
    """
    spaced, unspaced = list[str](), list[str]()
    for word in words.split():
        (unspaced if _UNSPACED.search(word) else spaced).append(word)
    if spaced or not unspaced:
        yield MATCH, _query(spaced, facts)
    for word in unspaced:
        plain = re.sub("[%_!]", r"!\g<0>", word.rstrip("*"))
        yield _HOLDS, f"%{plain}%"


def _query(words: Sequence[str], facts: Sequence[str]) -> str:
    """Return what FTS5 is asked for: every word as it stands, whatever its own language makes of it.

    A trailing `*` keeps its meaning: words that begin so.
    """
    quoted: list[str] = []
    for word in words:
        start = word.rstrip("*")
        if start:
            quoted.append('"' + start.replace('"', '""') + '"' + ("*" if start != word else ""))
    narrowed = [f"facts : {fact}" for fact in facts]
    found = " AND ".join(quoted) or '""'
    return " AND ".join([f"{{task answer}} : ({found})", *narrowed])
