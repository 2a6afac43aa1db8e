"""What `config check` is told: the sources that are fine, or the mistakes of one file."""

import pytest

from agentic_flow.config import Flags, check_settings
from agentic_flow.core.errors import ConfigMistake
from tests.config.conftest import World


def test_every_source_in_use_is_named_with_how_much_it_says(world: World) -> None:
    world.user_says({"optimization": {"onnx": {"batchSize": 5}}})
    world.project_says({})
    world.environment(ANTHROPIC_API_KEY="sk-ant-1")

    fine, warnings = check_settings(Flags())

    assert fine[1:] == [
        "user router.config.json: 1 setting",
        "project router.config.json: 0 settings",
        "environment ANTHROPIC_API_KEY: 1 setting",
    ]
    assert warnings == ()


def test_a_file_is_judged_as_a_project_s_and_stands_in_for_it(world: World) -> None:
    world.write("router.config.json", "not read")
    file = world.write("ci/other.json", '{"defaults": {"outputDir": "../.."}}')

    with pytest.raises(ConfigMistake, match=r"ci/other\.json:1:15: defaults\.outputDir: found '\.\./\.\.'"):
        check_settings(Flags(), file)


def test_the_person_s_own_file_stays_the_person_s(world: World) -> None:
    world.user_says({"providers": {"anthropic": {"baseURL": "https://mine.example"}}})

    fine, _ = check_settings(Flags(), world.user_folder / "router.config.json")

    assert fine[1:] == ["user router.config.json: 1 setting"]
