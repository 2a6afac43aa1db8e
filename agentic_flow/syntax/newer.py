"""Python that ours cannot read -> the same in words that it can, and the expressions of its f-strings. Pure.

Python 3.12 has `type X = int`, `def f[T](x)` and any expression in an f-string, 3.14 `except A, B:` and
t-strings. What stands in their place says less; all that is said in it is kept and read for itself.
"""

import re
from dataclasses import dataclass, field

from agentic_flow.core.patterns import pattern

_STRING = pattern(r"([A-Za-z]{0,2})(\"\"\"|'''|\"|')")
_WORD = pattern(r"\w+")
_PREFIXES = frozenset(("", "r", "b", "u", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"))
_ALIAS = pattern(r"(?m)^([ \t]*)type[ \t]+(?=[^\W\d]\w*[ \t]*(?:\[|=(?!=)))")
_OWNER = pattern(r"(?m)^[ \t]*(?:(?:(?:async[ \t]+)?def|class)[ \t]+|\ue000)[^\W\d]\w*[ \t]*(?=\[)")
_PARAMETER = pattern(r"\s*(?:\*{1,2}\s*[^\W\d]\w*\s*|[^\W\d]\w*\s*(?::(?P<bound>.*))?)", re.DOTALL)
_DEFAULT = pattern(r"(?<![=!<>:])=(?!=)")
# Not `except ValueError, e:`, which is Python 2 and means something else: classes have a capital or a dot.
_CLASS = r"(?:\w+(?:\.\w+)+|_*[A-Z]\w*)"
_EXCEPTIONS = pattern(rf"(?m)^([ \t]*except\*?[ \t]+)([\w.]+(?:[ \t]*,[ \t]*{_CLASS})+)(?=[ \t]*:)")
_ALIASED = "\ue000"
"""Stands for `type` while what it heads is read: by itself it means nothing."""
_CONVERSION = pattern(r"![rsa]\s*(?=[:}])")
_PAIRS = {"(": ")", "[": "]", "{": "}"}


class Unreadable(ValueError):
    """It is not well formed in any Python."""


@dataclass(slots=True)
class Older:
    """Python in older words."""

    source: str
    """Line by line as it was, its strings empty."""
    inside: list[str] = field(default_factory=list[str])
    """The expressions of f-strings, as they were written."""


def in_older_words(source: str) -> Older:
    """Put Python into words that older ones can read. Raises `Unreadable`."""
    inside: list[str] = []
    at, code = 0, list[str]()
    while at < len(source):
        if source[at] == "#":
            at = _end_of_line(source, at)
        elif (string := _STRING.match(source, at)) and string[1].lower() in _PREFIXES:
            end = _end_of_string(source, string, inside)
            sign = '"""' + "\n" * source.count("\n", at, end) + '"""'
            code.append(("b" if "b" in string[1].lower() else "") + sign)
            at = end
        elif word := _WORD.match(source, at):
            code.append(word[0])
            at = word.end()
        else:
            code.append(source[at])
            at += 1
    said = _EXCEPTIONS.sub(r"\1(\2)", _ALIAS.sub(rf"\1{_ALIASED}", "".join(code)))
    return Older(_without_parameters(said, inside).replace(_ALIASED, ""), inside)


def _end_of_line(source: str, at: int) -> int:
    end = source.find("\n", at)
    return len(source) if end < 0 else end


def _end_of_string(source: str, string: re.Match[str], inside: list[str]) -> int:
    """Return where a string ends, and note what is said in it."""
    prefix, quote = string[1].lower(), string[2]
    fields = "f" in prefix or "t" in prefix
    at = string.end()
    while not source.startswith(quote, at):
        sign = source[at : at + 1]
        if not sign or (sign == "\n" and len(quote) == 1):
            raise Unreadable("a string has no end")
        if sign == "\\":
            named = fields and "r" not in prefix and source.startswith("N{", at + 1)
            at = source.find("}", at) + 1 if named else at + (1 if fields and source[at + 1] in "{}" else 2)
            if not at:
                raise Unreadable("a character's name has no end")
        elif fields and source[at : at + 2] in ("{{", "}}"):
            at += 2
        elif fields and sign == "{":
            at = _end_of_field(source, at + 1, quote, inside)
        elif fields and sign == "}":
            raise Unreadable("a bracket of an f-string is not opened")
        else:
            at += 1
    return at + len(quote)


def _end_of_field(source: str, at: int, quote: str, inside: list[str]) -> int:
    """Return where a field of an f-string ends, behind its bracket."""
    end = _end_of_expression(source, at)
    said = source[at:end].rstrip()
    if said.endswith("=") and not said.endswith(("==", "!=", "<=", ">=")):
        said = said[:-1]
    inside.append(said)
    if source[end] == "!":
        conversion = _CONVERSION.match(source, end)
        if conversion is None:
            raise Unreadable("a conversion of an f-string is none")
        end = conversion.end()
    if source[end] == ":":
        end += 1
        while source[end : end + 1] != "}":
            if end >= len(source) or source.startswith(quote, end):
                raise Unreadable("a field of an f-string has no end")
            end = _end_of_field(source, end + 1, quote, inside) if source[end] == "{" else end + 1
    return end + 1


def _end_of_expression(source: str, at: int) -> int:
    """Return where an expression in an f-string ends: at `}`, `:` or a conversion."""
    closing: list[str] = []
    while at < len(source):
        sign = source[at]
        if not closing and (sign in "}:" or (sign == "!" and source[at + 1 : at + 2] != "=")):
            return at
        if sign == "#":
            at = _end_of_line(source, at)
        elif (string := _STRING.match(source, at)) and string[1].lower() in _PREFIXES:
            at = _end_of_string(source, string, [])  # it is read with the expression
        elif word := _WORD.match(source, at):
            at = word.end()
        else:
            if sign in _PAIRS:
                closing.append(_PAIRS[sign])
            elif sign in _PAIRS.values() and (not closing or closing.pop() != sign):
                break
            at += 1
    raise Unreadable("a field of an f-string has no end")


def _without_parameters(code: str, inside: list[str]) -> str:
    """Take away what stands in brackets behind the names of functions, classes and types."""
    kept, at = list[str](), 0
    for owner in _OWNER.finditer(code):
        end = _end_of_brackets(code, owner.end())
        if _ALIASED in owner[0] and not _DEFAULT.match(code[end:].lstrip(" \t")):
            raise Unreadable("a type has no value")
        for part in _parts(code[owner.end() + 1 : end - 1], ","):
            _read_parameter(part, inside)
        kept += [code[at : owner.end()], " ", "\\\n" * code.count("\n", owner.end(), end)]
        at = end
    return "".join([*kept, code[at:]])


def _read_parameter(said: str, inside: list[str]) -> None:
    """Note the bound and the default of a type parameter."""
    before, *defaults = _parts(said, "=")
    parameter = _PARAMETER.fullmatch(before)
    if parameter is None or len(defaults) > 1:
        raise Unreadable("a type parameter is none")
    inside += [each for each in (parameter["bound"], *defaults) if each is not None]


def _end_of_brackets(code: str, at: int) -> int:
    closing: list[str] = []
    for place in range(at, len(code)):
        sign = code[place]
        if sign in _PAIRS:
            closing.append(_PAIRS[sign])
        elif sign in _PAIRS.values() and closing.pop() != sign:
            break
        if not closing:
            return place + 1
    raise Unreadable("a bracket has no end")


def _parts(said: str, at: str) -> list[str]:
    """Part what stands in brackets at a sign that is in no further ones; the last comma may part nothing."""
    depth, parts = 0, [""]
    for sign in said:
        depth += (sign in _PAIRS) - (sign in _PAIRS.values())
        if sign == at and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return parts[:-1] if at == "," and len(parts) > 1 and not parts[-1].strip() else parts
