"""A path that somebody names -> how far links below it may lead.

A cloned repository holds links that its author made: one to a key file in the person's home would show that
file to a model. What a person names outside of their project is their own word.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from agentic_flow.core.looking import is_there


def project_folders(folder: Path) -> tuple[Path, ...]:
    """Return the folders from `folder` up to the one with `.git`; none where there is no such one."""
    upwards = (folder, *folder.parents)
    for depth, above in enumerate(upwards, start=1):
        if is_there(above / ".git"):
            return upwards[:depth]
    return ()


def bound_of(named: Path) -> Path | None:
    """Return the project that a path lies in by its name alone, whatever is a link on the way; None for none.

    That is the project one stands in, a folder without `.git` too, else the one with `.git` around the path.
    """
    working = Path.cwd()
    place = Path(os.path.abspath(working / named))  # noqa: PTH100  (`..` by name: `resolve` would follow links)
    for root in _roots(working, place):
        if place.is_relative_to(root):
            return root
    return None


def leads_out(real: Path, bound: Path | None) -> bool:
    """Say whether a path whose links are resolved lies outside of a project."""
    return bound is not None and not real.is_relative_to(bound.resolve())


def _roots(working: Path, place: Path) -> Iterator[Path]:
    yield (project_folders(working) or (working,))[-1]
    if around := project_folders(place):
        yield around[-1]
