"""Reply text -> drafts of files, and why others could not be had. Pure: no disk, and no trust in any path.

What a model sends is prose with files in it, in a form of its own choosing. A draft is taken only where the
reply names a file and gives it whole; all else is prose.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Draft
from agentic_flow.extraction.announcing import tidy
from agentic_flow.extraction.fences import cut
from agentic_flow.extraction.reading import Reading

__all__ = ["Extraction", "extract"]


@frozen
class Extraction:
    """What a reply holds."""

    drafts: tuple[Draft, ...]
    """The files given whole, in the order they first appear, each path once: the last word on it counts."""
    problems: tuple[str, ...]
    """One sentence for each file that the reply meant to give and that cannot be taken from it. Without any
    draft: why not."""
    left_out: tuple[str, ...] = ()
    """What else of the reply may be a file and is not taken for one; said where there are drafts."""
    words: bool = False
    """Whether the reply is an answer in words: whole, and with no file but changes that it may only show."""
    changes: bool = False
    """Whether it has changes of files that cannot be made."""


def extract(  # noqa: PLR0913 - all that a reply is read beside
    reply: str,
    *,
    context: Collection[str] = (),
    named: Sequence[str] = (),
    texts: Mapping[str, str] | None = None,
    outlined: Collection[str] = (),
    mentioned: Collection[str] = (),
    task: str = "",
    may_shrink: bool = False,
) -> Extraction:
    """Find the files in a complete reply.

    `context` are the names under which files were shown to the model, `named` those that the task mentions:
    both are file names whatever they look like. `named` also settles what a reply leaves open: which file a
    block without a name is, where a second file begins in a block, and whether a file was asked for at all.
    `texts` are the files as they stand, which search/replace blocks change, and whose line ends stay;
    `outlined` those of which the model saw only an outline, so that it cannot give them whole.
    `mentioned` are words of the task that have the form of a path: they are one where the reply uses them so.
    `task` is what was asked for: it may ask that a shown file loses what it has; `may_shrink` lets it.
    """
    wanted = tuple(dict.fromkeys(tidy(name) for name in named))
    reading = Reading(
        cut(reply),
        frozenset(tidy(name) for name in context),
        wanted,
        {tidy(path): text for path, text in (texts or {}).items()},
        frozenset(tidy(name) for name in outlined),
        frozenset(tidy(name) for name in mentioned),
        task,
        may_shrink,
    )
    for block in reading.cuttings.blocks:
        reading.read(block)
    drafts, problems = reading.outcome()
    kept = (_with_ends_of(reading.texts.get(draft.path, ""), draft) for draft in drafts)
    return Extraction(
        tuple(kept), tuple(problems), tuple(reading.left_out()), reading.is_words, reading.changes
    )


def _with_ends_of(before: str, draft: Draft) -> Draft:
    """End lines as the file did that a draft takes the place of: replies do not say how."""
    windows = 0 < before.count("\r\n") == before.count("\n")
    return (
        replace(draft, text=draft.text.replace("\n", "\r\n")) if windows and "\r" not in draft.text else draft
    )
