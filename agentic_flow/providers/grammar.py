r"""The canonical file form as a grammar, in llguidance's Lark dialect. Paths -> grammar. Pure.

A reply is one file or more, and no other word: a relative path on a line of its own, then a fenced block.
A block of three backticks holds no line that could close it. A document that does (a README with examples)
takes four: the model chooses when it opens the block, and what follows is held to that choice. More would
be more of the same.

One terminal spans a whole file, because llguidance's lexer never takes a byte back: as two terminals, a
line of content that begins with a backtick could not be told from the end of the block in time.
"""

import re
from collections.abc import Sequence

from agentic_flow.core.languages import kind_of, language_of
from agentic_flow.providers.dictation import DOCUMENTS

_NAME = r"[A-Za-z0-9_@\[\]()+-][A-Za-z0-9_@\[\]()+.-]{0,60}"
_FOLDERS = rf"(?:\.?{_NAME}\/){{0,8}}"
_PATH = (
    _FOLDERS + r"(?:\.?[A-Za-z0-9_@\[\]()+-]{1,60}(?:\.[A-Za-z0-9_@\[\]()+-]{1,20}){1,3}|\.[a-z]{1,20}"
    r"|Makefile|Dockerfile|Procfile|Gemfile|Rakefile|LICENSE|README)"
)
"""No `..`, no leading slash, and a last part that is the name of a file and not a word of prose.

All of it is bounded: a model that wanted to say something else said it as a name, and never came to its end.
"""


_UNSEEN = r"\x00-\x08\x0b-\x1f\x7f"
"""Control characters, which no text file needs."""


_DOCUMENT = rf"{_FOLDERS}(?:{_NAME}\.(?:md|mdx|markdown|rst)|README)"


def files_grammar(paths: Sequence[str | None] = ()) -> str:
    """Return the grammar of a reply that holds just the files of these paths, in this order.

    None stands for one file of any name; no paths at all, for any files. The block of a file that was asked
    for is marked with its language; left free, the 0.5B also marks it `.python`.
    """
    if not paths:
        return f"start: FILE (NEXT FILE)* END?\nFILE: /{_any_file()}/\n{_BETWEEN}"
    order = " NEXT ".join(f"FILE{at}" for at in range(len(paths)))
    files = "".join(
        f"FILE{at}: /{_any_file() if path is None else _file(path)}/\n" for at, path in enumerate(paths)
    )
    return f"start: {order} END?\n{files}{_BETWEEN}"


_BETWEEN = 'NEXT: /\\n\\n?/\nEND: "\\n"\n'
_LANGUAGE = "(?:[a-z][a-z0-9+#-]{0,15})?"


def _any_file() -> str:
    return rf"(?:{_PATH}\n{_block(3)}|{_DOCUMENT}\n{_block(4)})"


def _file(path: str) -> str:
    said = language_of(path)
    language = _literal(said) if said else _LANGUAGE
    longer = f"|{_block(4, language)}" if kind_of(path) in DOCUMENTS else ""
    return rf"{_literal(path)}\n(?:{_block(3, language)}{longer})"


def _block(ticks: int, language: str = _LANGUAGE) -> str:
    """Return a block fenced by so many backticks, in which no line closes it (up to three spaces before)."""
    fence, fewer = "`" * ticks, f"`{{1,{ticks - 1}}}"
    rest = rf"[^\n{_UNSEEN}]*"
    line = rf"(?: {{0,3}}(?:[^ `\n{_UNSEEN}]{rest}|{fewer}(?:[^`\n{_UNSEEN}]{rest})?)?| {{4}}{rest})\n"
    return rf"{fence}{language}\n(?:{line})+{fence}"


def _literal(text: str) -> str:
    """Write text as a regular expression that means just it."""
    return re.sub(r"[^\w ]", lambda sign: "\\" + sign[0], text)
