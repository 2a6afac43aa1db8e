"""Python files of one answer -> the same files with the imports that they forgot. Pure.

Small models write `os.path.exists(name)` and forget `import os`, or use a class of the file beside it. A name
that is used and bound nowhere, and that exactly one import can supply, gets that import. Nothing else
changes, and whoever writes the files says which lines were added.
"""

import ast
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from agentic_flow.core.values import Draft
from agentic_flow.mending.supplying import Import, read_tree
from agentic_flow.mending.unbound import Use, unbound_names

__all__ = ["supply_imports"]


def supply_imports(drafts: Sequence[Draft], before: Mapping[str, str]) -> tuple[Draft, ...]:
    """Return the drafts with the imports they forgot, each saying which in `added`.

    `before` are the files as they stood, by path: what they lacked already is left alone, and their names can
    be imported.
    """
    texts = {**before, **{draft.path: draft.text for draft in drafts}}
    mended = list[Draft]()
    for draft in drafts:
        is_python = draft.path.endswith(".py")
        mended.append(_mended(draft, before.get(draft.path), texts) if is_python else draft)
        texts[draft.path] = mended[-1].text  # so that two files never import each other
    return tuple(mended)


def _mended(draft: Draft, stood: str | None, texts: Mapping[str, str]) -> Draft:
    lacked = _unbound(stood) if stood is not None else {}
    text, imports = draft.text, set[Import]()
    # Again while it helps: an import can tell where another name is from: `dataclass`, then `field`.
    while uses := {name: use for name, use in _unbound(text).items() if name not in lacked}:
        tree = read_tree({**texts, draft.path: text})
        new = {found for name, use in uses.items() if (found := tree.supply(draft.path, name, use))}
        if new <= imports:
            break
        imports |= new
        text = _with_imports(draft.text, _statements(imports))
    return draft if text == draft.text else replace(draft, text=text, added=_statements(imports))


def _statements(imports: Iterable[Import]) -> tuple[str, ...]:
    """Write imports as lines, one a module and the modules themselves first."""
    whole = sorted(each.module for each in imports if not each.name)
    of_each = dict[str, list[str]]()
    for each in sorted(imports, key=lambda each: (each.module, each.name)):
        if each.name:
            of_each.setdefault(each.module, []).append(each.name)
    return (
        *(f"import {module}" for module in whole),
        *(f"from {module} import {', '.join(names)}" for module, names in of_each.items()),
    )


def _unbound(text: str) -> dict[str, Use]:
    try:
        return unbound_names(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}  # nothing can be said of it; the check of its syntax will


def _with_imports(text: str, statements: Sequence[str]) -> str:
    """Put imports where a person would: before the first statement, after the docstring and `__future__`."""
    lines = io.StringIO(text, newline="").readlines()  # as Python counts them: a form feed ends none
    body = ast.parse(text).body
    first = next((number for number, node in enumerate(body) if not _stays_first(number, node)), len(body))
    if first == len(body):
        return text  # nothing there uses a name
    at = _begin(body[first])
    if first and (body[first - 1].end_lineno or 0) >= at + 1:
        return text  # both stand in one line
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    added = [statement + end for statement in statements]
    if not isinstance(body[first], ast.Import | ast.ImportFrom):
        while at and lines[at - 1].startswith("#") and not _speaks_of_file(at - 1, lines[at - 1]):
            at -= 1  # a comment on what follows
        added.append(end * (2 if isinstance(body[first], _DEFINITIONS) else 1))
    return "".join([*lines[:at], *added, *lines[at:]])


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _stays_first(number: int, node: ast.stmt) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return number == 0
        case ast.ImportFrom(module="__future__"):
            return True
        case _:
            return False


def _begin(node: ast.stmt) -> int:
    """Return the number of the line in which a statement begins, from 0."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)]) - 1


def _speaks_of_file(number: int, line: str) -> bool:
    """Say whether a comment belongs to the file rather than to what follows: `#!`, the encoding."""
    return line.startswith("#!") or (number < _HEAD and re.search(r"coding[:=]", line) is not None)


_HEAD = 2
"""Lines in which Python looks for the encoding."""
