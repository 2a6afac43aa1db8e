"""What was learned from outcomes: what ships, what it says, and that it is learned again from the same."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.analysis import analyse
from agentic_flow.analysis.learned import KINDS, TABLE, learn, score
from agentic_flow.analysis.wording import added, choices, counted, parted, pieces, wording
from agentic_flow.core.profiles import Complexity, TaskProfile
from agentic_flow.core.values import AgentTemplate, Output, Task

CODER = AgentTemplate("coder", "Writes working code.", "You write code.", Path("c"), "", output=Output.FILES)


def profile(words: str) -> TaskProfile:
    return analyse(Task(words, "coder"), CODER)


def test_the_weights_are_small_and_say_where_they_come_from() -> None:
    assert TABLE.stat().st_size <= 300_000
    sources = " ".join(json.loads(TABLE.read_text(encoding="utf-8"))["sources"])
    for name in ("RouteLLM, Apache-2.0", "LLMRouter, MIT", "MMLU-Pro", "ToRA, MIT", "grade-school-math, MIT"):
        assert name in sources


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("knowledge", "Which of these is a noble gas?\nA. Oxygen\nB. Neon\nC. Iron\nD. Lead\nAnswer:"),
        ("problem", "Tom has 3 apples and buys 5 more. How many apples does he have?"),
        ("formula", "Find $x$ such that $x^2-5x+6=0$."),
        (
            "code",
            "def reverse(text: str) -> str:\n    '''Return the text from its end.\n    >>> reverse(1)'''\n",
        ),
        ("other", "Build a complex distributed system"),
    ],
)
def test_a_question_is_known_for_what_it_is(kind: str, text: str) -> None:
    kinds = learn(text).kinds
    assert max(kinds, key=lambda name: kinds[name]) == kind


def test_a_problem_of_many_steps_is_harder_than_one_of_few() -> None:
    few = "Tom has 3 apples and buys 5 more. How many apples does he have?"
    many = (
        "A shop sells 120 apples at $2 each and twice as many pears at $1.50 each. On Monday it sells half of"
        " the apples and a third of the pears, and 10% of what is left spoils. On Tuesday the price falls by"
        " a quarter, and everything is sold. How much more does the shop earn on Monday than on Tuesday?"
    )
    assert score(many) > score(few)


def test_tasks_that_build_something_are_judged_by_the_rules_that_can_be_read() -> None:
    assert profile("Build a complex distributed system").complexity is Complexity.HIGH
    assert profile("write hello world").complexity is Complexity.LOW


QUESTION = "Which of these is a noble gas?"
ANSWERS = "\nA. Oxygen\nB. Neon\nC. Iron\nD. Lead\nAnswer:"


def test_the_answers_given_have_their_say_beside_the_question() -> None:
    """The same words weigh differently as a question and as answers, and so does how answers are built."""
    swapped = "Oxygen, neon, iron, lead\nA. Which\nB. of these\nC. is a noble\nD. gas?\nAnswer:"
    assert len({score(QUESTION), score(QUESTION + ANSWERS), score(swapped)}) == 3


def test_answers_to_choose_from_are_told_from_a_list_of_wishes() -> None:
    question, answers = parted((QUESTION + ANSWERS).lower())
    assert question.strip() == QUESTION.lower()
    assert answers.split()[:2] == ["a.", "oxygen"]
    wishes = "write a shop with\n- a cart\n- a list of goods\n- a page to pay\n- a page of orders"
    assert parted(wishes) == (wishes, "")


def test_words_of_both_parts_are_counted_once() -> None:
    assert added({"a": 1, "b": 2}, {"b": 1, "c": 1}) == {"a": 1, "b": 3, "c": 1}


ANSWER_LINE = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=20)


@given(st.text(max_size=100), st.lists(ANSWER_LINE, min_size=4, max_size=10))
def test_any_question_can_be_compared_with_typical_ones(question: str, answers: list[str]) -> None:
    lettered = "".join(f"\n{letter}. {answer}" for letter, answer in zip("abcdefghij", answers, strict=False))
    asked, given_answers = parted(question.lower() + lettered.lower())
    assert given_answers
    assert len(choices(asked, given_answers)) == 16
    assert 0 <= score(question + lettered) <= 1


@given(st.text(max_size=300))
def test_any_text_has_a_score_between_0_and_1_and_it_is_always_the_same(text: str) -> None:
    lesson = learn(text)
    assert 0 <= lesson.score <= 1
    assert list(lesson.kinds) == list(KINDS)
    assert sum(lesson.kinds.values()) == pytest.approx(1)
    assert learn(text) == lesson


def test_the_longest_texts_are_read_at_their_ends() -> None:
    middle = "word " * 200_000
    assert 0 < score(f"What is 2 + 2? {middle}") < 1


def test_numbers_count_by_their_length_and_a_misspelt_word_shares_pieces() -> None:
    assert wording("7 and 8 of 1234567") == {"0": 2, "and": 1, "of": 1, "0000": 1}
    assert set(pieces("distributed")) & set(pieces("distribted"))
    assert pieces("+") == ("+",)


@given(st.text(st.characters(exclude_categories=[])), st.integers(1, 3))
def test_a_long_text_is_counted_as_a_short_one_is(text: str, times: int) -> None:
    """Word for word, and each where it first came: sums of fractions depend on their order."""
    long = " ".join([text, *["the same 2 words, again;"] * 200] * times)
    assert list(counted(re.compile(r"[a-z]+|\d+|[^\sa-z\d]"), long).items()) == list(
        Counter(re.findall(r"[a-z]+|\d+|[^\sa-z\d]", long)).items()
    )
