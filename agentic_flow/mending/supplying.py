"""A name that nothing binds -> the one import that binds it, where only one can. Pure.

Other files of the same work come first, then the standard library; of other packages only pytest, and the
names of Flask where a file imports from it already.
"""

import ast
import importlib
import importlib.util
import keyword
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import ModuleType

from agentic_flow.core.frozen import frozen
from agentic_flow.core.words import word_set
from agentic_flow.mending.unbound import Use

# Modules whose import does nothing, so that they can be asked what they hold.
_LIBRARY = word_set("""
abc argparse array ast asyncio base64 bisect calendar cmath collections colorsys
configparser contextlib copy csv ctypes dataclasses datetime decimal difflib enum fnmatch fractions functools
getpass glob gzip hashlib heapq hmac html http inspect io ipaddress itertools json logging math mimetypes
operator os pathlib pickle platform pprint queue random re sched secrets select shlex shutil signal socket
sqlite3 stat statistics string struct subprocess sys tarfile tempfile textwrap threading time timeit traceback
types typing unicodedata unittest uuid warnings weakref
zipfile zlib zoneinfo
""")
_KNOWN = {
    name: module
    for module, names in {
        "abc": "ABC abstractmethod",
        "collections": "Counter OrderedDict defaultdict deque namedtuple",
        "contextlib": "contextmanager",
        "dataclasses": "dataclass",
        "datetime": "timedelta",
        "decimal": "Decimal",
        "enum": "Enum IntEnum StrEnum",
        "fractions": "Fraction",
        "functools": "cached_property lru_cache",
        "io": "BytesIO StringIO",
        "pathlib": "Path",
        "typing": "Any Callable Dict Iterable Iterator List Optional Sequence Set Tuple Union",
    }.items()
    for name in names.split()
}
"""Names that mean one thing wherever they stand alone."""
_OUTSIDE = {
    "flask": word_set("""
        Blueprint Flask Response abort jsonify make_response redirect render_template request send_file
        session url_for
    """)
}
"""Names of packages that a file itself imports already."""


@frozen
class Import:
    """One name from a module, or the module itself."""

    module: str
    name: str = ""


@frozen
class Module:
    """A Python file as others see it."""

    path: PurePosixPath
    names: frozenset[str]
    """What its top level binds itself; imports do not count."""
    imports: frozenset[str]
    """The last part of every module that it imports."""


@frozen
class Tree:
    """The Python files of one work, those of which the text cannot be read left out."""

    modules: Mapping[str, Module]
    """By path."""

    def supply(self, path: str, name: str, use: Use) -> Import | None:
        """Return the import that gives the file at `path` the name; None where it is not plain which."""
        here = self.modules[path]
        around = [each for each in self.modules.values() if each is not here and _within_reach(here, each)]
        held = [each for each in around if name in each.names]
        meant = [] if use.bare else [each for each in around if _is_called(each, name, use)]
        match [*held, *meant]:
            case [module] if held:
                return Import(self._reached(here, module), name)
            case [_]:
                return Import(name)
            case []:
                return _from_library(name, use, here)
            case _:
                return None

    def _reached(self, here: Module, module: Module) -> str:
        parts = _parts(module.path)
        if here.path.parent != module.path.parent:
            return ".".join(parts)
        in_package = str(here.path.parent / "__init__.py") in self.modules
        return f".{parts[-1]}" if in_package else parts[-1]


def _within_reach(here: Module, module: Module) -> bool:
    """Say whether importing the one from the other can work: no odd names, no circle."""
    parts = _parts(module.path)
    plain = all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)
    return bool(parts) and plain and here.path.stem not in module.imports


def _is_called(module: Module, name: str, use: Use) -> bool:
    """Say whether `name` stands for a whole module at the root, and all that is taken of it is there."""
    return _parts(module.path) == (name,) and use.attributes <= module.names


def read_tree(texts: Mapping[str, str]) -> Tree:
    """Read what the Python files of one work hold."""
    modules = dict[str, Module]()
    for path, text in texts.items():
        if not path.endswith(".py"):
            continue
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        modules[path] = Module(
            PurePosixPath(path), frozenset(_bound_at_top(tree)), frozenset(_imported_by(tree))
        )
    return Tree(modules)


def _parts(path: PurePosixPath) -> tuple[str, ...]:
    """Return the parts of a module's dotted name, seen from the root; empty for a path outside of it."""
    if path.is_absolute() or ".." in path.parts:
        return ()
    return path.parent.parts if path.stem == "__init__" else (*path.parent.parts, path.stem)


def _bound_at_top(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Assign(targets=targets):
                yield from (target.id for target in targets if isinstance(target, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield name
            case _:
                pass


def _imported_by(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (each.name.rpartition(".")[2] for each in names)
            case ast.ImportFrom(module=module, names=names):
                yield from ((module or "").rpartition(".")[2], *(each.name for each in names))
            case _:
                pass


def _from_library(name: str, use: Use, here: Module) -> Import | None:
    if not use.bare:
        if name == "pytest" or _has(name, use.attributes):
            return Import(name)
        if _has(f"{name}.{name}", use.attributes):
            return Import(name, name)  # datetime.now()
    module = _held_by_one(name, use, here.imports) or _KNOWN.get(name)
    return Import(module, name) if module and (use.bare or _fits(module, name, use)) else None


def _held_by_one(name: str, use: Use, imported: Iterable[str]) -> str | None:
    """Return the module that a file imports from already and that holds `name`, too; None if not just one."""
    holders = [module for module in imported if _fits(module, name, use)]
    return holders[0] if len(holders) == 1 else None


def _fits(module: str, name: str, use: Use) -> bool:
    return name in _OUTSIDE.get(module, ()) or _has(f"{module}.{name}", use.attributes)


def _has(holder: str, attributes: Iterable[str]) -> bool:
    """Say whether `module` or `module.name` of the standard library has all of these attributes."""
    module, _, name = holder.partition(".")
    held: object = _library_module(module)
    if held is not None and name:
        held = getattr(held, name, None)
    return held is not None and all(hasattr(held, attribute) for attribute in attributes)


def _library_module(name: str) -> ModuleType | None:
    """Return a module of the standard library; never a file of that name that comes before it on the path.

    Such a file may be what a model wrote a moment ago, and to import it would be to run it.
    """
    found = importlib.util.find_spec(name) if name in _LIBRARY else None
    if found is None or found.origin is None:
        return None
    inside = Path(found.origin).is_relative_to(sysconfig.get_path("stdlib"))
    added_later = not {"site-packages", "dist-packages"}.isdisjoint(Path(found.origin).parts)
    is_library = found.origin in {"built-in", "frozen"} or (inside and not added_later)
    return importlib.import_module(name) if is_library else None
