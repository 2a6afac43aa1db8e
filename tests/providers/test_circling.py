"""A model that says the same over and over is stopped; a file that only repeats itself for a while is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.events import Finished, TextDelta
from agentic_flow.core.values import Message, Output, Prompt, Role, Sampling, StopReason
from agentic_flow.providers.circling import asserts_again, circling, gives_again
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


def file(path: str, text: str) -> str:
    return f"{path}\n```python\n{text}\n```\n\n"


FILE = st.builds(file, st.sampled_from(["a.py", "b.py"]), st.sampled_from(["x = 1", "x = 2", "x\n\ny"]))


@given(st.lists(FILE, min_size=1, max_size=4))
def test_files_that_are_given_once_more_and_corrected_are_no_circle(said: list[str]) -> None:
    once = list(dict.fromkeys(said))

    assert not gives_again("".join([*once, file("a.py", "x = 3")]))
    assert not gives_again("".join([*once, once[0]])), "one may be given twice, before others"
    assert not gives_again("".join([*once, once[0], file("a.py", "x = 3"), once[-1]]))
    assert gives_again("".join([*once, once[0], once[-1]]))


@pytest.mark.parametrize("last", ["a.py\n```python\nx = 1\n", "b.py\n```python\n"])
def test_what_has_not_ended_is_not_given_again(last: str) -> None:
    one = file("a.py", "x = 1")
    assert not gives_again(2 * one + last)


def test_a_model_that_gives_the_same_files_again_is_stopped(toy: OpenToy) -> None:
    one, two = (f"{name}.py\n```\n{name} = 1\n```\n\n" for name in "ab")
    prompt = Prompt("toy", (Message(Role.USER, "A"),), Sampling(max_tokens=3000), output=Output.FILES)
    said = [sign.encode() for sign in (one + two) * 40]

    events = list(toy(said, window=4000).stream(prompt))

    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.stop_reason is StopReason.CIRCLING
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text.strip() == (one + two + one + two).strip()
