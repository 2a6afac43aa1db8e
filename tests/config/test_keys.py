"""The table of keys, the shipped file and `Settings` agree."""

from dataclasses import MISSING, Field, fields
from datetime import date

import pytest

from agentic_flow.config import Flags, explain_settings
from agentic_flow.config.keys import KEYS, Key, below
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Target
from agentic_flow.prices import price_of
from tests.config.conftest import World

SECTIONS = {field.name: field.type for field in fields(Settings)}


def _field(into: str) -> Field[object]:
    section, name, *_ = into.split(".")
    kind = SECTIONS[section]
    assert isinstance(kind, type)
    return {field.name: field for field in fields(kind)}[name]


@pytest.mark.parametrize("key", [key for key in KEYS.values() if key.into], ids=lambda key: key.path)
def test_every_key_sets_a_field_that_exists(key: Key) -> None:
    assert _field(key.into).name
    assert key.doc.endswith(".")


def test_every_field_of_the_settings_can_be_said() -> None:
    said = {".".join(key.into.split(".")[:2]) for key in KEYS.values() if key.into}
    sections = {name: kind for name, kind in SECTIONS.items() if isinstance(kind, type) and name != "places"}
    there = {
        f"{name}.{field.name}"
        for name, kind in sections.items()
        if hasattr(kind, "__dataclass_fields__")
        for field in fields(kind)
    }
    openrouter_only = {
        f"anthropic.{name}" for name in ("site_url", "app_name", "fallback_models", "preferences")
    }
    each_other_s = {"anthropic.unsaid", "openrouter.unsaid"}
    found_out = {"anthropic.key_problem", "openrouter.key_problem", "fallback.chosen"}

    assert there - openrouter_only - each_other_s - found_out == said


def test_the_shipped_file_says_what_an_empty_settings_means(world: World) -> None:
    """A field's own default is what ships, so that parts tested alone behave as the whole does."""
    settings = world.load()
    for key in KEYS.values():
        default = _field(key.into).default if key.into else MISSING
        if default not in (MISSING, "", ()) and default is not None:
            section, name, *_ = key.into.split(".")
            assert getattr(getattr(settings, section), name) == default, key.path


def test_what_ships_names_every_tier_and_a_chain_without_a_budget(world: World) -> None:
    settings = world.load()

    assert (
        set(settings.anthropic.models)
        == set(settings.openrouter.models)
        == set(below("providers.onnx.models"))
    )
    assert settings.fallback.chain == ("onnx", "openrouter", "anthropic")
    assert settings.routing.rules[-1].condition == "default"
    assert not settings.budget.enabled


def test_every_tier_that_ships_is_a_model_with_a_known_price(world: World) -> None:
    settings = world.load()
    tiers = {"anthropic": settings.anthropic.models, "openrouter": settings.openrouter.models}

    for provider, models in tiers.items():
        for model in models.values():
            assert price_of(Target(provider, model), date(2026, 11, 22)) is not None, model


def test_every_setting_is_explained_once_with_its_source(world: World) -> None:
    world.environment(OPENROUTER_API_KEY="sk-or-v1-shown-to-nobody")
    world.project_says(
        {
            "costOptimization": {"budgetLimits": {"daily": 0.5}},
            "defaults": {"outputDir": "out"},
            "providers": {"openrouter": {"preferences": {"only": ["a"], "zdr": True}}},
        }
    )

    origins = {origin.key: origin for origin in explain_settings(Flags())}

    assert set(origins) == set(KEYS) - {"$schema", "version", "routing.fallbackChain"} | {"(models folder)"}
    key = origins["providers.openrouter.apiKey"]
    assert (key.value, key.source) == ("set", "environment OPENROUTER_API_KEY")
    assert origins["providers.anthropic.apiKey"].source == "not set"
    assert origins["costOptimization.budgetLimits.daily"].value == 0.5
    assert origins["providers.openrouter.preferences"].value == {"only": ["a"], "zdr": True}
    assert origins["routing.rules"].value[-1]["condition"] == "default"  # type: ignore[index]  # rules are rows
    assert origins["defaults.outputDir"].value == str(world.project / "out")
    assert origins["fallback.chain"].value == ["onnx", "openrouter", "anthropic"]
    assert "shown-to-nobody" not in repr(origins)


def test_a_key_in_the_settings_does_not_print(world: World) -> None:
    world.environment(OPENROUTER_API_KEY="sk-or-v1-shown-to-nobody")

    settings = world.load()

    assert "shown-to-nobody" not in f"{settings!r}{settings}"
