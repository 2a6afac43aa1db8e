"""One line of code -> what it says as a comment: a file's name, or that something was left out. Pure."""

import re
from collections.abc import Collection

from agentic_flow.core.frozen import frozen
from agentic_flow.core.languages import kind_of
from agentic_flow.core.patterns import pattern
from agentic_flow.core.words import word_set
from agentic_flow.extraction.announcing import is_path, tidy

_LONGEST = 200

_LIKE_C = word_set("""
js jsx ts tsx mjs cjs mts cts c h cpp cc cxx hpp java kt kts go rs swift scala dart php cs scss less sol proto
groovy gradle jsonc json5 zig mod
""")
_LIKE_SHELL = word_set("""
py pyi pyw sh bash zsh fish rb yaml yml toml pl r jl ex exs tf nix dockerfile makefile gnumakefile mk cmake
env example gitignore dockerignore conf ini cfg properties ps1 php graphql txt in gemfile rakefile nim
""")
# How a comment opens and closes, and the kinds of file (see core.filenames) that may hold it.
_SIGNS = {
    "<!--": (
        "-->",
        word_set("html htm xhtml xml svg vue svelte astro md mdx php jinja jinja2 j2 hbs ejs erb"),
    ),
    "{/*": ("*/}", word_set("jsx tsx mdx astro")),
    "/*": ("*/", _LIKE_C | {"css", "sass", "sql"}),
    "//": ("", _LIKE_C),
    "#": ("", _LIKE_SHELL),
    "--": ("", word_set("sql lua hs")),
    ";": ("", word_set("ini cfg lisp el clj asm s")),
    "%": ("", word_set("tex m erl")),
}

DOCUMENTS = word_set("md markdown mdx rst adoc txt")
"""Kinds of file that show code: a line that leaves some out is their own."""

_FRAME = "-=*#~_ \t"
_LABEL = pattern(
    r"(?:begin |start |new |full )?(?:file ?name|file ?path|file|path)(?: \d{1,3})? ?[:=] ?", re.IGNORECASE
)

_WORD = pattern(r"[a-z']+")
_BESIDE_A_GAP = word_set("""
rest existing unchanged same remaining previous omitted other before remains code implementation above methods
functions imports unmodified skipped here more etc
""")
_PIECE = (
    "(?:code|file|class|functions?|implementation|methods?|module|script|imports?|components?|styles?|contents?"
    "|page|tests?|routes?|logic|program|app|document|config|html|css)"
)
_END = (
    r"(?: ?\.{3}$|,? (?:(?:goes|stays?|remains?|is|are) )?"
    r"(?:here|the same|unchanged|unmodified|as (?:before|is|above)|omitted|continues|follows)\b)"
)
_LEFT_OUT = pattern(
    r"(?:(?:the|your|keep|include|and|all) ){0,3}(?:"
    rf"(?:rest|remainder) of (?:the |your |this )?(?:\w{{1,20}} )?{_PIECE}(?:$|{_END})"
    rf"|existing (?:\w{{1,20}} )?{_PIECE}$"
    rf"|(?:(?:existing|previous|remaining|original|other|unchanged) )?(?:\w{{1,20}} )?{_PIECE}{_END}"
    rf"|rest{_END}|same as (?:before|above|the original)|unchanged$|no changes? (?:here|needed|below|above))"
)
_REST = pattern(
    r"\b(?:stays?|remains?|is|are|keep|kept|left|leave|continues?)\b.{0,20}"
    r"\b(?:same|unchanged|unmodified|untouched|as (?:it|they) (?:is|was|were|are)|as before|as is)\b"
    r"|\b(?:add|insert|put|include|implement|copy|paste|keep|restore)\b.{0,20}"
    r"\b(?:remaining|rest|other|existing|previous|original)\b"
    rf"|\b(?:remaining|existing|previous|original|all other|rest of(?: the)?) (?:\w+ )?{_PIECE}\b"
)


@frozen
class NamingComment:
    """A comment that holds a file's name and nothing else."""

    path: str
    sign: str

    def legal_in(self, path: str) -> bool:
        """Say whether a file of this name may hold such a comment: JSON may not, nor CSS one of HTML's."""
        return kind_of(path) in _SIGNS[self.sign][1]


def naming_comment(line: str, known: Collection[str] = ()) -> NamingComment | None:
    """Read a line as a comment that is only a file's name, or not as one."""
    if line[:1].isspace() or not (comment := _comment(line)):
        return None
    sign, text = comment
    text = text.strip(_FRAME)
    label = _LABEL.match(text)
    name = text[label.end() if label else 0 :].strip("`\"'").rstrip(":")
    return NamingComment(tidy(name), sign) if is_path(name, known, labelled=bool(label)) else None


def leaves_out(line: str) -> bool:
    """Say whether a line stands for code that the reply does not repeat: `# ... rest unchanged`."""
    text = line.strip()
    comment = _comment(text)
    said = (
        (comment[1] if comment else text[:_LONGEST]).strip("-=*#~ \t()[]{}").lower().replace("\u2026", "...")
    )
    words = set(_WORD.findall(said))
    if not comment:  # not the `...rest` of JavaScript
        return text.lstrip("[(<").startswith(("... ", "\u2026")) and bool(words & _BESIDE_A_GAP)
    if said.startswith("..."):
        return not words or bool(words & _BESIDE_A_GAP)
    return bool(_LEFT_OUT.match(said))


def speaks_of_a_rest(line: str) -> bool:
    """Say whether a comment may stand for code that the reply does not repeat, or only speak of some."""
    comment = _comment(line)
    return comment is not None and bool(_REST.search(comment[1].lower()))


def _comment(line: str) -> tuple[str, str] | None:
    text = line.strip()
    if len(text) > _LONGEST:
        return None
    for sign, (closing, _) in _SIGNS.items():
        if text.startswith(sign) and text.endswith(closing):
            return sign, text[len(sign) : len(text) - len(closing)].strip()
    return None
