"""A block and the lines around it -> the name of the file it is, or why it is none. Pure."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from enum import StrEnum

from agentic_flow.core.filenames import bare_words, has_extension, is_file_name, may_be_path, split_words
from agentic_flow.core.frozen import frozen
from agentic_flow.core.languages import fits, is_language, kind_of
from agentic_flow.core.patterns import pattern
from agentic_flow.core.words import word_set
from agentic_flow.extraction.announcing import Announcement, Doubt, announced, is_path, tidy
from agentic_flow.extraction.comments import NamingComment, naming_comment
from agentic_flow.extraction.diffs import MARKS, is_diff
from agentic_flow.extraction.fences import Block, Cut, fence_of

_SHELL = word_set("""
bash sh shell zsh fish ksh powershell pwsh ps1 bat cmd batch
""")
_SPOKEN = word_set("""
console terminal output stdout stderr shell-session shellsession bash-session session traceback pytb
pycon tree doscon http
""")
_CHANGE = MARKS | {"search-replace"}
# Kinds of file that models mark with whatever language comes to mind.
_LOOSE = word_set("""
txt gitignore dockerignore env example conf cfg ini json yaml yml toml in dockerfile makefile
procfile csv lock properties md license
""")
_LOOSE_AS_SHELL = _LOOSE - {"txt", "json", "yaml", "yml", "toml", "md", "csv", "lock", "license", "in"}
_ONE_LINE_BLOCK = 3  # a fence, a line and a fence
_BLANKS = 2  # how many empty lines may stand between a name and its fence

_PLACEHOLDERS = ("filename", "file_name", "file-name", "your_file")
_TITLE = pattern(
    r"\b(?:title|file_?(?:name|path)|file|path|name)\s?=\s?(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'{}]+))",
    re.IGNORECASE,
)
_LINES = pattern(r":?\d+[:-]\d+(?=:|$)")


class Source(StrEnum):
    """Where a block's name stands."""

    NEAR = "near"
    """In its info string or right above it."""
    COMMENT = "comment"
    """Only in a comment of its own."""
    TITLE = "title"
    """Over the section, with prose between: believed only if nothing else lays claim."""


@frozen
class Naming:
    """What a block is called."""

    path: str | None
    doubt: Doubt | None = None
    why: str = ""
    """With a doubt: what to tell a person, as the end of a sentence about the file."""
    language: str = ""
    source: Source = Source.NEAR
    under: str = ""
    """Of a block without a name: what the line above says that may be one."""
    beside: frozenset[str] = frozenset()
    """Of a block without a name: the files that the line above speaks of."""


def name_block(
    cut: Cut,
    block: Block,
    content: Sequence[str],
    known: Collection[str],
    mentioned: Collection[str] = (),
) -> Naming:
    """Find what names a block: its info string, the line above, its own first comment, its section.

    `mentioned` are words of the task that may be names.
    """
    language, path, cited = read_info(block.info, {*known, *mentioned})
    if path:
        return _cited(path, language) if cited else _checked(path, language, content, certain=True)
    line, at = _line_above(cut, block)
    above = announced(line or _name_block_before(cut, block), known, mentioned)
    if above and above.certain and _is_listing(cut, block, at, above, known):
        above = None
    if above and above.doubtful and above.path and not _may_be(above, above.path, language, mentioned):
        above = None
    own = None if is_diff(content, marked=False) else first_comment(content, known)
    own = own if own and _believable(own, language, content) else None
    if above and above.doubt:
        return Naming(above.path or (own.path if own else None), above.doubt, _WHY[above.doubt], language)
    if above and above.path and above.certain:
        if own and not f"{_base(above.path)}.".startswith(
            f"{_base(own.path)}."
        ):  # README.md begins `# README`
            return Naming(above.path, Doubt.PART, f"it is called {own.path!r} inside its own fence", language)
        return _checked(above.path, language, content, certain=True)
    if own:
        return replace(_checked(own.path, language, content, certain=False), source=Source.COMMENT)
    if above and above.path:
        return _checked(above.path, language, content, certain=False)
    title = None if above else _section(cut, block, at, known)
    if title and title.path and language and fits(language, title.path) and title.path not in known:
        return Naming(title.path, language=language, source=Source.TITLE)
    lone = _lone_word(line)
    if "/" in lone and content[:1] and content[0].startswith("#!"):  # a script, whatever it is called
        return Naming(lone, language=language)
    beside = frozenset(tidy(word) for word in bare_words(line, known) if is_path(word, known))
    return Naming(None, language=language, under=lone, beside=beside)


def name_element(said: str, mentioned: Collection[str]) -> Naming:
    """Name the file of a block that is an element with a path, by what stands there."""
    path = tidy(said.strip())
    if is_path(path, mentioned, labelled=True) or may_be_path(path):
        return Naming(path)
    return Naming(path or "<file>", Doubt.PART, "this is no file name")


def _may_be(above: Announcement, path: str, language: str, mentioned: Collection[str]) -> bool:
    """Say whether a word that may be a path is one: its block is in no language that says otherwise."""
    if path in mentioned and (above.bare or not has_extension(path)):
        return True
    return not is_language(language) or fits(language, path)


def _lone_word(line: str) -> str:
    """Return what a line is made of, if that is one word that has the form of a path."""
    words = list(bare_words(line.strip("#*: ")))
    return words[0] if len(words) == 1 and may_be_path(words[0]) else ""


def read_info(info: str, known: Collection[str] = ()) -> tuple[str, str | None, bool]:
    """Split a fence's info string into language, path, and whether the path cites lines of a file."""
    info = info[:1000]
    title = _TITLE.search(info)
    said = next((group for group in title.groups() if group is not None), None) if title else None
    words = split_words(_TITLE.sub(" ", info).replace("{", " ").replace("}", " "), known)
    first = words[0] if words else ""
    cited = bool(_LINES.search(first))
    head, colon, tail = _LINES.sub("", first).strip(":").partition(":")
    language, path = head.lower().removeprefix("language-").removeprefix("."), None
    if colon and is_path(tail, known, labelled=True):
        path = tail
    elif is_path(head, known) and (not is_language(head) or head in known):
        language, path = "", head
    names = (word.strip("()`\"'") for word in words[1:])
    unwrapped = (word[1:-1] if word[:1] == "[" and word[-1:] == "]" else word for word in names)
    path = path or next((word for word in unwrapped if is_path(word, known)), None)
    if said is not None and is_path(said, known, labelled=True):
        path = said
    return language, tidy(path) if path else None, cited


def first_comment(content: Sequence[str], known: Collection[str] = ()) -> NamingComment | None:
    """Return the comment that names the file, on the first line that holds anything, or after its `#!`."""
    filled = (line for line in content if line.strip())
    line = next(filled, "")
    return naming_comment(next(filled, "") if line.startswith("#!") else line, known)


def is_code(language: str) -> bool:
    """Say whether a fence so marked holds something that could be a file: not what is typed or printed."""
    return bool(language) and language not in _SHELL | _SPOKEN | _CHANGE


def is_placeholder(path: str) -> bool:
    """Say whether a name is the one an example shows: models copy it."""
    name = path.rpartition("/")[2].partition(".")[0].lower()
    return path.startswith(("path/to/", "/path/to/")) or name in _PLACEHOLDERS


_WHY = {Doubt.PART: "the reply gives only a part of it", Doubt.OTHER: ""}


def _cited(path: str, language: str) -> Naming:
    return Naming(path, Doubt.PART, "the reply cites only some of its lines", language)


def _checked(path: str, language: str, content: Sequence[str], *, certain: bool) -> Naming:
    """Doubt a name whose block is no such file."""
    kind = kind_of(path)
    if language in _CHANGE and kind not in ("diff", "patch"):
        return Naming(path, Doubt.PART, "the reply gives only a diff of it", language)
    session = any(line.startswith(">>> ") for line in content[:3]) and kind == "py"
    if language in _SPOKEN or session:
        return Naming(path, Doubt.OTHER, "", language)
    if not language or fits(language, path) or (certain and _may_hold(language, path)):
        return Naming(path, language=language)
    if certain and language not in _SHELL:
        return Naming(path, Doubt.PART, f"its fence is marked {language!r}", language)
    return Naming(path, Doubt.OTHER, "", language)


def _may_hold(language: str, path: str) -> bool:
    kind = kind_of(path)
    if not has_extension(path) and not is_file_name(path):  # a name such as bin/run says nothing of its kind
        return True
    if language in _SHELL:
        return kind in _LOOSE_AS_SHELL or not any(
            fits(other, f"x.{kind}") for other in ("python", "text", "json")
        )
    return kind in _LOOSE or not is_language(language)


def _believable(own: NamingComment, language: str, content: Sequence[str]) -> bool:
    if language in _SHELL and not (content and content[0].startswith("#!")):
        return False  # `# setup.sh` over the command that runs it
    return not language or fits(language, own.path)


def _line_above(cut: Cut, block: Block) -> tuple[str, int]:
    for at in range(block.start - 1, max(block.above, block.start - 2 - _BLANKS) - 1, -1):
        if cut.lines[at].strip():
            return cut.lines[at], at
    return "", block.start


def _name_block_before(cut: Cut, block: Block) -> str:
    """Return the one line of the block right before this one: small models fence names too."""
    before = cut.lines[max(0, block.above - _ONE_LINE_BLOCK) : block.above]
    if len(before) < _ONE_LINE_BLOCK or any(line.strip() for line in cut.lines[block.above : block.start]):
        return ""
    opening, line, closing = before
    return line.strip() if fence_of(opening) and fence_of(closing) and is_file_name(line.strip()) else ""


def _is_listing(cut: Cut, block: Block, at: int, last: Announcement, known: Collection[str]) -> bool:
    """Say whether the name is only the last of a list of names, which announces nothing."""
    if block.indent or at - 1 < block.above:
        return False
    before = announced(cut.lines[at - 1], known)
    return bool(before and before.certain and before.path != last.path)


def _section(cut: Cut, block: Block, at: int, known: Collection[str]) -> Announcement | None:
    """Return the title over the prose over a block, if that prose speaks of this file's whole text."""
    for line in reversed(cut.lines[block.above : at + 1]):
        said = announced(line, known)
        if said and said.certain and said.title:
            return None if said.doubt else said
        if said and (said.doubt or said.path is None or said.certain):
            return None
    return None


def _base(path: str) -> str:
    return path.rpartition("/")[2].lower()
