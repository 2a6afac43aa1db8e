r"""The files a reply is to hold -> the parts of it that need no model: paths, fences, languages. Pure.

Where every file is known by name, the canonical form leaves a model nothing to choose but the content. So
the form is said for it: no grammar has to be set up, which takes 1.5 s on a vocabulary of 150,000 words,
and what is said is read at once instead of being made token by token.
"""

import re
from collections.abc import Sequence

from agentic_flow.core.languages import kind_of, language_of

DOCUMENTS = ("md", "mdx", "markdown", "rst", "readme")
"""The kinds of file that hold fences of their own, so that the model chooses how their block is fenced. Given
the choice elsewhere too, the 0.5B was seen to open a block of code with four backticks, close it with three,
and go on for ever."""
FENCE = "```"
CLOSINGS = tuple(f"\n{' ' * indent}{FENCE}" for indent in range(4))
"""What closes a block; by the CommonMark rule, up to three spaces may stand before the fence."""


def announcements(opening: str) -> tuple[str, ...]:
    """Return how a model announces a file inside the block before: its path alone, below an empty line."""
    path = opening.partition("\n")[0]
    return tuple(f"\n\n{sign}{path}\n" for sign in ("", "# ", "// "))


def openings(paths: Sequence[str | None], beginnings: Sequence[str] = ()) -> tuple[str, ...]:
    """Return what opens each file, up to the end of a line: its path, the fence, and what it begins with.

    None of them where the model has something to choose: a name, how many files there are, a longer fence.
    """
    named = [path for path in paths if path is not None and kind_of(path) not in DOCUMENTS]
    if len(named) < len(paths):
        return ()
    return tuple(
        f"{path}\n{FENCE}{language_of(path) or ''}" + (f"\n{first}" if first else "")
        for path, first in zip(named, beginnings or [""] * len(named), strict=True)
    )


def tested_names(opening: str) -> Sequence[str]:
    """Return what a file of tests was said to import."""
    found = re.search(r"^from \w+ import (.+)$", opening, re.MULTILINE)
    return found[1].split(", ") if found else ()
