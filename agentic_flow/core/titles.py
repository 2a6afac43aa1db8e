"""A task that asks for one file and leaves its name open -> a fitting one, where the language is plain. Pure.

Held to the form of files, a small model that wants to say "Here is ..." can only say it as a file's name.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice

from agentic_flow.core.definitions import wanted_functions
from agentic_flow.core.patterns import pattern
from agentic_flow.core.scope import MAKES_ABROAD, words_asked_for
from agentic_flow.core.words import word_set

_ENDINGS = {
    "python": "py", "python3": "py", "bash": "sh", "shell": "sh", "javascript": "js", "node": "js",
    "typescript": "ts", "sql": "sql", "sqlite": "sql", "html": "html", "css": "css", "ruby": "rb",
}  # fmt: skip
_CLASS = pattern(r"\bclass (?:named |called )?`?([A-Z]\w*)")
_SAYS_WHAT = pattern(r"\b(?:that|which|who|to|for)\s+([a-z][^.,;:!?()\n]*)")
_WORD = pattern(r"[a-z][a-z0-9]*")
_NO_PART = word_set("""
a an the this that my your our their its it one some all any each every me us i please can could will would
should must may simple small tiny short little basic quick new nice good single pure plain called named file
script program function class method module snippet code tool utility util helper command line cli
implementation file's want need write make create build like print prints printing show shows return returns
display displays output outputs take takes get gets give gives calculate calculates compute computes work
works is are be say says tell tells check checks
""")
_ENDS = word_set("of for from in on at by with into and or as if when where so using given whether than")
_MOST_PARTS = 3
_OUTSIDE = word_set("flask django numpy pandas requests pytest click fastapi pygame")


def fitting_name(text: str) -> str | None:
    """Return a name for the one file of a task; None where its language or its matter is not plain."""
    endings = {_ENDINGS[word] for word in re.findall(r"[a-z]+3?", text.lower()) if word in _ENDINGS}
    if len(endings) != 1:
        return None
    stem = next(_stems(text), "")
    if stem in sys.stdlib_module_names or stem in _OUTSIDE:
        stem = f"{stem}_script"  # else what it imports of that name would be itself
    return f"{stem}.{endings.pop()}" if stem else None


def _stems(text: str) -> Iterator[str]:
    for line in wanted_functions(text):
        yield line.removeprefix("def ").partition("(")[0]
    for found in _CLASS.findall(text):
        yield re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", found).lower()
    if MAKES_ABROAD.intersection(re.findall(r"\w+", text.lower())):
        yield "main"  # its words are not known well enough to make a name of them
    if stem := _joined(words_asked_for(text)):
        yield stem
    for said in _SAYS_WHAT.findall(text.lower()):
        if stem := _joined(_WORD.findall(said)):
            yield stem


def _joined(words: Sequence[str]) -> str:
    """Join the first words that say something, up to one that begins a further thought."""

    def telling() -> Iterator[str]:
        begun = False
        for word in dict.fromkeys(words):
            if word in _ENDS and begun:
                return
            if word not in _NO_PART and word not in _ENDINGS and word not in _ENDS and _WORD.fullmatch(word):
                begun = True
                yield word

    return "_".join(islice(telling(), _MOST_PARTS))
