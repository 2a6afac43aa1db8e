"""A file as it was shown and as a reply gives it -> what it would lose without anybody asking for that. Pure.

A reply that gives only the function it changed, or `...` in place of the others, looks like a whole file.
What tells it from one is the file that it would replace.
"""

import ast
import re
import warnings
from collections.abc import Iterator, Sequence

from agentic_flow.core.languages import kind_of
from agentic_flow.core.words import word_set
from agentic_flow.extraction.comments import speaks_of_a_rest

_FEWEST = 3
"""Definitions from which on a file has some to lose."""
_LINES = 40
"""Lines from which on a file without definitions is more than what a change may well leave of it."""
_NAMED = 3
_DEFINES = re.compile(
    r"[ \t]*(?:(?:export|default|public|private|protected|internal|static|abstract|final|async|pub|unsafe"
    r"|inline|override|declare|virtual|open|data|sealed)(?:\([^)]*\))?\s+)*"
    r"(?:class|def|func|fn|fun|function|interface|struct|enum|trait|impl|module|namespace|object|protocol"
    r"|message|service|resource|sub|proc|procedure|create (?:or replace )?(?:table|view|index))\*?\s+"
    r"(?:if not exists )?[\"'`]?([\w.:$-]+)"
    r"|(?:export\s+)?(?:const|let|var)\s+(\w+)\s*="
    r"|#{1,6}\s+(\S.*)|\[([^\]]+)\]\s*$"  # a title, a section
    r"|([.#@]?[\w-][^;{}()]*)\{\s*$|([A-Za-z_][\w.-]*)\s*[:=](?!=)",  # a rule of CSS, a setting
    re.IGNORECASE,
)
_SHORTENS = word_set("""
shorten shorter shrink simplify minimal minimise minimize condense prune slim split move extract rewrite
rework reimplement scratch truncate smaller deduplicate consolidate inline unused dead summarize summarise
skeleton stub stubs redo cleanup simpler simplified simplifying concise compact overhaul anew afresh rewritten
rewriting rewrites shortened repetitive
""")
_REMOVES = word_set("remove removes delete deletes discard erase without except only")
_MANY = word_set("all everything most rest other others every functions methods classes tests lines code")
_WORD = re.compile(r"\w+")
_CLOSES = ("}", ")", "]", "</", "end")
_NO_DOTS = word_set("js jsx ts tsx mjs cjs mts cts java kt kts go rs swift scala dart cs css scss less rb")
"""Kinds of file in which a line of three dots means nothing."""


def lost(path: str, before: str, lines: Sequence[str], task: str, *, may_shrink: bool) -> str | None:
    """Say what a file would lose if these lines took its place; None where that is as it may be.

    `task` is what was asked for: it may ask for less. `may_shrink`: a person has said that it may be less,
    though not that parts may be left out.
    """
    old = before.splitlines()
    if gap := next(_gaps(path, before, old, lines), None):
        return f"parts of it are left out ({gap.strip()[:80]!r})"
    said = {word.lower() for word in _WORD.findall(task)}
    if may_shrink or _SHORTENS & said or (_REMOVES & said and _MANY & said):
        return None
    had, has = _filled(old), _filled(lines)
    were = dict.fromkeys(_defined(old))
    named = said if _REMOVES & said else set[str]()
    gone = [name for name in were if name not in {*_defined(lines)} and name.lower() not in named]
    if len(were) >= _FEWEST:
        fragment = 2 * has < had and 2 * len(gone) > len(were)
    else:
        fragment = had >= _LINES and 3 * has < had
    if not fragment:
        return None
    names = ", ".join(gone[:_NAMED]) + (" and more" if len(gone) > _NAMED else "")
    lacks = f" and no {names}" if gone else ""
    return (
        f"the answer has {has:,} lines for its {had:,}{lacks}, and the rest would be lost: give all of it, or"
        " change it by SEARCH/REPLACE blocks; where less is wanted, --overwrite allows it"
    )


def _filled(lines: Sequence[str]) -> int:
    return sum(1 for line in lines if line.strip())


def _defined(lines: Sequence[str]) -> Iterator[str]:
    """Yield the names of what lines define: functions, classes, sections, settings."""
    for line in lines:
        if found := _DEFINES.match(line):
            yield next(group for group in found.groups() if group).strip()


def _gaps(path: str, before: str, old: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
    """Yield lines that stand for code which the file had."""
    known = {line.strip() for line in old}
    shorter = 10 * _filled(lines) < 9 * _filled(old)
    if shorter:
        gone = not {*_defined(old)} <= {*_defined(lines)}
        yield from (
            line
            for line, below in zip(lines, [*lines[1:], ""], strict=True)
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
    return deep and bool(code) and not code.startswith(_CLOSES)


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
