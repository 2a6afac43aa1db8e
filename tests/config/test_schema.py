"""The schema says what the program does: each takes and refuses the same files."""

import copy
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from agentic_flow.config import schema
from agentic_flow.config.keys import KEYS
from agentic_flow.core.errors import ConfigMistake
from agentic_flow.core.shipped import shipped
from tests.config.conftest import ONE_WORLD, World
from tests.config.test_guide import LONG, SHORT

VALIDATOR = Draft202012Validator(schema())
SHIPPED: dict[str, Any] = json.loads(shipped("router.config.json").read_text(encoding="utf-8"))
LEAVES = sorted(path for path in KEYS if not path.endswith("URL"))
"""Whether a URL is good is more than a pattern can say."""

WORDS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2000, blacklist_categories=["Cc"]), max_size=8
)
NUMBERS = st.integers(-10, 10**16) | st.floats(-5, 5, allow_nan=False).map(lambda number: round(number, 2))
LIKELY = st.sampled_from(
    ["cpu", "onnx", "LRU", "INT4", "balanced", "privacy", "8GB", "2m", "1 KiB", "deny", "price"]
)
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS | LIKELY
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(WORDS, SCALARS, max_size=2)


def _with(path: str, value: object) -> dict[str, Any]:
    tree = copy.deepcopy(SHIPPED)
    *sections, name = path.split(".")
    below = tree
    for section in sections:
        below = below.setdefault(section, {})
    below[name] = value
    return tree


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())  # raises where it is none
    assert schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def test_it_takes_what_ships_and_the_forms_of_the_guide() -> None:
    for tree in (SHIPPED, SHORT, LONG, {}, {"$schema": "x", "version": 1}):
        assert list(VALIDATOR.iter_errors(tree)) == []


def test_it_describes_every_key_and_repeats_what_ships() -> None:
    whole: Any = schema()
    for key in KEYS.values():
        node, default = whole, SHIPPED
        for name in key.path.split("."):
            node = node["properties"][name]
            default = default.get(name, {}) if isinstance(default, dict) else {}
        assert node["description"] == key.doc
        assert node.get("default", {}) == default


@given(path=st.sampled_from(LEAVES), value=VALUES)
@settings(ONE_WORLD, max_examples=200)
def test_the_program_and_the_schema_take_the_same_values(world: World, path: str, value: object) -> None:
    tree = _with(path, value)
    file = world.project / "mine.json"
    file.write_text(json.dumps(tree), encoding="utf-8")
    try:
        world.load(config=file)
    except ConfigMistake:
        taken = False
    else:
        taken = True

    # `fallback.chain` ships, and the short form beside it is a contradiction that no schema can see.
    if path != "routing.fallbackChain":
        assert VALIDATOR.is_valid(tree) == taken


@given(name=WORDS, section=st.sampled_from(["", "providers", "providers.onnx", "routing", "defaults"]))
@settings(ONE_WORLD, max_examples=40)
def test_neither_takes_an_unknown_key(world: World, name: str, section: str) -> None:
    path = f"{section}.{name}".lstrip(".")
    if path in KEYS or any(known.startswith(f"{path}.") for known in KEYS) or not name or "." in name:
        return
    tree = _with(path, 1)
    world.project_says(tree)

    assert not VALIDATOR.is_valid(tree)
    assert "unknown key" in world.mistake()
