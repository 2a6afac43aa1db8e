"""The rules of a configuration are judged when it loads: each condition, and all of them together."""

import pytest

from tests.config.conftest import World


def rules(*conditions: str, model: str | None = None) -> dict[str, object]:
    named = {} if model is None else {"model": model}
    rows = [
        {"condition": text, "provider": "onnx", "reason": str(place), **named}
        for place, text in enumerate(conditions)
    ]
    return {"routing": {"rules": rows}}


@pytest.mark.parametrize(
    ("conditions", "says"),
    [
        (["tokencount < 5", "default"], "did you mean 'token_count'"),
        (["complexity == 'hihg'", "default"], "did you mean 'high'"),
        (["token_count < 0", "default"], "expected a condition that some task can meet"),
        (["__import__('os')", "default"], "only comparisons"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_a_mistake_with_its_place(
    world: World, conditions: list[str], says: str
) -> None:
    world.project_says(rules(*conditions))

    mistake = world.mistake()
    assert mistake.startswith("router.config.json:1:")
    assert "routing.rules[0].condition: found " in mistake
    assert says in mistake


def test_a_rule_said_twice_can_never_be_reached(world: World) -> None:
    world.project_says(rules("has_code", "has_code", "default", model="phi-4"))
    assert "routing.rules[1]: found what routing.rules[0] says, expected a rule that can" in world.mistake()


def test_a_repository_cannot_keep_a_run_busy_with_its_rules(world: World) -> None:
    world.project_says(rules(*(f"token_count > {number}" for number in range(501))))
    assert "routing.rules: found a list, expected at most 500 rules" in world.mistake()


def test_a_rule_in_the_shadow_of_others_is_named(world: World) -> None:
    world.project_says(rules("token_count < 500", "token_count < 300", "default"))
    (warning,) = world.load().warnings
    assert "routing.rules[1]: 'token_count < 300' is reached only where the models of the rules" in warning


def test_a_missing_default_is_named(world: World) -> None:
    world.project_says(rules("has_code"))
    (warning,) = world.load().warnings
    assert warning.endswith(
        "routing.rules: no rule is for 'default'; where none matches, the strategy decides"
    )


def test_what_ships_is_not_remarked_on(world: World) -> None:
    assert world.load().warnings == ()


@pytest.mark.parametrize("said", [{"routing": {"strategy": "speed"}}, {"defaults": {"priority": "speed"}}])
def test_a_strategy_puts_weaker_rules_aside_and_its_own_not(world: World, said: dict[str, object]) -> None:
    world.user_says(rules("default"))
    world.project_says(said)
    assert world.load().routing.rules == ()

    world.project_says({**said, "routing": {**rules("default")["routing"], "strategy": "speed"}})  # type: ignore[dict-item]  # a tree
    assert len(world.load().routing.rules) == 1
