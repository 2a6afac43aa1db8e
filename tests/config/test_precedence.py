"""Flag > environment > .env > project > user > shipped."""

import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tests.config.conftest import World

AGENT = "defaults.agent"


def _agent(name: str) -> dict[str, object]:
    return {"defaults": {"agent": name}}


SOURCES: list[tuple[str, Callable[[World], None]]] = [
    ("user router.config.json", lambda world: world.user_says(_agent("a"))),
    ("project router.config.json", lambda world: world.project_says(_agent("b"))),
    (".env", lambda world: world.write(".env", "AGENTIC_FLOW_AGENT=c\n").touch()),
    ("environment AGENTIC_FLOW_AGENT", lambda world: world.environment(AGENTIC_FLOW_AGENT="d")),
]


@pytest.mark.parametrize("strongest", range(len(SOURCES)))
def test_a_stronger_source_wins_over_all_weaker_ones(world: World, strongest: int) -> None:
    for _, say in SOURCES[: strongest + 1]:
        say(world)

    assert world.load().defaults.agent == "abcd"[strongest]
    assert world.source(AGENT) == SOURCES[strongest][0]


def test_a_flag_wins_over_everything(world: World) -> None:
    for _, say in SOURCES:
        say(world)

    flags = {"settings": {AGENT: "e"}}
    assert world.load(**flags).defaults.agent == "e"
    assert world.source(AGENT, **flags) == "flag"


def test_what_ships_holds_where_nobody_says_anything(world: World) -> None:
    settings = world.load()

    assert settings.defaults.agent == "coder"
    assert settings.anthropic.base_url == "https://api.anthropic.com"
    assert settings.anthropic.models["powerful"] == "claude-opus-5-5"
    assert settings.onnx.default_model == "default"
    assert settings.warnings == ()
    assert world.source(AGENT) == "shipped"


def test_objects_merge_and_lists_replace(world: World) -> None:
    world.user_says(
        {
            "providers": {"openrouter": {"models": {"fast": "user/fast", "coding": "user/coding"}}},
            "fallback": {"chain": ["onnx", "anthropic"], "backoffMs": 5},
        }
    )
    world.project_says(
        {
            "providers": {"openrouter": {"models": {"fast": "project/fast"}}},
            "fallback": {"chain": ["openrouter"]},
        }
    )

    settings = world.load()

    assert settings.openrouter.models["fast"] == "project/fast"
    assert settings.openrouter.models["coding"] == "user/coding"
    assert settings.openrouter.models["powerful"] == "openai/gpt-6.1-sol"
    assert settings.fallback.chain == ("openrouter",)
    assert settings.fallback.backoff_ms == 5


def test_null_takes_back_what_a_weaker_source_says(world: World) -> None:
    world.user_says(
        {"defaults": {"agent": "tester", "model": "onnx/phi-4"}, "fallback": {"retryAttempts": 9}}
    )
    world.project_says({"defaults": {"agent": None, "model": None}, "fallback": None})

    settings = world.load()

    assert settings.defaults.agent == "coder"
    assert settings.defaults.model is None
    assert settings.fallback.retry_attempts == 9


def test_the_short_and_the_long_name_are_one_setting(world: World) -> None:
    world.user_says({"fallback": {"chain": ["anthropic"]}})
    world.project_says({"routing": {"fallbackChain": ["onnx", "openrouter"]}})

    assert world.load().fallback.chain == ("onnx", "openrouter")
    assert world.source("routing.fallbackChain") == "project router.config.json"


def test_one_file_may_not_say_one_setting_in_two_ways(world: World) -> None:
    world.project_says({"routing": {"fallbackChain": ["onnx"]}, "fallback": {"chain": ["anthropic"]}})

    assert "fallback.chain: says otherwise than routing.fallbackChain" in world.mistake()


def test_one_file_may_say_one_setting_twice_alike(world: World) -> None:
    world.project_says({"routing": {"fallbackChain": ["onnx"]}, "fallback": {"chain": ["onnx"]}})

    assert world.load().fallback.chain == ("onnx",)


# Which file is the project's, and which are not looked at.


def test_the_nearest_folder_up_to_the_root_counts(world: World) -> None:
    world.project_says(_agent("root"))
    deep = world.project / "src" / "deep"
    deep.mkdir(parents=True)
    world.monkeypatch.chdir(deep)
    assert world.load().defaults.agent == "root"

    world.write("src/router.config.json", json.dumps(_agent("src")))
    settings = world.load()
    assert settings.defaults.agent == "src"
    assert settings.places.project == world.project / "src"


def test_nothing_above_the_root_is_read(world: World) -> None:
    (world.home / "router.config.json").write_text(json.dumps(_agent("above")), encoding="utf-8")
    (world.home / ".env").write_text("AGENTIC_FLOW_AGENT=above\n", encoding="utf-8")

    assert world.load().defaults.agent == "coder"


def test_without_git_only_the_working_folder_is_read(world: World) -> None:
    (world.project / ".git").rmdir()
    world.project_says(_agent("here"))
    below = world.project / "below"
    below.mkdir()
    assert world.load().defaults.agent == "here"

    world.monkeypatch.chdir(below)
    settings = world.load()
    assert settings.defaults.agent == "coder"
    assert settings.places.project == below


def test_a_worktree_s_git_file_marks_a_root_too(world: World) -> None:
    (world.project / ".git").rmdir()
    world.write(".git", "gitdir: elsewhere\n")
    (world.home / "router.config.json").write_text("not read", encoding="utf-8")

    assert world.load().defaults.agent == "coder"


@pytest.mark.parametrize("name", ["router.config.yaml", "router.config.yml"])
def test_yaml_is_read(world: World, name: str) -> None:
    world.write(name, "defaults:\n  agent: tester\n  timeout: 2m\n")

    settings = world.load()

    assert settings.defaults.agent == "tester"
    assert settings.defaults.timeout == 120.0
    assert world.source(AGENT) == f"project {name}"


def test_a_second_file_in_one_folder_is_named_and_not_read(world: World) -> None:
    world.project_says(_agent("json"))
    world.write("router.config.yaml", "defaults: {agent: yaml}\n")

    settings = world.load()

    assert settings.defaults.agent == "json"
    assert settings.warnings == ("router.config.yaml is not read, because router.config.json lies beside it",)


def test_a_named_file_stands_in_for_the_project_s(world: World) -> None:
    world.user_says({"defaults": {"agent": "user", "maxTokens": 7}})
    world.project_says({"defaults": {"agent": "project", "temperature": 1}})
    named = world.write("other/mine.json", json.dumps(_agent("named")))

    settings = world.load(config=named)

    assert (settings.defaults.agent, settings.defaults.max_tokens) == ("named", 7)
    assert settings.defaults.temperature is None
    assert world.source(AGENT, config=Path("other/mine.json")) == "--config other/mine.json"


def test_the_environment_names_a_file_and_the_flag_another(world: World) -> None:
    one = world.write("one.yaml", "defaults: {agent: one}")
    two = world.write("two.json", json.dumps(_agent("two")))
    world.environment(AGENTIC_FLOW_CONFIG=str(one))

    assert world.load().defaults.agent == "one"
    assert world.load(config=two).defaults.agent == "two"


def test_what_has_the_name_and_is_no_file_is_not_passed_over(world: World) -> None:
    """A folder, a link to nowhere, and a pipe, which would be waited on for ever."""
    place = world.project / "router.config.json"
    place.mkdir()
    assert f"{place}: is no regular file" in world.mistake()
    place.rmdir()
    place.symlink_to("nowhere")
    assert f"{place}: is no regular file" in world.mistake()
    place.unlink()
    os.mkfifo(place)
    assert f"{place}: is no regular file" in world.mistake()


def test_a_named_file_has_to_be_there(world: World) -> None:
    assert world.mistake(config=Path("gone.json")) == "gone.json: there is no such file"
    assert "cannot be read" in world.mistake(config=world.home)


def test_a_checkout_of_this_program_does_not_take_its_shipped_file_for_a_project_s(world: World) -> None:
    root = Path(__file__).parents[2]
    world.monkeypatch.chdir(root)

    assert world.load().warnings == ()
    assert world.source(AGENT) == "shipped"


# Where a run may find and keep things.


def test_the_user_s_folders_follow_xdg(world: World) -> None:
    world.environment(XDG_CACHE_HOME=str(world.home / "c"), XDG_DATA_HOME=str(world.home / "d"))

    places = world.load().places

    assert places.user_config == world.user_folder
    assert places.user_cache == world.home / "c" / "agentic-flow"
    assert places.user_data == world.home / "d" / "agentic-flow"
    assert places.models == world.home / "c" / "agentic-flow" / "models"
    assert world.source("(models folder)") == "the user's cache folder"


def test_models_lie_where_the_environment_and_then_the_flag_says(world: World) -> None:
    world.environment(AGENTIC_FLOW_MODELS_DIR="~/weights")
    assert world.load().places.models == world.home / "weights"
    assert world.source("(models folder)") == "environment AGENTIC_FLOW_MODELS_DIR"

    assert world.load(models_dir=Path("here")).places.models == world.project / "here"
    assert world.source("(models folder)", models_dir=Path("here")) == "flag"


def test_paths_begin_at_the_file_that_says_them(world: World) -> None:
    world.user_says({"defaults": {"outputDir": "out"}})
    world.write("router.config.json", json.dumps({"providers": {"onnx": {"modelPath": "./models/a.onnx"}}}))
    below = world.project / "below"
    below.mkdir()
    world.monkeypatch.chdir(below)

    settings = world.load()

    assert settings.onnx.model_path == world.project / "models" / "a.onnx"
    assert settings.defaults.output_dir == below / "out"


def test_a_project_s_output_folder_begins_at_the_project(world: World) -> None:
    world.project_says({"defaults": {"outputDir": "out"}})
    below = world.project / "below"
    below.mkdir()
    world.monkeypatch.chdir(below)

    assert world.load().defaults.output_dir == world.project / "out"


def test_a_home_that_is_nobody_s_is_a_mistake(world: World) -> None:
    world.project_says({"providers": {"onnx": {"modelPath": "~nobody-of-that-name/model"}}})

    assert "providers.onnx.modelPath" in world.mistake()
    assert "expected a path whose ~ is an existing user's home folder" in world.mistake()
    world.environment(AGENTIC_FLOW_MODELS_DIR="~nobody-of-that-name/models")
    assert world.mistake().startswith("~nobody-of-that-name/models: expected a path whose ~ is")


def test_a_working_folder_that_is_gone_is_a_mistake(world: World) -> None:
    gone = world.home / "gone"
    gone.mkdir()
    world.monkeypatch.chdir(gone)
    gone.rmdir()

    assert "the working folder is gone" in world.mistake()


def test_money_keeps_its_digits(world: World) -> None:
    world.write(
        "router.config.json",
        '{"costOptimization": {"maxCostPerRequest": 0.10, "budgetLimits": {"daily": 5}}}',
    )

    budget = world.load().budget

    assert budget.max_cost_per_request == Decimal("0.10")
    assert budget.daily == Decimal(5)
