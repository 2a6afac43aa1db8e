"""A model that says the same over and over is stopped; a file that only repeats itself for a while is not."""

from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.events import Finished
from agentic_flow.core.values import Message, Prompt, Role, Sampling, StopReason
from agentic_flow.providers.circling import asserts_again, circling
from tests.providers.conftest import OpenToy


@given(st.lists(st.integers(0, 9), min_size=1, max_size=100), st.lists(st.integers(), max_size=50))
def test_a_circle_is_seen_whatever_came_before(circle: list[int], before: list[int]) -> None:
    assert circling([*before, *circle * (700 // len(circle) + 1)])


@given(st.lists(st.integers(0, 9), max_size=599))
def test_what_is_short_is_no_circle(tokens: list[int]) -> None:
    assert not circling(tokens)


def test_rows_that_differ_are_no_circle() -> None:
    assert not circling([token for row in range(200) for token in (1, 2, 3, row, 4)])


def test_a_model_in_a_circle_is_stopped_long_before_the_limit(toy: OpenToy) -> None:
    prompt = Prompt("toy", (Message(Role.USER, "A"),), Sampling(max_tokens=3000))
    events = list(toy([b"same"] * 3000, window=4000).stream(prompt))

    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.stop_reason is StopReason.CIRCLING
    assert not finished.stop_reason.complete
    assert finished.usage.output_tokens < 700


def test_assertions_go_round_when_each_of_the_last_stood_there_before() -> None:
    some = [f"    assert f({n})" for n in range(6)]
    lines = ["def test_f():", *some, *some, *some[:1]]
    assert not asserts_again("\n".join(["def test_f():", *some, *some]))
    assert asserts_again("\n".join([*lines, *some[1:2]]))
    assert not asserts_again("\n".join([*lines, "    f.next()", *some[1:2]]))


@given(st.lists(st.integers(0, 3).map(lambda n: f"assert f({n})") | st.just("x = 1"), max_size=30))
def test_what_says_anything_new_is_no_round(lines: list[str]) -> None:
    assert not asserts_again("\n".join([*lines, "assert new(1)"]))
    assert not asserts_again("\n".join([*lines, "y = 2"]))
