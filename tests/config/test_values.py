"""What each setting takes, and what is said when it does not fit."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from agentic_flow.core.settings import Rule
from agentic_flow.core.values import Priority
from tests.config.conftest import World


def _tree(path: str, value: object) -> dict[str, Any]:
    tree: Any = value
    for name in reversed(path.split(".")):
        tree = {name: tree}
    return dict(tree)


@pytest.mark.parametrize(
    ("path", "said", "field", "means"),
    [
        ("optimization.onnx.memoryLimit", "8GB", "onnx.memory_limit", 8 * 1000**3),
        ("optimization.onnx.memoryLimit", "512MB", "onnx.memory_limit", 512 * 1000**2),
        ("optimization.onnx.memoryLimit", "1.5 GiB", "onnx.memory_limit", 3 * 1024**3 // 2),
        ("optimization.onnx.memoryLimit", "100 kB", "onnx.memory_limit", 100_000),
        ("optimization.onnx.memoryLimit", 4096, "onnx.memory_limit", 4096),
        ("providers.onnx.cache.maxSize", "1GB", "onnx.cache_max_size", 1000**3),
        ("defaults.timeout", "30s", "defaults.timeout", 30.0),
        ("defaults.timeout", "2m", "defaults.timeout", 120.0),
        ("defaults.timeout", "1h", "defaults.timeout", 3600.0),
        ("defaults.timeout", "500ms", "defaults.timeout", 0.5),
        ("defaults.timeout", 1.5, "defaults.timeout", 1.5),
        ("defaults.temperature", 0, "defaults.temperature", 0.0),
        ("defaults.maxTokens", 4.0, "defaults.max_tokens", 4),
        ("defaults.priority", "privacy", "defaults.priority", Priority.PRIVACY),
        ("defaults.agent", "tester", "defaults.agent", "tester"),
        ("providers.onnx.grammar", False, "onnx.grammar", False),
        ("providers.onnx.models.fast", "phi-3-mini", "onnx.models", {"fast": "phi-3-mini"}),
        ("providers.onnx.executionProvider", "cuda", "onnx.execution_provider", "cuda"),
        ("providers.anthropic.enabled", False, "anthropic.enabled", False),
        (
            "providers.openrouter.siteURL",
            "https://example.org/x?y",
            "openrouter.site_url",
            "https://example.org/x?y",
        ),
        ("providers.openrouter.fallbackModels", ["a/b", "c/d"], "openrouter.fallback_models", ("a/b", "c/d")),
        (
            "providers.openrouter.preferences",
            {"order": ["x"], "zdr": True, "sort": "price", "max_price": {"prompt": 1}},
            "openrouter.preferences",
            {"order": ("x",), "zdr": True, "sort": "price", "max_price": {"prompt": 1.0}},
        ),
        ("costOptimization.maxCostPerRequest", 0, "budget.max_cost_per_request", Decimal(0)),
        (
            "routing.rules",
            [{"condition": "default", "provider": "onnx"}],
            "routing.rules",
            (Rule("default", "onnx", None, ""),),
        ),
    ],
)
def test_a_value_means_what_it_says(world: World, path: str, said: object, field: str, means: object) -> None:
    world.project_says(_tree(path, said))

    section, name = field.split(".")
    assert getattr(getattr(world.load(), section), name) == means


@pytest.mark.parametrize(
    ("path", "said", "says"),
    [
        ("providers.onnx.threads", True, "found true, expected a whole number from 1 to 1024"),
        ("providers.onnx.threads", 0, "found 0, expected a whole number from 1 to 1024"),
        ("optimization.onnx.memoryLimit", 10**16, "found 10000000000000000, expected a size"),
        ("providers.onnx.threads", 1.5, "found 1.5, expected a whole number from 1 to 1024"),
        ("providers.onnx.threads", "4", "found '4', expected a whole number from 1 to 1024"),
        ("providers.onnx.enabled", "yes", "found 'yes', expected true | false"),
        ("providers.onnx.enabled", 1, "found 1, expected true | false"),
        (
            "costOptimization.maxCostPerRequest",
            -0.01,
            "found -0.01, expected US dollars as a number, 0 or more",
        ),
        ("costOptimization.budgetLimits.daily", "5", "found '5', expected US dollars as a number, 0 or more"),
        ("prices", [], "found a list, expected an object"),
        (
            "costOptimization.budgetLimits.daily",
            False,
            "found false, expected US dollars as a number, 0 or more",
        ),
        ("defaults.temperature", 2.1, "found 2.1, expected a number from 0 to 2"),
        ("defaults.timeout", 0, "found 0, expected a time such as '30s', '2m', '1h' or '500ms', or seconds"),
        ("defaults.timeout", "2 days", "found '2 days', expected a time such as '30s'"),
        ("defaults.agent", "", "found an empty text, expected a text"),
        ("defaults.agent", "a\nb", "found 'a\\nb', expected a text without control characters"),
        ("defaults.agent", "a\n", "found 'a\\n', expected a text without control characters"),
        ("defaults.agent", "\ud800", "found '\\ud800', expected a text without control characters"),
        ("defaults.agent", ["coder"], "found a list, expected a text"),
        ("defaults", "coder", "found 'coder', expected an object with agent, model, priority"),
        ("defaults", [], "found a list, expected an object with agent"),
        ("optimization.onnx.memoryLimit", "8 gigs", "found '8 gigs', expected a size such as '8GB'"),
        ("optimization.onnx.memoryLimit", 0.5, "found 0.5, expected a size such as '8GB'"),
        ("optimization.onnx.memoryLimit", "0B", "found '0B', expected a size such as '8GB'"),
        ("optimization.onnx.quantization", "int4", "expected INT4 | INT8 | FP16; did you mean 'INT4'?"),
        ("routing.strategy", "cost-optimised", "did you mean 'cost-optimized'?"),
        ("providers.onnx.executionProvider", "cudaa", "did you mean 'cuda'?"),
        ("fallback.chain", "onnx", "found 'onnx', expected a list"),
        ("fallback.retryAttempts", 21, "found 21, expected a whole number from 0 to 20"),
        ("providers.openrouter.appName", "Übung", "found 'Übung', expected a text in ASCII characters"),
        ("providers.openrouter.siteURL", "example.org", "expected a URL such as https://host/path"),
        ("version", True, "found true, expected a text or a number"),
        ("providers.anthropic.apiKey", 5, "found something else than text, expected a key"),
        ("providers.anthropic.apiKey", " ", "found an empty text, expected a key"),
    ],
)
def test_a_value_that_does_not_fit_is_said_with_what_would(
    world: World, path: str, said: object, says: str
) -> None:
    world.project_says(_tree(path, said))

    mistake = world.mistake()

    assert re.match(rf"router\.config\.json:1:\d+: {re.escape(path)}: found ", mistake)
    assert says in mistake


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ({"fallbak": {}}, "fallbak: unknown key; did you mean 'fallback'?"),
        ({"providers": {"opnrouter": {}}}, "providers.opnrouter: unknown key; did you mean 'openrouter'?"),
        (
            {"providers": {"onnx": {"Threads": 1}}},
            "providers.onnx.Threads: unknown key; did you mean 'threads'?",
        ),
        ({"providers": {"openrouter": {"apikey": "sk-or-v1-secret"}}}, "did you mean 'apiKey'?"),
        ({"retryAttempts": 3}, "retryAttempts: unknown key; did you mean 'fallback.retryAttempts'?"),
        ({"defaults": {"memoryLimit": 3}}, "did you mean 'optimization.onnx.memoryLimit'?"),
        (
            {"zzz": 1},
            "zzz: unknown key, expected $schema, version, providers, optimization, routing, fallback",
        ),
        ({"routing.strategy": "speed"}, "'routing.strategy': unknown key"),
        ({"a\x1b[31m": 1}, "'a\\x1b[31m': unknown key"),
        ({"": 1}, "'': unknown key"),
        ({"sk-or-v1-0123456789abcdef": 1}, "***: unknown key"),
        ({"providers": {"anthropic": {"models": {"fats": "x"}}}}, "did you mean 'fast'?"),
        (
            {"routing": {"rules": [{"condition": "x", "provider": "onnx", "modle": "y"}]}},
            (
                "routing.rules[0].modle: found an unknown key, expected condition, provider, model, reason; "
                "did you mean 'model'?"
            ),
        ),
        (
            {"routing": {"rules": [{}, {}, {"condition": "default", "provider": "opnrouter"}]}},
            (
                "routing.rules[2].provider: found 'opnrouter', expected anthropic | onnx | openrouter; "
                "did you mean 'openrouter'?"
            ),
        ),
        (
            {"prices": {"openrouter/a/b": {"input": 1, "outptu": 2}}},
            "expected input, output, cacheRead, cacheWrite; did you mean 'output'?",
        ),
        (
            {"prices": {"openruter/a/b": {"input": 1, "output": 2}}},
            (
                "found this name, expected PROVIDER/MODEL, where PROVIDER is anthropic or openrouter; "
                "did you mean 'openrouter'?"
            ),
        ),
        ({"prices": {"openrouter/a/b": {"input": -1, "output": 2}}}, "expected US dollars as a number"),
        ({"prices": {"openrouter/a/b": {"input": 1}}}, "expected a 'output' in it"),
        (
            {"routing": {"rules": [{"provider": "onnx"}]}},
            "routing.rules[0]: found an object, expected a 'condition' in it",
        ),
        ({"routing": {"rules": [{"condition": None, "provider": "onnx"}]}}, "found null, expected a text"),
        ({"routing": {"rules": ["x"]}}, "routing.rules[0]: found 'x', expected an object with condition"),
        (
            {"fallback": {"chain": ["onnx", "onnx"]}},
            "fallback.chain[1]: found 'onnx', expected each value once",
        ),
        (
            {"fallback": {"chain": ["onnx", 5]}},
            "fallback.chain[1]: found 5, expected anthropic | onnx | openrouter",
        ),
        (
            {"providers": {"openrouter": {"preferences": {"max_price": {"promt": 1}}}}},
            "providers.openrouter.preferences.max_price.promt: found an unknown key",
        ),
    ],
)
def test_an_unknown_name_is_a_spelling_mistake(world: World, tree: dict[str, object], says: str) -> None:
    world.project_says(tree)

    mistake = world.mistake()

    assert says in mistake
    assert "secret" not in mistake


def test_all_mistakes_of_all_files_are_named_at_once(world: World) -> None:
    world.user_says({"defaults": {"maxTokens": -1}})
    world.write(
        "router.config.json", '{\n  "fallbak": {},\n  "defaults": {"agent": 1,\n    "timeout": "x"}\n}'
    )
    world.environment(ANTHROPIC_BASE_URL="http://example.org")

    lines = world.mistake(settings={"defaults.temperature": 9}).splitlines()

    user_file = world.user_folder / "router.config.json"
    assert lines[0].startswith(f"{user_file}:1:15: defaults.maxTokens: ")
    assert lines[1].startswith("router.config.json:2:3: fallbak: ")
    assert lines[2].startswith("router.config.json:3:16: defaults.agent: ")
    assert lines[3].startswith("router.config.json:4:5: defaults.timeout: ")
    assert lines[4].startswith("environment ANTHROPIC_BASE_URL: providers.anthropic.baseURL: ")
    assert lines[5].startswith("command line: defaults.temperature: ")
    assert lines[6] == "6 mistakes in the configuration"


def test_a_flood_of_mistakes_is_cut_short(world: World) -> None:
    world.project_says({f"unknown-{number}": 1 for number in range(50)})

    lines = world.mistake().splitlines()

    assert len(lines) == 21
    assert lines[-1] == "50 mistakes in the configuration, 30 of them not shown"


@pytest.mark.parametrize("depth", [300, 900, 100_000])
@pytest.mark.parametrize("name", ["router.config.json", "router.config.yaml"])
def test_what_is_nested_too_deeply_is_a_mistake(world: World, depth: int, name: str) -> None:
    world.write(name, '{"fallback": {"chain": ' + "[" * depth + "]" * depth + "}}")

    mistake = world.mistake()

    assert (
        mistake == f"{name}: nested too deeply to be a configuration" or "found a list, expected" in mistake
    )


def test_a_file_that_cannot_be_read_does_not_hide_the_mistakes_of_another(world: World) -> None:
    world.user_says({"zzz": 1})
    world.write("router.config.json", "{")

    mistake = world.mistake()

    assert "zzz" in mistake
    assert "router.config.json:1:2: not JSON" in mistake


def test_a_flag_s_number_has_to_be_finite(world: World) -> None:
    assert world.load(settings={"defaults.temperature": 0.5}).defaults.temperature == 0.5
    assert "found inf, expected a number from 0 to 2" in world.mistake(
        settings={"defaults.temperature": float("inf")}
    )


def test_schema_and_version_are_tolerated(world: World) -> None:
    world.project_says({"$schema": "./schema.json", "version": 1})
    assert world.load().warnings == ()

    world.project_says({"version": "1.0.0"})
    assert world.load().warnings == ()


def test_a_yaml_mistake_has_its_line_and_column(world: World) -> None:
    world.write("router.config.yaml", "routing:\n  rules:\n    - condition: default\n      provider: onxx\n")

    assert world.mistake().startswith(
        "router.config.yaml:4:7: routing.rules[0].provider: found 'onxx', "
        "expected anthropic | onnx | openrouter; did you mean 'onnx'?"
    )


@pytest.mark.parametrize("key", ["sk-ant-näh", "sk ant", "sk-\x1b"])
def test_a_wrong_key_is_never_shown(world: World, key: str) -> None:
    world.project_says({"providers": {"anthropic": {"apiKey": key}}})
    in_file = world.mistake()
    world.write("router.config.json", "{}")
    world.environment(ANTHROPIC_API_KEY=key)
    in_environment = str(world.load().anthropic.key_problem)

    for mistake in (in_file, in_environment):
        assert "providers.anthropic.apiKey: found a text with other characters (not shown)" in mistake
        assert key not in mistake
        assert json.dumps(key) not in mistake


def test_a_literal_part_of_a_key_is_not_shown_either(world: World) -> None:
    world.project_says({"providers": {"openrouter": {"apiKey": "${ANTHROPIC_API_KEY}-my-own-part"}}})

    mistake = world.mistake()

    assert "providers.openrouter.apiKey: found a key (not shown), expected a name that begins with" in mistake
    assert "my-own-part" not in mistake


def test_white_space_around_a_key_is_no_part_of_it(world: World) -> None:
    world.environment(ANTHROPIC_API_KEY=" sk-ant-1 \n")

    key = world.load().anthropic.api_key

    assert key is not None
    assert key.reveal() == "sk-ant-1"


def test_a_price_is_exact_and_cached_tokens_cost_what_others_do_unless_said(world: World) -> None:
    world.user_says(
        {
            "prices": {
                "openrouter/some/model": {
                    "input": 0.1,
                    "output": 0.4,
                    "cacheRead": 0.01,
                    "cacheWrite": 0.125,
                },
                "anthropic/claude-x": {"input": 3, "output": 15},
            }
        }
    )
    prices = world.load().prices.own
    first, second = prices["openrouter/some/model"], prices["anthropic/claude-x"]

    assert first.input.base == Decimal("0.1")
    assert (first.cache_read.base, first.cache_write.base) == (Decimal("0.01"), Decimal("0.125"))
    assert second.cache_read == second.cache_write == second.input
    assert world.source("prices") == "user router.config.json"


def test_a_limit_that_nobody_switched_on_is_named(world: World) -> None:
    world.user_says({"costOptimization": {"budgetLimits": {"daily": 5, "monthly": 100}}})
    (warning,) = world.load().warnings
    assert "costOptimization.budgetLimits.daily does not hold" in warning
    world.user_says({"costOptimization": {"enabled": True, "budgetLimits": {"daily": 5}}})
    assert world.load().warnings == ()
