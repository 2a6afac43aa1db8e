"""The table of keys -> a JSON Schema (draft 2020-12) of `router.config.json`."""

import json
from typing import Any

from agentic_flow.config.keys import KEYS, Key
from agentic_flow.core.shipped import shipped


def config_schema() -> dict[str, object]:
    """Return the schema; its defaults are what the shipped file says."""
    tree: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "router.config.json",
        "description": "The configuration of agentic-flow.",
        **_section(),
    }
    defaults: Any = json.loads(shipped("router.config.json").read_text(encoding="utf-8"))
    for key in KEYS.values():
        *sections, name = key.path.split(".")
        below, default = tree, defaults
        for section in sections:
            below = below["properties"].setdefault(section, _section())
            default = default.get(section, {})
        below["properties"][name] = _setting(key) | ({"default": default[name]} if name in default else {})
    return tree


def _section() -> dict[str, Any]:
    return {"type": ["object", "null"], "properties": {}, "additionalProperties": False}


def _setting(key: Key) -> dict[str, object]:
    return {"description": key.doc, "anyOf": [key.kind.schema(), {"type": "null"}]}
