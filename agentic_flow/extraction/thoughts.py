"""What a model thought aloud -> where it ends: it stands in the reply before the answer, between two tags."""

from collections.abc import Iterable

_THOUGHTS = ("think", "thinking", "thought", "reasoning", "reflection", "scratchpad")


def opening_thought(line: str) -> str | None:
    """Return the tag with which a thought opens in a line."""
    text = line.lstrip().lower()
    return next((tag for tag in _THOUGHTS if text.startswith(f"<{tag}>")), None)


def end_of_thought(lines: list[str], at: int, tag: str) -> int:
    """Return the line where the thought ends, cut to what follows it; one past the last if it never does."""
    closing = f"</{tag}>"
    while at < len(lines):
        where = lines[at].lower().find(closing)
        if where >= 0:
            lines[at] = lines[at][where + len(closing) :]
            return at
        at += 1
    return at


def end_of_unopened_thought(lines: list[str], outside: Iterable[int]) -> int | None:
    """Find the end of a thought whose opening tag stands in the prompt (DeepSeek-R1 and its kin).

    `outside` are the lines in no whole block: inside one the tag is the block's own. The line is cut to what
    follows the tag.
    """
    end, rest = None, ""
    for at in outside:
        text = lines[at].strip()
        if opening_thought(text):
            return None
        for closing in ("</think>", "</thinking>"):
            if text.lower().startswith(closing):
                end, rest = at, text[len(closing) :]
    if end is not None:
        lines[end] = rest
    return end
