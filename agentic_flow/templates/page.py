"""Bytes of a template -> a Page: the lines of its front matter, and its body. Knows fences, not YAML."""

import codecs
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern
from agentic_flow.templates.keys import declares

_FENCE = pattern(r"-{3,}\s*\Z")
_LATE = 12
"""How many lines may stand before front matter that does not open the file."""


class Remark(NamedTuple):
    """Something that was read tolerantly. `line` counts from 1 in the file."""

    line: int
    text: str


class NotText(Exception):
    """The bytes are no text."""


@frozen
class Page:
    """A template cut in two. `header` is None where the file has no front matter."""

    header: tuple[str, ...] | None
    header_line: int
    """The line of the file that `header` starts on, from 1."""
    body: str
    whole: str
    """All of the text: the instructions, should the front matter turn out to be none."""
    remarks: tuple[Remark, ...] = ()


def open_page(raw: bytes) -> Page:
    """Decode `raw` and part the front matter from the body. Raises `NotText`."""
    text, remarks = _decode(raw)
    lines = text.split("\n")
    start = next((index for index, line in enumerate(lines) if line.strip()), len(lines))
    if start < len(lines) and _FENCE.match(lines[start]):
        if start:
            remarks.append(Remark(start + 1, "blank lines before the front matter"))
        return _cut(lines, start, remarks)
    late = _late_fence(lines)
    if late is not None:
        remarks.append(Remark(late + 1, "front matter below other text, which joins the instructions"))
        page = _cut(lines, late, remarks)
        return replace(page, body="\n".join([*lines[:late], page.body]))
    if start < len(lines) and declares(lines[start]) and any(map(_FENCE.match, lines)):
        remarks.append(Remark(start + 1, "the `---` that opens the front matter is missing"))
        return _cut(lines, start - 1, remarks)
    remarks.append(Remark(1, "no front matter; all of the file is instructions"))
    return Page(None, 1, text, text, tuple(remarks))


def _decode(raw: bytes) -> tuple[str, list[Remark]]:
    remarks: list[Remark] = []
    utf16 = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = raw.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as bad:
        if utf16:
            raise NotText from bad
        # What Windows editors call ANSI; latin-1 takes the five bytes that cp1252 leaves undefined.
        line = raw.count(b"\n", 0, bad.start) + 1
        try:
            text = raw.decode("cp1252")
        except UnicodeDecodeError:
            text = raw.decode("latin-1")
        remarks.append(Remark(line, "is not UTF-8; read as Windows-1252, save it as UTF-8"))
    if utf16:
        remarks.append(Remark(1, "is UTF-16; save it as UTF-8"))
    if "\0" in text:
        raise NotText
    return text.replace("\r\n", "\n").replace("\r", "\n"), remarks


def _late_fence(lines: Sequence[str]) -> int | None:
    """Return where front matter starts after a heading, a comment or a code fence."""
    for index in range(min(_LATE, len(lines) - 1)):
        if _FENCE.match(lines[index]) and declares(lines[index + 1]):
            return index
    return None


def _cut(lines: Sequence[str], opening: int, remarks: Sequence[Remark]) -> Page:
    closing = next((i for i in range(opening + 1, len(lines)) if _FENCE.match(lines[i])), None)
    whole = "\n".join(lines)
    if closing is not None:
        header, body = lines[opening + 1 : closing], lines[closing + 1 :]
        return Page(tuple(header), opening + 2, "\n".join(body), whole, tuple(remarks))
    end = opening + 1
    while end < len(lines) and _belongs(lines[end]):
        end += 1
    unclosed = Remark(end, "the `---` that closes the front matter is missing")
    return Page(
        tuple(lines[opening + 1 : end]), opening + 2, "\n".join(lines[end:]), whole, (*remarks, unclosed)
    )


def _belongs(line: str) -> bool:
    """Whether a line can be front matter that nobody closed."""
    return declares(line) or line.startswith((" ", "\t", "- "))
