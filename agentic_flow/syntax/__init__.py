"""Written files -> what is wrong with their syntax: Python, JSON, YAML and TOML, without a command. Pure.

Where a file may be meant as it is, nothing is said: a template, Python 2, a sample of a broken file, JSON
with comments where its readers allow them.
"""

import ast
import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping

from agentic_flow.core.patterns import pattern
from agentic_flow.core.values import Check
from agentic_flow.syntax.newer import Unreadable, in_older_words

__all__ = ["check_syntax", "newer_python"]

FAILED = 1


def check_syntax(files: Mapping[str, str], task: str = "") -> Iterator[Check]:
    """Yield a failed check for each file that cannot be read for what its name says it is.

    `task` is what was asked for: it may ask for Python 2.
    """
    for path, text in files.items():
        name = path.rpartition("/")[2].lower()
        read = _READERS.get(name.rpartition(".")[2])
        if read is None or _meant(path, text, task):
            continue
        try:
            read(text, path.lower())
        except (ValueError, SyntaxError, RecursionError, MemoryError) as failure:
            if not _is_template(text, read):
                yield Check(f"syntax of {path}", FAILED, f"{path}: {_sentence(failure)}\n", 0, built_in=True)


def newer_python(files: Mapping[str, str]) -> list[str]:
    """Return the Python files that are well formed, but only for a newer Python than ours."""
    found: list[str] = []
    for path, text in files.items():
        if _READERS.get(path.rpartition(".")[2].lower()) is _python:
            try:
                _compile(text)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                found += [path] if _reads_in_older_words(text) else []
    return found


def _sentence(failure: Exception) -> str:
    match failure:
        case SyntaxError():
            line = (failure.text or "").strip()
            shown = f"\n    {line[:200]}" if line else ""
            return f"line {failure.lineno}: {failure.msg}{shown}"
        case ValueError():
            return str(failure)
        case _:
            return "it is nested too deeply to be read"


_BROKEN = pattern(r"(?:^|[/_.-])(?:invalid|broken|malformed|corrupt(?:ed)?|bad|testdata|fixtures)(?=[/_.-])")
_TWO = pattern(r"\bpython ?2(?:\.\d)?\b", re.IGNORECASE)
_MARKS = pattern(
    r"\{%|<%|\{\{-?\s*[\w.$(|][^\n{}]*\}\}|\$\{\{"  # Jinja and its kin, Helm, ERB, cookiecutter; Actions
)


def _meant(path: str, text: str, task: str) -> bool:
    if _BROKEN.search(path.lower()):
        return True
    if not path.lower().endswith((".py", ".pyw", ".pyi")):
        return False
    first = text.partition("\n")[0]
    return bool(first.startswith("#!") and _TWO.search(first)) or bool(_TWO.search(task))


def _is_template(text: str, read: Callable[[str, str], None]) -> bool:
    """Say whether a file that cannot be read is filled in by something first.

    Python has marks that look alike, in f-strings: there the file must read well once they are filled in.
    """
    if read is not _python:
        return bool(_MARKS.search(text))
    filled = re.sub(r"\{\{[^\n{}]*\}\}", "x", re.sub(r"(?<![ \t])[ \t]*\{%(?:(?!\{%)[^\n])*?%\}", "", text))
    try:
        _python(filled, "")
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False
    return filled != text


def _python(text: str, _path: str) -> None:
    try:
        _compile(text)
    except SyntaxError:
        if not _reads_in_older_words(text):
            raise


def _compile(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "invalid escape sequence" is no error
        compile(text.removeprefix("\ufeff"), "<file>", "exec", dont_inherit=True)


def _reads_in_older_words(text: str) -> bool:
    """Say whether only what a newer Python brought is in the way of reading a file."""
    try:
        older = in_older_words(text.removeprefix("\ufeff").replace("\r\n", "\n"))
        _compile(older.source)
        for said in older.inside:
            _require_expression(said)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False
    return True


def _require_expression(said: str) -> None:
    """Raise `SyntaxError` or `Unreadable` for what is no expression, by itself or in older words."""
    try:
        read = ast.parse(f"(\n{said}\n)", mode="eval").body
    except SyntaxError:
        older = in_older_words(said)
        read = ast.parse(f"(\n{older.source}\n)", mode="eval").body
        for inner in older.inside:
            _require_expression(inner)
    if isinstance(read, ast.Tuple) and not read.elts and "(" not in said:
        raise Unreadable("a field of an f-string is empty")


def _json(text: str, path: str) -> None:
    if _allows_comments(path):
        text = _without_comments(text)
    json.loads(text.removeprefix("\ufeff"))


_COMMENTED = pattern(
    r"(?:^|/)(?:[tj]sconfig[^/]*|\.eslintrc|\.?devcontainer|\.swcrc|\.babelrc|api-extractor|tslint|deno"
    r"|turbo|biome|rush|settings|launch|tasks|extensions|keybindings|coffeelint|\.?jshintrc|typedoc)\.json$"
    r"|\.jsonc$|(?:^|/)\.vscode/"
)


def _allows_comments(path: str) -> bool:
    return bool(_COMMENTED.search(path))


_STRING_OR_COMMENT = pattern(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
_STRING_OR_LAST_COMMA = pattern(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')


def _without_comments(text: str) -> str:
    """Return JSON as its strictest readers want it: no comments, no comma after the last item."""
    bare = _STRING_OR_COMMENT.sub(lambda found: found[1] or " ", text)
    return _STRING_OR_LAST_COMMA.sub(lambda found: found[1] or "", bare)


_DEEPEST = 500
"""Levels that a file is read to. Readers look at all of them for each further one, and a model that loops
writes thousands."""
_DEEP_KEY = pattern(rf"""(?<![\w"'-])[\w"'-]++(?:[ \t]*+\.[ \t]*+[\w"'-]++){{{_DEEPEST}}}""")


def _yaml(text: str, _path: str) -> None:
    import yaml

    try:
        # Events only: no tag is looked up, so those of CloudFormation or Home Assistant are as good as any.
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise RecursionError
    except yaml.YAMLError as failure:
        mark = getattr(failure, "problem_mark", None)
        place = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{place}{getattr(failure, 'problem', None) or failure}") from failure


def _toml(text: str, _path: str) -> None:
    import tomllib

    if _DEEP_KEY.search(text):
        raise RecursionError
    tomllib.loads(text.replace("\r\n", "\n"))


_READERS: Mapping[str, Callable[[str, str], None]] = {
    **dict.fromkeys(("py", "pyw", "pyi"), _python),
    **dict.fromkeys(("json", "jsonc", "webmanifest", "geojson", "ipynb"), _json),
    **dict.fromkeys(("yaml", "yml"), _yaml),
    "toml": _toml,
}
