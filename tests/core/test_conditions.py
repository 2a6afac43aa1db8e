"""A rule's condition is checked when the config loads, and can do nothing but compare."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.conditions import BadCondition, Kind, Value, read_condition, unreachable

KINDS: dict[str, Kind] = {
    "token_count": float,
    "task_type": ("coding", "math", "writing"),
    "complexity": ("low", "medium", "high"),
    "has_code": bool,
}
PROFILE: dict[str, Value] = {"token_count": 400, "task_type": "coding", "complexity": "low", "has_code": True}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("token_count < 500", True),
        ("500 > token_count", True),
        ("token_count >= 400.5", False),
        ("100 <= token_count < 400", False),
        ("task_type == 'coding'", True),
        ("task_type != 'coding'", False),
        ("task_type in ('math', 'writing')", False),
        ("task_type not in ['math']", True),
        ("has_code", True),
        ("not has_code or complexity == 'low' and token_count < 500", True),
        ("not (has_code and token_count < 500)", False),
        ("has_code == False", False),
        ("token_count > -1", True),
        ("default", True),
    ],
)
def test_a_condition_says_what_it_looks_like(condition: str, holds: bool) -> None:  # noqa: FBT001
    assert read_condition(condition, KINDS).holds(PROFILE) is holds


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("tokencount < 5", "did you mean 'token_count'"),
        ("task_type == 'codng'", "did you mean 'coding'"),
        ("task_type < 'coding'", "task_type == 'coding'"),
        ("token_count == 'many'", "token_count < 500"),
        ("token_count", "no truth value"),
        ("token_count < 500 && has_code", "write 'and'"),
        ("token_count is 500", "write =="),
        ("token_count < complexity", "one field and one constant"),
        ("task_type in 'coding'", "'in' takes"),
        ("1 < 2", "one field and one constant"),
        ("True", "only comparisons"),
        ("__import__('os').system('true')", "only comparisons"),
        ("(lambda: 1)() == token_count", "only constants"),
        ("token_count < 9**9**9", "only constants"),
        ("token_count <", "is not a condition"),
        ("", "is not a condition"),
        ("(" * 400 + "has_code" + ")" * 400, "longer than"),
    ],
)
def test_what_is_not_in_the_language_is_refused_by_name(condition: str, says: str) -> None:
    with pytest.raises(BadCondition, match=".*".join(says.split("*")).replace("(", r"\(")):
        read_condition(condition, KINDS)


@given(st.text(max_size=80))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    with suppress(BadCondition):
        assert read_condition(text, KINDS).holds(PROFILE) in (True, False)


@pytest.mark.parametrize(
    ("conditions", "never"),
    [
        (["token_count < 500", "token_count < 300", "default"], [1]),
        (["default", "has_code"], [1]),
        (["has_code", "not has_code", "default"], [2]),
        (["token_count < 500", "token_count < 800", "default"], []),
        (["complexity == 'high'", "task_type == 'math'", "complexity in ('low', 'medium')", "default"], [3]),
        (["token_count < 500 and has_code", "token_count < 500", "has_code", "default"], []),
        (["token_count < 0", "default"], [0]),
    ],
)
def test_a_rule_that_no_task_can_reach_is_found(conditions: list[str], never: list[int]) -> None:
    assert unreachable([read_condition(text, KINDS) for text in conditions], KINDS) == never
