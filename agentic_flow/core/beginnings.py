"""A file that is to be written -> the lines that it can only begin with. Pure.

Tests of a module begin with its import. A small model that is left to itself copies the module into the
tests instead, and then tests the copy.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from agentic_flow.core.patterns import pattern
from agentic_flow.core.values import ContextFile, Task

_MOST_NAMES = 8
"""A module with more of them is not imported name by name."""
_RUNNERS = pattern(r"\b(pytest|unittest)\b", re.IGNORECASE)


def beginning(path: str, task: Task) -> str:
    """Return how the file at `path` begins, with a line end; empty where that is open."""
    tested = _tested(PurePosixPath(path), task)
    names = list(_public_names(tested.text)) if tested else []
    if tested is None or not 0 < len(names) <= _MOST_NAMES:
        return ""
    runner = _RUNNERS.search(task.text)
    head = f"import {runner[0].lower()}\n\n" if runner else ""
    return f"{head}from {PurePosixPath(tested.shown).stem} import {', '.join(names)}\n"


def _tested(path: PurePosixPath, task: Task) -> ContextFile | None:
    """Return the module that new tests at `path` are for, where they can import it by its bare name."""
    if path.suffix != ".py" or any(file.shown == str(path) for file in task.context):
        return None
    stem = (
        path.stem.removeprefix("test_") if path.stem.startswith("test_") else path.stem.removesuffix("_test")
    )
    for file in task.context:
        module = PurePosixPath(file.shown)
        if module.name == f"{stem}.py" and stem != path.stem and module.parent == path.parent:
            return file
    return None


def _public_names(text: str) -> Iterator[str]:
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                if not name.startswith("_"):
                    yield name
            case _:
                pass
