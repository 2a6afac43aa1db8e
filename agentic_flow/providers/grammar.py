r"""The canonical file form as a grammar for the runtime, in llguidance's Lark dialect. Nothing goes in.

A reply is one file or more, and no other word: a relative path on a line of its own, then a fenced block.
A block of three backticks holds no line that could close it. A file that does (a README with examples)
takes four: the model chooses when it opens the block, and what follows is held to that choice. More would
be more of the same.

One terminal spans a whole file, because llguidance's lexer never takes a byte back: as two terminals, a
line of content that begins with a backtick could not be told from the end of the block in time.
"""

_NAME = r"[A-Za-z0-9_@\[\]()+-][A-Za-z0-9_@\[\]()+.-]*"
_PATH = (
    rf"(?:\.?{_NAME}\/)*"
    rf"(?:\.?[A-Za-z0-9_@\[\]()+-]+(?:\.[A-Za-z0-9_@\[\]()+-]+)+|\.[a-z]+"
    r"|Makefile|Dockerfile|Procfile|Gemfile|Rakefile|LICENSE|README)"
)
"""No `..`, no leading slash, and a last part that is the name of a file and not a word of prose."""


_UNSEEN = r"\x00-\x08\x0b-\x1f\x7f"
"""Control characters, which no text file needs."""


def _block(ticks: int) -> str:
    """Return a block fenced by so many backticks, in which no line closes it (up to three spaces before)."""
    fence, fewer = "`" * ticks, f"`{{1,{ticks - 1}}}"
    rest = rf"[^\n{_UNSEEN}]*"
    line = rf"(?: {{0,3}}(?:[^ `\n{_UNSEEN}]{rest}|{fewer}(?:[^`\n{_UNSEEN}]{rest})?)?| {{4}}{rest})\n"
    return rf"{fence}[a-z0-9+#.-]{{0,16}}\n(?:{line})+{fence}"


FILES_GRAMMAR = rf"""
start: FILE (NEXT FILE)* END?
FILE: /{_PATH}\n(?:{_block(3)}|{_block(4)})/
NEXT: /\n\n?/
END: "\n"
"""
