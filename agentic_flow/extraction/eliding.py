"""A file as it was shown and as a reply gives it -> the line that stands there for code it had. Pure.

`...` in place of a function, or a comment that the rest stays the same: a person understands it, and a file
that is written so has lost what it stands for.
"""

import ast
import warnings
from collections.abc import Iterator, Sequence

from agentic_flow.core.languages import kind_of
from agentic_flow.core.words import word_set
from agentic_flow.extraction.comments import speaks_of_a_rest
from agentic_flow.extraction.definitions import CLOSES, defined, filled

_NO_DOTS = word_set("js jsx ts tsx mjs cjs mts cts java kt kts go rs swift scala dart cs css scss less rb")
"""Kinds of file in which a line of three dots means nothing."""


def gap(path: str, before: str, lines: Sequence[str]) -> str | None:
    """Return a line that stands for code which the file had; None where there is none."""
    return next(_gaps(path, before, before.splitlines(), lines), None)


def _gaps(path: str, before: str, old: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
    """Yield lines that stand for code which the file had."""
    known = {line.strip() for line in old}
    shorter = 10 * len(filled(lines)) < 9 * len(filled(old))
    if shorter:
        gone = not {*defined(old)} <= {*defined(lines)}
        yield from (
            line
            for line, below in zip(lines, [*lines, ""][1:], strict=True)
            if line.strip() not in known and speaks_of_a_rest(line) and (gone or not _heads(line, below))
        )
    kind = kind_of(path)
    if kind in ("py", "pyw"):
        yield from (line for line in lines if line.rstrip() == "..." and "..." not in known)
        yield from ("..." for _ in _stand_ins(before, "\n".join(lines)))
    elif kind in _NO_DOTS:
        yield from (line for line in lines if line.strip() == "..." and "..." not in known)


def _heads(comment: str, below: str) -> bool:
    """Say whether a comment stands right above code, which it then speaks of: '# Add the remaining items'."""
    code = below.lstrip()
    deep = len(below) - len(code) >= len(comment) - len(comment.lstrip())
    return deep and bool(code) and not code.startswith(CLOSES)


def _stand_ins(before: str, after: str) -> Iterator[ast.stmt]:
    """Yield each `...` that stands where the file had code: beside other statements, or for a whole body.

    As the body of a method that had none before, or of a new one, it is what Python has it for.
    """
    old, new = _parsed(before), _parsed(after)
    if old is None or new is None:  # it may be a newer Python than ours
        return
    coded, still = ({name for name, body in _bodies(tree) if _is_code(body)} for tree in (old, new))
    had = any(map(_is_dots, ast.walk(old)))
    for name, body in _bodies(new):
        dots = [statement for statement in body if _is_dots(statement)]
        whole = bool(name) and not _is_code(body)
        if dots and (name in coded - still if whole else not had):
            yield dots[0]


def _parsed(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix("\ufeff"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _bodies(node: ast.AST, above: str = "") -> Iterator[tuple[str, Sequence[ast.stmt]]]:
    """Yield the bodies of a module, its classes and functions, each with its name; the module's is ''."""
    match node:
        case ast.Module(body=body):
            yield above, body
        case ast.ClassDef(name=name, body=body) | ast.FunctionDef(name=name, body=body):
            above = f"{above}.{name}"
            yield above, body
        case ast.AsyncFunctionDef(name=name, body=body):
            above = f"{above}.{name}"
            yield above, body
        case _:
            return
    for statement in body:
        yield from _bodies(statement, above)


def _is_dots(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_code(body: Sequence[ast.stmt]) -> bool:
    return any(not (_is_dots(each) or _is_text(each) or isinstance(each, ast.Pass)) for each in body)
