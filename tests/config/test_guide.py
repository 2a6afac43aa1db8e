"""Every configuration that the guide shows can be read, and means what it says."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.config import schema
from agentic_flow.core.settings import Rule
from tests.config.conftest import World

GUIDE = Path(__file__).parents[3] / "shared" / "guide"
SECTIONS = {"providers", "routing", "fallback", "optimization", "costOptimization"}

SHORT = {
    "providers": {
        "anthropic": {
            "apiKey": "${ANTHROPIC_API_KEY}",
            "models": {"fast": "claude-a", "balanced": "claude-b", "powerful": "claude-c"},
            "defaultModel": "balanced",
        },
        "openrouter": {
            "apiKey": "${OPENROUTER_API_KEY}",
            "baseURL": "https://openrouter.ai/api/v1",
            "models": {"fast": "m/a", "coding": "d/b", "balanced": "g/c", "powerful": "o/d"},
            "defaultModel": "fast",
        },
        "onnx": {"enabled": True, "modelPath": "./models/m.onnx", "executionProvider": "cpu", "threads": 4},
    },
    "routing": {"strategy": "cost-optimized", "fallbackChain": ["onnx", "openrouter", "anthropic"]},
}
LONG = {
    "providers": {"onnx": {"cache": {"enabled": True, "maxSize": "1GB"}}},
    "routing": {
        "rules": [
            {"condition": "token_count < 500", "provider": "onnx", "model": "phi-3-mini", "reason": "fast"},
            {"condition": "default", "provider": "openrouter", "model": "m/a", "reason": "balanced"},
        ]
    },
    "fallback": {"enabled": True, "chain": ["onnx", "anthropic"], "retryAttempts": 2, "backoffMs": 500},
    "optimization": {
        "onnx": {"quantization": "INT4", "memoryLimit": "8GB", "batchSize": 2},
        "caching": {"enabled": True, "strategy": "LRU", "maxEntries": 10},
    },
    "costOptimization": {
        "enabled": True,
        "maxCostPerRequest": 0.01,
        "preferredProviders": ["onnx", "openrouter"],
        "budgetLimits": {"daily": 5.00, "monthly": 100.00},
    },
}


def test_the_short_form(world: World) -> None:
    world.project_says(SHORT)
    world.environment(ANTHROPIC_API_KEY="sk-ant-1", OPENROUTER_API_KEY="sk-or-1")

    settings = world.load()

    assert settings.anthropic.models == {
        "fast": "claude-a",
        "balanced": "claude-b",
        "powerful": "claude-c",
        "coding": "claude-sonnet-5-5",
    }
    assert settings.openrouter.models == {
        "fast": "m/a",
        "balanced": "g/c",
        "powerful": "o/d",
        "coding": "d/b",
    }
    assert (settings.anthropic.default_model, settings.openrouter.default_model) == ("balanced", "fast")
    assert settings.anthropic.api_key is not None
    assert settings.anthropic.api_key.reveal() == "sk-ant-1"
    assert settings.onnx.model_path == world.project / "models" / "m.onnx"
    assert (settings.onnx.execution_provider, settings.onnx.threads) == ("cpu", 4)
    assert settings.routing.strategy == "cost-optimized"
    assert settings.fallback.chain == ("onnx", "openrouter", "anthropic")


def test_the_long_form(world: World) -> None:
    world.project_says(LONG)

    settings = world.load()

    assert (settings.onnx.cache_enabled, settings.onnx.cache_max_size) == (True, 1000**3)
    assert settings.routing.rules == (
        Rule("token_count < 500", "onnx", "phi-3-mini", "fast"),
        Rule("default", "openrouter", "m/a", "balanced"),
    )
    assert settings.fallback.enabled
    assert (settings.fallback.retry_attempts, settings.fallback.backoff_ms) == (2, 500)
    assert (settings.onnx.quantization, settings.onnx.memory_limit) == ("INT4", 8 * 1000**3)
    assert settings.onnx.batch_size == 2
    assert (settings.cache.enabled, settings.cache.strategy, settings.cache.max_entries) == (True, "LRU", 10)
    assert settings.budget.enabled
    assert settings.budget.max_cost_per_request == Decimal("0.01")
    assert settings.budget.preferred_providers == ("onnx", "openrouter")
    assert (settings.budget.daily, settings.budget.monthly) == (Decimal("5.0"), Decimal("100.0"))


def _blocks() -> list[tuple[int, str]]:
    """Return every JSON block of the guide with its line."""
    pages = sorted(GUIDE.glob("*.md"))
    if not pages:
        pytest.skip(f"the guide is not at {GUIDE}; its blocks are tested where it is")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    return [
        (text.count("\n", 0, m.start()) + 2, m[1]) for m in re.finditer(r"```json\n(.*?)```", text, re.DOTALL)
    ]


def _configurations() -> list[tuple[int, str]]:
    """Return the blocks that are configuration; the others describe a model each."""
    blocks = [(line, block) for line, block in _blocks() if SECTIONS & set(json.loads(block))]
    assert blocks, "the guide shows no configuration at all"
    return blocks


def test_every_configuration_of_the_guide_loads(world: World) -> None:
    for line, block in _configurations():
        world.write("router.config.json", block)
        said = _leaves(json.loads(block))
        origins = {path: world.source(path) for path in said}

        expected = dict.fromkeys(said, "project router.config.json")
        expected |= {path: "not set" for path in said if path.endswith("apiKey")}
        assert origins == expected, f"the block at line {line}"


def test_the_schema_takes_every_configuration_of_the_guide() -> None:
    from jsonschema import Draft202012Validator

    validator = Draft202012Validator(schema())
    for line, block in _configurations():
        assert not list(validator.iter_errors(json.loads(block))), f"the block at line {line}"


def test_what_describes_a_model_in_the_guide_is_no_configuration(world: World) -> None:
    described = [block for _, block in _blocks() if not SECTIONS & set(json.loads(block))]

    for block in described:
        world.write("router.config.json", block)
        assert "model: unknown key; did you mean 'defaults.model'?" in world.mistake()


def _leaves(tree: Any, path: str = "") -> list[str]:
    if not isinstance(tree, dict):
        return [path]
    return [leaf for name, below in tree.items() for leaf in _leaves(below, f"{path}.{name}".lstrip("."))]
