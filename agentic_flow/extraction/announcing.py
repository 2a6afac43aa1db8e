"""One line of prose -> which file it announces, and whether the block under it is that whole file. Pure.

The rules lean to doubt: a file that is missed is asked for again, a file that is written by mistake is lost.
"""

import re
from collections.abc import Collection, Sequence
from enum import StrEnum

from agentic_flow.core.filenames import (
    bare_words,
    has_extension,
    is_file_name,
    is_spaced_name,
    may_be_path,
    split_words,
)
from agentic_flow.core.frozen import frozen
from agentic_flow.core.languages import is_language
from agentic_flow.core.patterns import pattern
from agentic_flow.core.words import word_set


class Doubt(StrEnum):
    """Why the block under a line is not the file that the line names."""

    PART = "part"
    """It is a piece of the file, or a change to it."""
    OTHER = "other"
    """It is something else: how the file is run, what it prints, how it was before."""


@frozen
class Announcement:
    """What a line says about the block under it."""

    path: str | None
    certain: bool = False
    """The line is a name and nothing but a name, where a sentence only mentions one."""
    doubt: Doubt | None = None
    title: bool = False
    """The line heads a section: prose may stand between it and its block."""
    doubtful: bool = False
    """It has the form of a path, and may be something else: `os.path`."""
    bare: bool = False
    """The line is the name without any sign around it, as files are asked for."""


_LONGEST = 400
_QUOTES = ("`", '"', "'")
_ROUNDS = 8  # how many signs deep a name may be wrapped: `1. **File: `a.py`**:` is five

_MARKER = pattern(
    r"(?:#{1,6}|[-*+\u2022>]|\(?\d{1,3}[.)]|={2,}|-{2,}|/{2,}|\U0001f4c1|\U0001f4c4|\U0001f4dd)\s+"
)
_CLOSING_MARKER = pattern(r"\s+(?:#+|=+|-+)$")
_TAG = pattern(r"</?(?:summary|strong|code|b|details|h[1-6])>", re.IGNORECASE)
_LABEL = pattern(
    r"(?:step \d{1,3}\W{1,3})?"
    r"(?:(?:the|new|updated|created|full|complete|final|modified|save|this) ){0,3}"
    r"(?:file ?name|file ?path|file|path|source|script|module|create|save (?:as|to|in))(?: \d{1,3})? ?[:=] ?",
    re.IGNORECASE,
)
_DRIVE = pattern(r"[A-Za-z]:[\\/]")
_LINK = pattern(r"\[([^\]\[]{1,200})\]\([^()\s]{1,300}\)")
_WORD = pattern(r"[a-z]+")

_SAYS_WHOLE = word_set("""
here create creates created save saved file files contents content updated complete full final new
write following corrected fixed below named called put place entire code implementation add
""")
_CHANGES = word_set(
    "append insert replace change modify edit update add remove delete rename fix adjust extend adapt"
)
_PIECES = word_set("""
function functions method methods class classes part parts section sections block constant constants
variable decorator route routes endpoint handler import imports top bottom end beginning change
changes
""")
_PART = word_set("snippet snippets excerpt excerpts partial partially line lines diff patch")
_WITHIN = word_set("in of from inside within at to into on")
_OTHER_BEFORE = word_set("""
run running runs execute executing usage use using uses output outputs prints example examples
before old original current currently existing previous previously importing calls calling how why
works explanation invoke console terminal command commands unchanged structure tree directory
response request result instead problem bug issue error installing
""")
_OTHER_AFTER = word_set("currently usage unchanged gives fails")
_TESTS = word_set("test tests testing unittest unittests pytest")
_ARTICLES = word_set("the file your our a an new named called module script this")
# Before a name they say what it is for, and are no part of it: 'then app.py', 'backend app.py'.
_TELLS = word_set("""
then next now first second third also finally lastly again main whole entire backend frontend client server
application app project root entry simple basic sample default demo helper source style styles config
configuration settings documentation docs database model view component page template markup
""")
_WHOLE_FOR = word_set("code contents content implementation file source now and next then")

_REMARK_PART = word_set(
    "excerpt partial partially snippet lines line continued part truncated abridged diff addition"
)
_REMARK_OTHER = word_set("""
unchanged same existing original before old current previous deleted delete removed remove reference
usage output example
""")
_NOTHING = word_set("no not nothing without")
_CHANGED = word_set("change changes changed modification modifications modified edits needed required")


def announced(line: str, known: Collection[str] = (), mentioned: Collection[str] = ()) -> Announcement | None:
    """Read what a line announces. `known` are names that are files whatever they look like.

    `mentioned` are those that the task may mean as files.
    None: the line speaks of no file, and of nothing that would make a block none.
    """
    text = line.strip()
    if not text or len(text) > _LONGEST:
        return None
    title = text.startswith("#") or (text.startswith("**") and text.rstrip(":").endswith("**"))
    bare, labelled = _undecorated(text)
    name, remark = (bare, "") if tidy(bare) in known else _name_and_remark(bare)
    quoted = is_spaced_name(name) and any(f"{sign}{name}{sign}" in text for sign in _QUOTES)
    bare_line = name == text.rstrip(":")
    plain = is_path(name, known, labelled=labelled or quoted or _is_no_prose(name))
    may_be = tidy(name) in mentioned or (bare_line and _may_stand_alone(name))
    if (plain or may_be) and (not remark or remark[0] in "(-\u2013\u2014:<"):
        return Announcement(
            tidy(name),
            certain=True,
            doubt=_remark_doubt(remark),
            title=title or text.startswith("`"),
            doubtful=not plain,
            bare=bare_line,
        )
    if bare_line and may_be_path(name):
        return None  # one word is no sentence: `bin/run` does not tell that something is run
    return _sentence(text, known, title=title or text.endswith((":", ":**", ":*")))


def is_path(name: str, known: Collection[str] = (), *, labelled: bool = False) -> bool:
    """Say whether a word that stands where a name is expected is one."""
    if not name or len(name) > _LONGEST:
        return False
    if tidy(name) in known or is_file_name(name) or (_DRIVE.match(name) and is_file_name(name[2:])):
        return True
    if any(sign.isspace() for sign in name):
        return labelled and is_file_name("-".join(name.split()))
    folders = name.replace("\\", "/").split("/")[:-1]
    hidden = any(folder.startswith(".") and folder != "." for folder in folders)
    plain = name.strip("./\\") != "" and "//" not in name
    return plain and (
        (bool(folders) and (hidden or has_extension(name))) or (labelled and has_extension(name))
    )


def _may_stand_alone(name: str) -> bool:
    """Say whether a line that is this word and no more may be a path: of an extension that nobody knows."""
    return has_extension(name) and may_be_path(name)


def tidy(path: str) -> str:
    """Write a path as the project writes it: no `./` in front, `/` between parts on Windows too.

    Only a plain relative path is touched. What looks like a drive, a share or an escape stays as it was said,
    for the judge of paths to refuse.
    """
    doubtful = "/" in path or ":" in path or path.startswith("\\") or "\\\\" in path
    if not doubtful:
        path = path.replace("\\", "/")
    while path.startswith("./"):
        path = path[2:]
    return path


def _undecorated(text: str) -> tuple[str, bool]:
    """Take off heading, list, emphasis and quote signs, and a label (`File:`); say whether it had one."""
    labelled = False
    text = _TAG.sub(" ", _LINK.sub(r"\1", text)).strip()
    for _ in range(_ROUNDS):
        before = text
        text = _CLOSING_MARKER.sub("", _MARKER.sub("", text, count=1) if _MARKER.match(text) else text)
        for sign in ("**", "__", "*", "`", '"', "'"):
            inside = text[len(sign) : -len(sign)]
            if text.startswith(sign) and text.endswith(sign) and inside and sign not in inside:
                text = inside
        if label := _LABEL.match(text.replace("**", "").replace("`", "")):
            text = text.replace("**", "").replace("`", "")[label.end() :]
            labelled = True
        text = text.strip().rstrip(":").rstrip()
        if text == before:
            break
    return text, labelled


def _name_and_remark(text: str) -> tuple[str, str]:
    """Split `name (remark)`, `name - remark` and `name: remark`. The remark keeps its first sign."""
    for sign in ("**", "`", '"', "'"):
        if text.startswith(sign) and sign in text[len(sign) :]:
            name, _, remark = text[len(sign) :].partition(sign)
            return name.strip("`*\"' ").rstrip(":"), remark.strip(" *")
    if is_file_name("-".join(text.split())) and "(" not in text and ":" not in text:
        return text, ""  # a name with spaces, or one without any
    head, bracket, remark = text.partition(" (")
    if bracket and _is_no_prose(head):
        return head, f"({remark}"
    name, _, remark = text.partition(" ")
    if name.endswith((":", ",")):
        return name.rstrip(":,"), f": {remark}"
    return name, remark.strip()


def _is_no_prose(text: str) -> bool:
    """Say whether words that stand alone can hardly be but one name with spaces: `my notes.md`.

    A title of a few words begins with a capital letter, `Backend app.py`, and so does a sentence.
    """
    before = text.split(" ")[:-1]
    said = {word.rpartition("/")[2].lower() for word in before}
    tells = said & (_TELLS | _SAYS_WHOLE | _PIECES | _PART | _OTHER_BEFORE | _CHANGES)
    capital = any(word[:1].isupper() or is_language(word) for word in before)
    return is_spaced_name(text, quoted=False) and not tells and not capital


def _remark_doubt(remark: str) -> Doubt | None:
    words = set(_WORD.findall(remark.lower()))
    if words & _NOTHING and words & _CHANGED:
        return Doubt.OTHER
    if words & _REMARK_PART:
        return Doubt.PART
    spoken = word_set("unchanged") if not remark.startswith("(") else _REMARK_OTHER
    return Doubt.OTHER if words & spoken else None


def _sentence(text: str, known: Collection[str], *, title: bool) -> Announcement | None:
    """Read a sentence that mentions exactly one file; of one that mentions none, only its doubt."""
    spaced, bare = split_words(text, known), list(bare_words(text, known))
    at = [place for place, word in enumerate(bare) if is_path(word, known) or is_spaced_name(word)]
    names = {tidy(bare[place]) for place in at}
    if len(names) > 1:
        return Announcement(None)
    if not names:
        doubt = _general_doubt(_WORD.findall(text.lower()))
        return Announcement(None, doubt=doubt) if doubt else None
    path = names.pop()
    before = _WORD.findall(" ".join(spaced[: at[0]]).lower())
    after = _WORD.findall(" ".join(spaced[at[0] + 1 :]).lower())
    doubt = _doubt(before, after, path)
    if doubt is None and not title and not _SAYS_WHOLE & {*before, *after}:
        return None
    return Announcement(path, doubt=doubt)


def _general_doubt(words: Sequence[str]) -> Doubt | None:
    said = set(words)
    if said & _PART or (words and words[0] in _CHANGES - {"add", "fix"}):
        return Doubt.PART
    return Doubt.OTHER if said & _OTHER_BEFORE or said & _TESTS else None


def _doubt(before: Sequence[str], after: Sequence[str], path: str) -> Doubt | None:
    said = {*before, *after}
    if said & _NOTHING and said & _CHANGED:
        return Doubt.OTHER
    makes_new = "new" in before or ("file" in before[-3:] and not said & (_CHANGES - {"add"}))
    tests_it = "test" in path.lower() or "spec" in path.lower()
    changes = said & _CHANGES - ({"add"} if makes_new or (tests_it and said & _TESTS) else set[str]())
    if said & _PART or changes or _names_a_piece(before):
        return Doubt.PART
    if set(before) & _OTHER_BEFORE or set(after) & _OTHER_AFTER or (set(before) & _TESTS and not tests_it):
        return Doubt.OTHER
    if before[-1:] == ["for"] and len(before) > 1 and before[-2] not in _WHOLE_FOR:
        return Doubt.OTHER  # 'the documentation for app.py'
    return None


def _names_a_piece(before: Sequence[str]) -> bool:
    """Say whether the words up to a path end like 'the updated function in the file'."""
    words = list(before)
    while words and words[-1] in _ARTICLES:
        words.pop()
    return len(words) > 1 and words[-1] in _WITHIN and words[-2] in _PIECES
