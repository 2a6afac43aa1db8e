"""The bytes of a model's `genai_config.json` -> its tables, or why no model may ask for that. Pure.

The runtime reads the same file itself, and does as it says: it loads native code, writes a profile, and hands
what it does not know to the library below it, which writes files for some of that. Of a key that is said
twice it takes both, and Python the last. A model folder is a stranger's, and a project may point at one.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from agentic_flow.core.patterns import pattern

_OPTIONS = ("session_options", "run_options")
"""What is handed to the runtime, wherever it stands: a model may be made of several."""
_DEVICES = "provider_options"
_NATIVE = "custom_ops_library"
_LOADS_CODE = f"asks to load native code ({_NATIVE}), which is refused"
_SWITCH = pattern(r"-?\d{1,18}(?:\.\d{1,9})?|true|false|ORT_[A-Z_]{1,40}|(?:[cg]pu:\d{1,3};?){1,8}")
"""What an option is set to. Neither a file nor a folder is called so."""
_WORD = pattern(r"(?!.*\.(?i:so|dll|dylib|json|onnx|bin)\b)[\w:;,.-]{0,200}", re.ASCII)
"""What a device may be told beside, as the shapes of its inputs: no library and no other file."""
_PLACE = pattern(r"profiling|debug|(?<!pro)file|path|librar|folder|dir(?:ectory)?$|config$")
"""The name of an option that names a place."""
_OF_QUALCOMM = pattern(r"(?:lib)?Qnn(?:Htp|Cpu|Gpu|Ir)\.(?:so|dll)")
"""Its own libraries, which its runtime looks for beside itself."""


class Demanding(ValueError):
    """A config that asks for what no model may have. Its words say what: `asks to load native code`."""


def read_genai(data: bytes) -> Mapping[str, object]:
    """Return what a model's config says.

    Raises `Demanding`, and `ValueError` or `TypeError` for what is no config.
    """
    found: object = json.loads(data.decode(), object_pairs_hook=_table)
    if not isinstance(found, dict):
        raise TypeError("it holds no table")
    table = cast("dict[str, object]", found)
    for demand in _demands(table):
        raise Demanding(demand)
    return table


def _table(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        twice = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
        raise Demanding(f"says {twice[:80]!r} twice in one table, of which two readers read two things")
    return table


def _demands(node: object) -> Iterator[str]:
    """Yield what a config asks for that no model may have."""
    if isinstance(node, list):
        for each in cast("list[object]", node):
            yield from _demands(each)
    if isinstance(node, dict):
        for name, value in cast("dict[str, object]", node).items():
            if name == _NATIVE:
                yield _LOADS_CODE
            elif name in _OPTIONS and isinstance(value, dict):
                yield from _of_runtime(cast("dict[str, object]", value))
            else:
                yield from _demands(value)


def _of_runtime(options: Mapping[str, object]) -> Iterator[str]:
    for name, value in options.items():
        if name == _NATIVE:
            yield _LOADS_CODE
        elif name == _DEVICES:
            yield from _of_device(value)
        elif name != "log_id" and not (_is_plain(value, _SWITCH) and not _PLACE.search(name.lower())):
            yield _may_not(name, value)


def _of_device(node: object) -> Iterator[str]:
    if isinstance(node, list):
        for each in cast("list[object]", node):
            yield from _of_device(each)
    elif isinstance(node, dict):
        for name, value in cast("dict[str, object]", node).items():
            if isinstance(value, dict | list):
                yield from _of_device(cast("object", value))
            elif _PLACE.search(name.lower()):
                if not _is_plain(value, _OF_QUALCOMM):
                    yield _may_not(name, value)
            elif not _is_plain(value, _WORD):
                yield _may_not(name, value)
    elif node is not None:
        yield _may_not(_DEVICES, node)


def _is_plain(value: object, form: re.Pattern[str]) -> bool:
    if isinstance(value, str):
        return form.fullmatch(value) is not None
    return value is None or isinstance(value, bool | int | float)


def _may_not(name: str, value: object) -> str:
    return f"sets {name[:80]!r} to {str(value)[:80]!r}, which no model may tell the runtime"
