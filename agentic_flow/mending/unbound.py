"""Python source -> the names it uses and nothing in it binds. Pure.

In doubt a name counts as bound: where code can bind names that its text does not show, nothing is reported.
"""

import ast
import builtins
import symtable
from collections.abc import Iterator

from agentic_flow.core.frozen import frozen

_GIVEN = frozenset(dir(builtins)) | {"__file__", "__path__", "__annotations__", "WindowsError"}
_BIND_UNSEEN = frozenset({"exec", "eval", "globals", "locals", "vars", "__builtins__"})


@frozen
class Use:
    """How a name is used."""

    attributes: frozenset[str]
    """What is taken of it: `a` and `b` for `name.a`, `name.b()`."""
    bare: bool
    """Whether it also stands alone, as in `name(1)`."""


def unbound_names(text: str) -> dict[str, Use]:
    """Return the global names that are read in a file and bound nowhere in it, in their order of appearance.

    Raises `SyntaxError` and `ValueError` where the text is no Python.
    """
    tree = ast.parse(text)
    if any(map(_binds_unseen, ast.walk(tree))):
        return {}
    read, bound = set[str](), set[str]()
    for symbol, at_top in _symbols(symtable.symtable(text, "<file>", "exec"), at_top=True):
        name = symbol.get_name()
        binds = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
        if binds and (at_top or symbol.is_declared_global()):
            bound.add(name)
        if symbol.is_referenced() and (at_top or symbol.is_global()):
            read.add(name)
    unbound = read - bound - _GIVEN
    return _uses(tree, unbound) if unbound else {}


def _symbols(table: symtable.SymbolTable, *, at_top: bool) -> Iterator[tuple[symtable.Symbol, bool]]:
    yield from ((symbol, at_top) for symbol in table.get_symbols())
    for inner in table.get_children():
        yield from _symbols(inner, at_top=False)


def _binds_unseen(node: ast.AST) -> bool:
    """Say whether a piece of code may bind names out of sight, or lives with a name that is not there."""
    match node:
        case ast.ImportFrom(names=[ast.alias(name="*")]) | ast.FunctionDef(name="__getattr__"):
            return True
        case ast.Name(id=name):
            return name in _BIND_UNSEEN or name == "NameError"
        case _:
            return False


def _uses(tree: ast.AST, names: set[str]) -> dict[str, Use]:
    attributes, all_of = dict[str, set[str]](), dict[str, int]()
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) if name in names:
                all_of[name] = all_of.get(name, 0) + 1
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in names:
                attributes.setdefault(name, set()).add(attribute)
                all_of[name] = all_of.get(name, 0) - 1
            case _:
                pass
    # Every attribute access holds a name of its own, so what is left over stands alone.
    return {
        name: Use(frozenset(attributes.get(name, ())), bare=all_of.get(name, 0) > 0) for name in sorted(names)
    }
