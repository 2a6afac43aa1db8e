"""The blocks of a reply that were not taken for files -> what a person or a model is told of them. Pure."""

from collections.abc import Iterable, Sequence

from agentic_flow.extraction.fences import Block
from agentic_flow.extraction.naming import Naming

_MOST_REASONS = 3


def blocks_left(left: Iterable[tuple[Block, Naming]]) -> list[str]:
    """Name blocks that may be files, in their order."""
    return [
        f"the {naming.language + ' ' if naming.language else ''}block in line {block.start + 1}"
        f" ({f'under {naming.under!r}' if naming.under else 'it has no name'})"
        for block, naming in sorted(left, key=lambda each: each[0].start)
    ]


def reasons(unnamed: Sequence[tuple[Block, Naming]], *, thinking: bool) -> list[str]:
    """Say why a reply holds no file; `thinking` is one that ends before its answer begins."""
    if thinking:
        return ["the reply ends while the model still thinks"]
    said = [
        f"the {naming.language} block in line {block.start + 1} has no {lack}"
        for block, naming in unnamed
        for lack in ["file name" if block.closed else "end"]
    ]
    return said[:_MOST_REASONS] or ["the reply holds no block that is a file"]
