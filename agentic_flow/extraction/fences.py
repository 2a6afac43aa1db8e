"""Reply text -> its lines and the blocks in them: fences, <file> elements, changes. Reads shape only.

Fences follow CommonMark 0.31 (section 4.5) with what models need on top: a fence may be indented as deep as
it likes, and a fence inside a fence is counted, so that a README with shell commands stays one file. One
pass; blocks are line numbers, so that nothing is copied however deep they nest.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from agentic_flow.core.filenames import is_file_name
from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern
from agentic_flow.extraction.diffs import MARKS, end_of_diff, is_diff
from agentic_flow.extraction.editing import end_of_blocks
from agentic_flow.extraction.thoughts import end_of_thought, end_of_unopened_thought, opening_thought

_SHORTEST = 3
_IN_MARKDOWN = 2  # fences that are open in a block of Markdown, its own among them
_MOST_HEADS = 4  # lines at the begin of a block that tell whether it is a diff
_SLACK = 3  # how much deeper than its opening fence a closing one may stand
_LONGEST_TAG = 1000  # characters looked at for the attributes of an element
_ATTRIBUTE = pattern(r"\b(?:path|name|filename)\s?=\s?(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)


@frozen
class Fence:
    """One line that opens or closes a fenced block."""

    indent: str
    mark: str
    length: int
    info: str


@frozen
class Block:
    """A block of a reply, as line numbers."""

    start: int
    """The line that opens it."""
    end: int
    """The line that closes it; where none does, that which opens the next, or one past the last."""
    above: int
    """The first line that may speak about it: what comes earlier belongs to another block."""
    indent: str = ""
    info: str = ""
    closed: bool = True
    markdown: bool = False
    path: str | None = None
    """What a <file> element names; None for a fence."""
    bare: bool = False
    """Whether it is a change without a fence: its first line and its last are of its own."""


@frozen
class Cut:
    """A reply cut up. `lines` lack what the model thought aloud."""

    lines: list[str]
    blocks: list[Block]
    thinking: bool
    """Whether the reply ends before its thoughts do."""

    def content(self, block: Block) -> list[str]:
        """Return the lines of a block as a file would hold them."""
        if block.bare:
            return self.lines[block.start : block.end + 1]
        inside = self.lines[block.start + 1 : block.end]
        if block.path is None:
            return [_dedent(line, block.indent) for line in inside]
        first = self.lines[block.start].partition(">")[2]
        if block.end == block.start:
            return [first.rpartition("</")[0]]
        last = self.lines[block.end].rpartition("</")[0] if block.closed else ""
        return _unwrap([*([first] if first.strip() else []), *inside, *([last] if last.strip() else [])])


def cut(reply: str) -> Cut:
    """Find the blocks of a reply, in the order they open."""
    lines = reply.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found = _scan(lines, 0)
    unopened = end_of_unopened_thought(lines, _outside(found.blocks, len(lines)))
    return found if unopened is None else _scan(lines, unopened)


def _scan(lines: list[str], at: int) -> Cut:
    blocks: list[Block] = []
    stack: list[_Open] = []
    above = at
    thinking = False
    while at < len(lines) or _had_ended(stack):
        block: Block | None = None
        fence = fence_of(lines[at]) if at < len(lines) else None
        if at == len(lines):
            block = _end_before(stack)
        elif stack and fence:
            block = _continue(stack, fence, lines, at)
        elif fence:
            stack.append(_open(fence, lines, at, above))
        elif stack:
            pass
        elif tag := opening_thought(lines[at]):
            at = above = end_of_thought(lines, at, tag)
            thinking = at == len(lines)
            continue
        else:
            block = _change(lines, at, above) or _element(lines, at, above)
        if block:
            blocks.append(block)
            at = above = block.end + 1
        else:
            at += 1
    return Cut(lines, blocks + _left_open(stack, len(lines)), thinking)


def fence_of(line: str) -> Fence | None:
    """Read a line as a fence, or not as one."""
    text = line.lstrip(" \t")
    mark = text[:1]
    if mark not in ("`", "~"):
        return None
    rest = text.lstrip(mark)
    info = rest.strip()
    if len(text) - len(rest) < _SHORTEST or (mark == "`" and "`" in info):
        return None
    return Fence(line[: len(line) - len(text)], mark, len(text) - len(rest), info)


@dataclass(slots=True)
class _Open:
    """A fence that waits for its end, and the whole blocks found since it opened."""

    fence: Fence
    start: int
    above: int
    markdown: bool
    diff: bool
    inside: list[Block] = field(default_factory=list[Block])

    def block(self, end: int, *, closed: bool) -> Block:
        indent, info = self.fence.indent, self.fence.info
        return Block(self.start, end, self.above, indent, info, closed=closed, markdown=self.markdown)


def _continue(stack: list[_Open], fence: Fence, lines: Sequence[str], at: int) -> Block | None:
    """Take a fence that stands inside the innermost open one; return the outermost block if this ends it."""
    top = stack[-1]
    outer = top.fence
    # In a diff, what stands a blank deeper is a line of the file.
    deeper = len(fence.indent) > len(outer.indent) + (0 if top.diff else _SLACK)
    if fence.mark != outer.mark or fence.length < outer.length or deeper:
        return None
    if fence.info and _had_ended(stack):
        return _end_before(stack)
    if fence.info or _opens_again(top, lines, at):
        above = top.inside[-1].end + 1 if top.inside else top.start + 1
        stack.append(_open(fence, lines, at, above))
        return None
    block = stack.pop().block(at, closed=True)
    if not stack:
        return block
    stack[-1].inside.append(block)
    return None


def _had_ended(stack: Sequence[_Open]) -> bool:
    """Say whether a bare fence that seemed to open a block in Markdown may have been the Markdown's own end.

    It was where that block never ends, or where another begins in it: no block holds one.
    """
    return len(stack) == _IN_MARKDOWN and stack[0].markdown and not stack[1].fence.info


def _end_before(stack: list[_Open]) -> Block:
    """Return the Markdown as a block that ended where another seemed to begin."""
    seemed = stack.pop()
    return stack.pop().block(seemed.start, closed=True)


def _opens_again(top: _Open, lines: Sequence[str], at: int) -> bool:
    """Say whether a bare fence inside an open one opens another: by rule it closes, in fact models nest."""
    before, after = lines[at - 1], (lines[at + 1] if at + 1 < len(lines) else "")
    if not after.strip() or fence_of(after):
        return False
    if top.markdown:  # behind its end there is an empty line, or the next file
        below = fence_of(next(filter(str.strip, lines[at + 2 : at + 5]), ""))
        return not (_names_a_file(after) and below and below.info)
    return _names_a_file(before)  # the closing fence was forgotten, and the next file is announced


def _names_a_file(line: str) -> bool:
    return is_file_name(line.strip("#*`: ")) and not line.startswith((" ", "\t"))


def _open(fence: Fence, lines: Sequence[str], at: int, above: int) -> _Open:
    language = fence.info.lower().partition(" ")[0]
    below = [_dedent(line, fence.indent) for line in lines[at + 1 : at + 1 + _MOST_HEADS]]
    said = next((line for line in reversed(lines[max(0, at - 2) : at]) if line.strip()), "")
    markdown = language in ("markdown", "md", "mdx") or ".md" in (fence.info + said[-_LONGEST_TAG:]).lower()
    return _Open(fence, at, above, markdown, language in MARKS or is_diff(below, marked=False))


def _left_open(stack: Sequence[_Open], end: int) -> list[Block]:
    """Return the blocks that never end, and the whole ones inside them: their names tell them apart.

    Not those inside Markdown: there they are the file's own examples.
    """
    found: list[Block] = []
    starts = [opened.start for opened in stack]
    for opened, ends in zip(stack, [*starts, end][1:], strict=True):
        found.append(opened.block(ends, closed=False))
        if opened.markdown:
            break
        found += opened.inside
    return sorted(found, key=lambda block: block.start)


def _outside(blocks: Sequence[Block], count: int) -> Iterator[int]:
    """Yield the numbers of the lines that are in no whole block."""
    at = 0
    for block in blocks:
        if block.closed:
            yield from range(at, block.start)
            at = block.end + 1
    yield from range(at, count)


def _change(lines: Sequence[str], at: int, above: int) -> Block | None:
    """Read a diff, or search/replace blocks, that stand in no fence.

    A diff whose counts do not say where it ends has no end.
    """
    if end := end_of_blocks(lines, at):
        return Block(at, end - 1, above, bare=True)
    found = end_of_diff(lines, at)
    return Block(at, found[0] - 1, above, closed=found[1], bare=True) if found else None


def _element(lines: Sequence[str], at: int, above: int) -> Block | None:
    """Read `<file path="...">` up to the `</file>` that ends it."""
    opening = lines[at].strip()[:_LONGEST_TAG]
    attribute = _ATTRIBUTE.search(opening.partition(">")[0]) if opening.lower().startswith("<file ") else None
    if not attribute or ">" not in opening or opening.partition(">")[0].endswith("/"):
        return None
    path = attribute.group(1) if attribute.group(1) is not None else attribute.group(2)
    depth = 0
    for end in range(at, len(lines)):
        text = lines[end].strip().lower()
        depth += text.startswith("<file ") and not text.endswith("/>")
        depth -= text.endswith("</file>")
        if depth == 0:
            return Block(at, end, above, path=path)
    return Block(at, len(lines), above, closed=False, path=path)


def _dedent(line: str, indent: str) -> str:
    kept = 0
    while kept < len(indent) and line[kept : kept + 1] == indent[kept]:
        kept += 1
    return line[kept:]


def _unwrap(lines: list[str]) -> list[str]:
    """Take off a CDATA section or a fence that wraps the whole content of an element."""
    filled = [at for at, line in enumerate(lines) if line.strip()]
    if not filled:
        return lines
    first, last = filled[0], filled[-1]
    if lines[first].lstrip().startswith("<![CDATA[") and lines[last].rstrip().endswith("]]>"):
        whole = "\n".join(lines[first : last + 1]).strip().removeprefix("<![CDATA[").removesuffix("]]>")
        return whole.strip("\n").split("\n")
    opening, closing = fence_of(lines[first]), fence_of(lines[last])
    if opening and closing and first < last and not closing.info and closing.mark == opening.mark:
        return lines[first + 1 : last]
    return lines
