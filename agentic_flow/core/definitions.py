"""What a task says of a Python file -> the functions that it must define, as the lines they begin with. Pure.

Small models write the first function that a task names and forget the second.
"""

import builtins
import keyword
import re
from collections.abc import Iterator
from symtable import symtable

from agentic_flow.core.patterns import pattern
from agentic_flow.core.words import word_set

_CALL = pattern(r"(?<![\w.`'\"])`?([A-Za-z_]\w*)\(([^()\n]*)\)")
_PARAMETER = pattern(r"\*{0,2}[A-Za-z_]\w*(?:\s*:\s*[\w.]+)?(?:\s*=\s*[\w.'\"-]+)?")
_INTRODUCES = word_set("""
with function functions has have having holds contains containing provides defines define defining offers
exports write create implement add make named called
""")
_SKIPPED = word_set("a an the two three four python async plain pure simple")
_JOINS = word_set("and or plus ,")
_WORDS = pattern(r"[A-Za-z]+|,")
_LONGEST = 200


def wanted_functions(said: str) -> tuple[str, ...]:
    """Return the first lines of the functions that a file is to define; none where it is to hold a class."""
    if re.search(r"\b(class|classes|method|methods|dataclass|route|routes)\b", said, re.IGNORECASE):
        return ()
    return tuple(dict.fromkeys(_introduced(said)))


def _introduced(said: str) -> Iterator[str]:
    last, goes_on = 0, False
    for call in _CALL.finditer(said):
        before = [word for word in _WORDS.findall(said[last : call.start()].lower()) if word not in _SKIPPED]
        introduced = bool(before) and before[-1] in _INTRODUCES
        goes_on = introduced or (goes_on and _JOINS.issuperset(before))
        last = call.end()
        name, parameters = call[1], call[2].strip()
        known = name in dir(builtins) or keyword.iskeyword(name)
        if goes_on and not known and len(parameters) < _LONGEST and _are_parameters(parameters):
            yield f"def {name}({parameters}):"


def _are_parameters(text: str) -> bool:
    """Say whether what stands in brackets names parameters, and is not a value as in `area(3)`."""
    if text and not all(_PARAMETER.fullmatch(each.strip()) for each in text.split(",")):
        return False
    try:
        symtable(f"def f({text}): pass", "<task>", "exec")  # runs nothing
    except (SyntaxError, ValueError):
        return False
    return True


def defines(text: str, line: str) -> bool:
    """Say whether the text of a file has a function that begins like `line`, or its name from elsewhere."""
    name = re.escape(line.removeprefix("def ").partition("(")[0])
    found = rf"\b(def|class)\s+{name}\b|^\s*{name}\b[^\n=(]*=|^\s*(from|import)\b[^\n]*\b{name}\b"
    return re.search(found, text, re.MULTILINE) is not None
