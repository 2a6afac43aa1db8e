"""Lines of front matter -> fields. YAML where it is YAML; what is not is kept, entry by entry, with a remark.

Most templates hold nothing but `key: value` lines, which are read here at a thousandth of what importing
the YAML library costs; a property test holds the two to the same answer.
"""

import re
import textwrap
from collections.abc import Iterator, Sequence

from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern
from agentic_flow.templates.keys import KEY_LINE, Field, Unparsable, Value, canonical, known
from agentic_flow.templates.page import Remark

_PLAIN_LINE = pattern(r"([A-Za-z_][A-Za-z0-9_-]{0,63}): *(.*)\Z")
_INDENTED = pattern(r"^ *\t", re.MULTILINE)
_TABS = "tabs do not indent YAML; use spaces"
_TAB = "a tab does not part a key from its value in YAML; use a space"
_HEADING = pattern(r"#{1,6} \S")


@frozen
class Header:
    """What front matter says. `fields` is None where it is no front matter at all."""

    fields: list[Field] | None
    remarks: tuple[Remark, ...] = ()
    length: int | None = None
    """How many lines are front matter, where the text turned into a document before the closing fence."""


def read_header(lines: Sequence[str], first: int) -> Header:
    """Read front matter that starts on line `first` of its file."""
    plain = _plain(lines)
    if plain is not None:
        return Header(plain)
    from agentic_flow.templates.strict import parse  # costs 20 ms; few templates need it

    try:
        return Header(parse("\n".join(lines)))
    except Unparsable as failure:
        return _by_entry(lines, first, failure)


def _plain(lines: Sequence[str]) -> list[Field] | None:
    """Read `key: value` lines that mean the same to a YAML library; None where that is not certain."""
    fields: dict[str, Field] = {}
    for number, line in enumerate(lines):
        if not line or (line[0] == "#" and line.isprintable()):
            continue
        match = _PLAIN_LINE.match(line)
        if match is None or match[1] in fields:
            return None
        value = _plain_value(match[2].rstrip(" "), spaced=line[match.end(1) + 1 :].startswith(" "))
        if value is None:
            return None
        fields[match[1]] = Field(match[1], value, number, match[2])
    return list(fields.values())


def _plain_value(text: str, *, spaced: bool) -> str | None:
    if not text:
        return ""
    if not spaced or not text.isprintable():  # separators, controls and format characters are YAML's to judge
        return None
    quote = text[0]
    if quote in "\"'":
        inner = text[1:-1]
        whole = len(text) > 1 and text[-1] == quote and quote not in inner and "\\" not in inner
        return inner if whole else None
    plain = quote.isalnum() and ": " not in text and " #" not in text and text[-1] != ":"
    return text if plain else None


def _by_entry(lines: Sequence[str], first: int, failure: Unparsable) -> Header:
    """Read each entry for itself, so that one broken value costs no other. Nothing is dropped unsaid."""
    length = _document_begins(lines)
    text = textwrap.dedent("\n".join(lines[:length])).split("\n")
    starts = list(_entry_starts(text))
    if not starts:
        return Header(None, (Remark(first + failure.line, f"no front matter: {failure.problem}"),))
    remarks: list[Remark] = []
    if length is not None:
        remarks.append(Remark(first + length, "the `---` that closes the front matter is missing"))
    remarks.extend(
        Remark(first + number, f"this line belongs to no key: {_shown(line)}")
        for number, line in enumerate(text[: starts[0]])
        if line.strip() and not line.lstrip().startswith("#")
    )
    fields: list[Field] = []
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        field, problem = _entry(text[start:end], start)
        fields.append(field)
        if problem:
            remarks.append(Remark(first + start, f"{field.key}: {problem}"))
    if not remarks:  # every entry is well by itself: the whole is not, as with two documents or odd indents
        remarks.append(Remark(first + failure.line, f"not YAML: {failure.problem}; read entry by entry"))
    return Header(fields, tuple(remarks), length)


def _document_begins(lines: Sequence[str]) -> int | None:
    """Return where a Markdown heading after a blank line shows that a fence was forgotten."""
    for number in range(1, len(lines)):
        if not lines[number - 1].strip() and _HEADING.match(lines[number]):
            return number
    return None


def _entry_starts(lines: Sequence[str]) -> Iterator[int]:
    """Yield the lines that begin an entry.

    Descriptions run on, unindented, with lines such as `user: "..."`. So after a description, or after a
    line that no key begins, only a key that agent files use begins an entry.
    """
    running_on = False
    for number, line in enumerate(lines):
        match = KEY_LINE.match(line)
        if match and known(match["key"]):
            running_on = canonical(match["key"]) == "description"
            yield number
        elif running_on:
            continue
        elif match and (not match["rest"] or match["rest"][0] in " \t"):
            yield number
        else:
            running_on = bool(line.strip()) and not line.startswith((" ", "\t", "-", "#"))


def _entry(lines: Sequence[str], start: int) -> tuple[Field, str | None]:
    """Read one entry, and say what was wrong with it."""
    from agentic_flow.templates.strict import parse

    text = "\n".join(lines)
    match = KEY_LINE.match(lines[0])
    key, rest = (match["key"], match["rest"].strip()) if match else ("", text)
    problem: str | None = None
    for tried, remark in ((text, None), (text.expandtabs(2), _TABS if _INDENTED.search(text) else _TAB)):
        if remark and tried == text:
            break
        try:
            field = _only(parse(tried), key)
        except Unparsable as failure:
            problem = problem or failure.problem
        else:
            return Field(key, field.value, start, field.source), remark
    value, source = _raw(rest, lines[1:]), "\n".join((rest, *lines[1:])).strip()
    return Field(key, value, start, source), f"not YAML: {problem}; read as it is written, put it in quotes"


def _only(fields: Sequence[Field], key: str) -> Field:
    if [field.key for field in fields] != [key]:
        raise Unparsable("no space after the colon", 0)
    return fields[0]


def _raw(rest: str, more: Sequence[str]) -> Value:
    """Return a value that YAML cannot read, as its author must have meant it."""
    lines = textwrap.dedent("\n".join(more)).strip("\n").split("\n") if more else []
    items = [line.strip() for line in lines if line.strip()]
    if not rest and items and all(item.startswith("- ") for item in items):
        return [_unquoted(item[2:].strip()) for item in items]
    if rest[:1] in ("|", ">") and len(rest) <= len("|-2"):
        return ("\n" if rest[0] == "|" else " ").join(lines)
    return _unquoted("\n".join((rest, *lines)).strip())


def _unquoted(text: str) -> str:
    quote = text[:1]
    if len(text) > 1 and quote in "\"'" and text[-1] == quote:
        return text[1:-1].replace('\\"', '"') if quote == '"' else text[1:-1].replace("''", "'")
    return text


def _shown(line: str) -> str:
    return repr(textwrap.shorten(line, 60, placeholder="..."))
