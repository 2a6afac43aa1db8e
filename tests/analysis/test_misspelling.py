"""Telling words are known although a finger slipped, and other words are left alone."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.analysis import analyse
from agentic_flow.analysis.learned import learned
from agentic_flow.analysis.misspelling import mended
from agentic_flow.analysis.vocabulary import EASY, HARD, LANGUAGES, WORDS
from agentic_flow.core.values import AgentTemplate, Output, Task

CODER = AgentTemplate("coder", "Writes working code.", "You write code.", Path("c"), "", output=Output.FILES)
TELLING = sorted({*WORDS, *HARD, *EASY, *LANGUAGES})


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("refacotr", "refactor"),  # swapped
        ("distribted", "distributed"),  # left out
        ("ptyhon", "python"),
        ("summmarize", "summarize"),  # too much
        ("implenent", "implement"),  # wrong, in a long word
    ],
)
def test_one_slip_is_mended(written: str, meant: str) -> None:
    assert mended({written: 2}) == {meant: 2}


@pytest.mark.parametrize("word", ["algorithms", "extracts", "serve", "latter", "xyzzy", "sum", ""])
def test_other_words_stay_what_they_are(word: str) -> None:
    """Forms of a word are no slips, and neither are words that are known or too short to tell."""
    assert mended({word: 1}) == {word: 1}


@given(st.sampled_from(TELLING))
def test_what_is_written_well_is_not_touched(word: str) -> None:
    assert mended({word: 1}) == {word: 1}


@given(st.dictionaries(st.text(max_size=15), st.integers(1, 9)))
def test_no_word_is_lost(words: dict[str, int]) -> None:
    assert mended(words).total() == sum(words.values())


LONG = [word for word in TELLING if len(word) >= 8 and word.isalpha()]


@given(st.sampled_from(LONG), st.data())
def test_a_long_word_is_found_wherever_two_letters_inside_were_swapped(
    word: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(1, len(word) - 3))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if swapped not in learned().words:
        assert mended(Counter([swapped])).keys() & set(TELLING)


def test_a_misspelt_task_is_still_seen_for_what_it_is() -> None:
    right = analyse(Task("Refactor the distributed scheduler in Python", "coder"), CODER)
    wrong = analyse(Task("Refacotr the distribted schdeuler in Pyhton", "coder"), CODER)
    assert (wrong.task_type, wrong.complexity, wrong.languages) == (
        right.task_type,
        right.complexity,
        right.languages,
    )
