"""Context files and a budget of tokens -> the files, the largest in outline where need be. Pure.

An outline is what a reader skims: of Python every class and function with its line, of Markdown the headings,
of anything else the lines that declare something.
"""

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from agentic_flow.core.languages import kind_of
from agentic_flow.core.patterns import pattern
from agentic_flow.core.values import ContextFile

_MOST_LINES = 300
_LONGEST_HEAD = 6
_DECLARES = pattern(
    r"[ \t]{0,8}(?:(?:export|default|public|private|protected|static|abstract|final|async|pub|unsafe|inline"
    r"|override|declare)\s+)*(?:class|def|func|fn|function|interface|type|struct|impl|enum|trait|module"
    r"|namespace|package|import|use|from|record|object|protocol|extension|message|service|create|resource)\b"
    r"|#include\b|[A-Za-z_][\w.-]*:\s*$|\[[^\]]+\]\s*$|[.#@][\w-]+[^;]*\{\s*$|const\s+\w+\s*=\s*(?:async\s*)?\(",
    re.IGNORECASE,
)


def condense(
    files: Sequence[ContextFile], budget: int, count: Callable[[str], int]
) -> tuple[tuple[ContextFile, ...], tuple[str, ...]]:
    """Return the files as they are to be shown, and what a person should know of it.

    `count` says how many tokens a text is.
    """
    sizes = [count(file.text) for file in files]
    total = sum(sizes)
    if total <= budget:
        return tuple(files), ()
    shown, remarks = list(files), list[str]()
    for at in sorted(range(len(files)), key=lambda at: -sizes[at]):
        if total <= budget:
            break
        outline = outline_of(files[at].shown, files[at].text)
        size = count(outline)
        if size < sizes[at]:
            shown[at] = replace(files[at], outline=outline)
            total -= sizes[at] - size
            remarks.append(
                f"only an outline of {files[at].shown} is shown (about {size:,} of {sizes[at]:,} tokens)"
            )
    if total > budget:
        remarks.append(f"the context is about {total:,} tokens, more than --context-tokens {budget:,}")
    return tuple(shown), tuple(remarks)


def outline_of(path: str, text: str) -> str:
    """Return what a file declares, each line with its number."""
    kind = kind_of(path)
    lines = text.splitlines()
    numbers = _python(text) if kind in ("py", "pyi", "pyw") else None
    if numbers is None:
        numbers = _headings(lines) if kind in ("md", "mdx", "rst") else _declarations(lines)
    taken = sorted(set(numbers))
    shown = [f"{number}: {lines[number - 1].rstrip()}" for number in taken[:_MOST_LINES]]
    if len(taken) > _MOST_LINES:
        shown.append(f"... and {len(taken) - _MOST_LINES} more")
    return "\n".join([f"{len(lines)} lines, of which these declare something:", *shown])


def _python(text: str) -> list[int] | None:
    """Return the lines that head classes and functions, or set names; None where it is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return [number for node in tree.body for number in _heads(node)]


def _heads(node: ast.stmt) -> Iterator[int]:
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            last = min(max(node.lineno, node.body[0].lineno - 1), node.lineno + _LONGEST_HEAD)
            if ast.get_docstring(node, clean=False) is not None:
                last = min(node.body[0].lineno, node.lineno + _LONGEST_HEAD)
            yield from range(node.lineno, last + 1)
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    yield from _heads(inner)
        case ast.Import() | ast.ImportFrom() | ast.Assign() | ast.AnnAssign():
            yield node.lineno
        case _:
            pass


def _headings(lines: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(lines, 1) if line.startswith("#")]


def _declarations(lines: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(lines, 1) if _DECLARES.match(line)]
