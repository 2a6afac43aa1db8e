"""The table of settings -> `config.md` beside this file. `make docs` runs it; a test holds the page to it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from agentic_flow.config.schema import config_schema

PAGE = Path(__file__).resolve().with_name("config.md")
_HEAD = """\
<!-- Made by `make docs` from the program: change the program, not this page. -->

# Configuration

`router.config.json`, or the same as YAML. A flag wins over the environment, the environment over the
project's file, that over your own, that over what is shipped. `agentic-flow config show` says where each
value came from, `agentic-flow config check` whether a file is right, `agentic-flow config schema` prints a
JSON Schema for editors.
"""


def config_reference() -> str:
    """Return the page of every setting, by section, with what is shipped."""
    return _HEAD + "".join(_table(name, rows) for name, rows in _sections(config_schema(), ()))


def _sections(schema: Any, path: tuple[str, ...]) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    settings = [(name, row) for name, row in schema["properties"].items() if "properties" not in row]
    if settings:
        yield ".".join(path), settings
    for name, row in schema["properties"].items():
        if "properties" in row:
            yield from _sections(row, (*path, name))


def _table(section: str, rows: list[tuple[str, Any]]) -> str:
    title = f"`{section}`" if section else "The file itself"
    lines = ["", f"## {title}", "", "| key | shipped as | what it says |", "|---|---|---|"]
    lines += [f"| `{name}` | {_shipped(row)} | {_cell(row['description'])} |" for name, row in rows]
    return "\n".join(lines) + "\n"


def _shipped(row: Any) -> str:
    if "default" not in row:
        return ""
    default = row["default"]
    if isinstance(default, list) and any(isinstance(each, dict) for each in default):
        return f"{len(default)} entries"
    return f"`{_cell(json.dumps(default).strip(chr(34)))}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(config_reference(), encoding="utf-8")
