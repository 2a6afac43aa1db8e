"""What is learned from a person's own runs: a rule that holds is found, chance is left alone."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.analysis.personal import BadWeights, Personal, read_personal, written
from agentic_flow.analysis.training import Outcome, train

SUBJECTS = ("kubernetes", "terraform", "pandas", "flask", "regex", "react", "sql", "pdf", "email", "csv")
ENDS = ("that reads a file", "with tests", "for my team", "and log each step", "quickly", "as a script")


def outcomes(fails: Callable[[str, random.Random], bool], count: int, seed: int = 0) -> list[Outcome]:
    """Return made-up runs of one small model, the difficulty of which says nothing."""
    chance = random.Random(seed)  # noqa: S311  (a fixed choice)
    made: list[Outcome] = []
    for number in range(count):
        subject = chance.choice(SUBJECTS)
        text = (
            f"{chance.choice(('write', 'make', 'fix'))} a {subject} tool {chance.choice(ENDS)}, no. {number}"
        )
        made.append(
            Outcome(f"{number:05}", text, chance.uniform(0.2, 0.4), 0.35, failed=fails(subject, chance))
        )
    return made


def by_rule(subject: str, chance: random.Random) -> bool:
    """Tasks about two subjects fail, but for one in twenty that goes the other way."""
    return (subject in {"kubernetes", "terraform"}) != (chance.random() < 0.05)


def by_chance(_subject: str, chance: random.Random) -> bool:
    return chance.random() < 0.3


def test_a_rule_in_500_outcomes_is_found() -> None:
    trained = train(outcomes(by_rule, 500))

    assert trained.better
    assert trained.before
    assert trained.after
    assert trained.after.loss < trained.before.loss
    assert trained.after.right_order > 0.9
    assert {word for word, _ in trained.words[:2]} == {"kubernetes", "terraform"}
    assert trained.better.moved(0.3, "write a terraform module") > 0.6
    assert trained.better.moved(0.3, "write a csv reader") < 0.3


@pytest.mark.parametrize("seed", range(3))
def test_chance_leaves_the_weights_as_they_are(seed: int) -> None:
    trained = train(outcomes(by_chance, 300, seed))

    assert trained.better is None
    assert "not clearly better" in trained.verdict


def test_own_weights_are_not_replaced_by_what_is_not_better() -> None:
    """Newer outcomes that the weights foretell as well as anything learned again would."""
    known = outcomes(by_rule, 300)
    first = train(known[:250]).better
    assert first

    again = train(known, first)

    assert again.better is None
    assert again.before
    assert again.before.right_order > 0.8


def test_own_weights_stay_while_little_is_new() -> None:
    known = outcomes(by_rule, 200)
    first = train(known).better
    assert first
    assert "newer than the weights" in train(known, first).verdict


@pytest.mark.parametrize("count", [0, 39])
def test_few_outcomes_prove_nothing(count: int) -> None:
    assert "too few" in train(outcomes(by_rule, count)).verdict


def test_outcomes_of_one_kind_prove_nothing() -> None:
    assert "too few" in train([replace(each, failed=True) for each in outcomes(by_rule, 100)]).verdict


@given(
    st.floats(-60, 60),
    st.dictionaries(st.text(min_size=1, max_size=9), st.floats(-60, 60), max_size=9),
    st.text(max_size=99),
)
def test_weights_are_read_as_they_were_written(start: float, words: dict[str, float], text: str) -> None:
    personal = Personal(start, words, 100, "20261125-1")
    assert read_personal(written(personal)) == personal
    assert 0 <= personal.moved(0.5, text) <= 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 100_000,
        "[]",
        "{}",
        '{"version": 1}',
        '{"version": 1, "start": 1e999, "words": {}, "outcomes": 1, "until": ""}',
        '{"version": 1, "start": 0, "words": {"a": "b"}, "outcomes": 1, "until": ""}',
        '{"version": 1, "start": 0, "words": {"a": true}, "outcomes": 1, "until": ""}',
        '{"version": 2, "start": 0, "words": {}, "outcomes": 1, "until": ""}',
    ],
)
def test_what_is_no_weights_is_refused(text: str) -> None:
    with pytest.raises(BadWeights):
        read_personal(text)
