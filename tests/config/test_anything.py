"""Whatever the sources hold, the answer is settings or a mistake in words, and no key is in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_flow.config import Flags, explain_settings, load_settings, scrubbed
from agentic_flow.config.environment import environment
from agentic_flow.config.keys import KEYS
from agentic_flow.config.scrubbing import without_own
from agentic_flow.core.errors import ConfigMistake
from tests.config.conftest import ONE_WORLD, World

PRIVATE = "sk-ant-0123456789-of-the-person"
PIECES = st.sampled_from(
    [
        "${ANTHROPIC_API_KEY}",
        "${OPENROUTER_API_KEY}",
        "${",
        "}",
        "$${",
        "https://",
        "onnx",
        "/",
        "..",
        "~",
        "\x1b",
        "8GB",
    ]
)
TEXTS = st.text(max_size=6) | st.lists(PIECES, max_size=4).map("".join)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(TEXTS, below, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(sorted({part for path in KEYS for part in path.split(".")})) | TEXTS
TREES = st.recursive(
    st.dictionaries(NAMES, VALUES, max_size=4),
    lambda below: st.dictionaries(NAMES, below | VALUES, max_size=4),
)
KNOWN = st.dictionaries(st.sampled_from(sorted(KEYS)), VALUES, max_size=4)


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, value in flat.items():
        below = tree
        *sections, name = path.split(".")
        for section in sections:
            below = below.setdefault(section, {})
        below[name] = value
    return tree


def _answer(flags: Flags) -> tuple[str, str]:
    """Return all that the program says: of settings, or of mistakes."""
    try:
        return f"{load_settings(flags)!r}{explain_settings(flags)!r}", ""
    except ConfigMistake as mistake:
        return "", str(mistake)


@given(
    tree=TREES | KNOWN.map(_nested),
    name=st.sampled_from(["router.config.json", "router.config.yaml", "mine.json"]),
)
@settings(ONE_WORLD, max_examples=150)
def test_any_tree_is_settings_or_a_mistake(world: World, tree: dict[str, object], name: str) -> None:
    world.environment(ANTHROPIC_API_KEY=PRIVATE)
    file = world.project / name
    file.write_text(json.dumps(tree), encoding="utf-8")

    values, mistakes = _answer(Flags(config=Path(name) if name == "mine.json" else None))
    file.unlink()

    assert PRIVATE not in mistakes
    # A person's own file may put a key where it likes, and then it stands there; a project's may not.
    if name != "mine.json":
        assert PRIVATE not in values


@given(
    data=st.binary(max_size=200) | st.text(max_size=200).map(str.encode),
    name=st.sampled_from(["json", "yaml"]),
)
@settings(ONE_WORLD, max_examples=100)
def test_any_bytes_are_settings_or_a_mistake(world: World, data: bytes, name: str) -> None:
    file = world.project / f"router.config.{name}"
    file.write_bytes(data)
    (world.project / ".env").write_bytes(data)

    values, mistakes = _answer(Flags())

    assert values or mistakes
    file.unlink()


# What a report of a failure holds of the keys: their names.


def test_keys_of_every_source_are_replaced(world: World) -> None:
    world.environment(ANTHROPIC_API_KEY=PRIVATE)
    world.write(".env", "ANTHROPIC_API_KEY=sk-ant-shadowed-1\n")
    world.user_says({"providers": {"openrouter": {"apiKey": "sk-or-literal-1"}}})

    text = scrubbed(f"a {PRIVATE} b sk-or-literal-1 c sk-ant-shadowed-1 d")

    assert (
        text == "a [providers.anthropic.apiKey] b [providers.openrouter.apiKey] c [.env ANTHROPIC_API_KEY] d"
    )


def test_a_configuration_with_mistakes_does_not_stop_it(world: World) -> None:
    world.environment(ANTHROPIC_API_KEY=PRIVATE)
    world.write("router.config.json", "{")

    assert scrubbed(f"a {PRIVATE}") == "a [ANTHROPIC_API_KEY]"


def test_what_is_too_short_for_a_key_stays(world: World) -> None:
    world.environment(ANTHROPIC_API_KEY="none")

    assert scrubbed("nonetheless") == "nonetheless"


def test_no_key_is_inherited_under_a_name_of_its_own(world: World) -> None:
    world.user_says({"providers": {"openrouter": {"apiKey": "${MY_GATEWAY}"}}})
    world.environment(MY_GATEWAY="gateway-of-mine-4711", BESIDE="x gateway-of-mine-4711", OTHER="stays")

    left = without_own(environment())

    assert {"MY_GATEWAY", "BESIDE"}.isdisjoint(left)
    assert left["OTHER"] == "stays"


def test_of_two_keys_that_begin_alike_nothing_is_left(world: World) -> None:
    world.environment(OPENROUTER_API_KEY="sk-alike-0001", ANTHROPIC_API_KEY="sk-alike-0001-and-more")
    text = scrubbed("a sk-alike-0001-and-more b sk-alike-0001 c")
    assert text == "a [providers.anthropic.apiKey] b [providers.openrouter.apiKey] c"
