"""Answers that are made together: the same as alone, whoever comes and goes beside them."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_flow.core.errors import NotEnoughMemory
from agentic_flow.providers.runtime import Interrupt
from agentic_flow.providers.together import Together
from agentic_flow.providers.waiting import Deadline
from tests.providers.test_memory import MODEL

WORDS = 50
END = 0
FOREVER = Deadline(None)


class Written:
    """A table that keeps what is entered, and whose next word is made of all that stands before it."""

    def __init__(self) -> None:
        self.words = WORDS
        self.count = self.length = 0
        self.rows: list[list[int]] = []
        self.entered = 0
        self.widest = 0
        self.failure: Exception | None = None

    def resize(self, count: int, length: int, kept: Sequence[int] = ()) -> None:
        """Make it anew."""
        before = self.rows
        self.rows = [[-1] * length for _ in range(count)]
        for row, tokens in enumerate(kept):
            self.rows[row][:tokens] = before[row][:tokens] if tokens else []
        self.count, self.length = count, length

    def clear(self) -> None:
        """Empty it."""
        self.rows, self.count, self.length = [], 0, 0

    close = clear

    def copy(self, source: int, row: int, start: int, end: int) -> None:
        """Let a row hold what another does."""
        self.rows[row][start:end] = self.rows[source][start:end]

    def read(self, row: int, at: int, tokens: Sequence[int]) -> Any:
        """Enter tokens of one row."""
        self.entered += len(tokens)
        return self._enter(row, at, tokens)

    def step(self, tokens: Sequence[int], places: Sequence[int]) -> Any:
        """Enter a token of each of the first rows."""
        if self.failure is not None:
            raise self.failure
        assert len(tokens) % 2 == 0
        self.widest = max(self.widest, len(tokens))
        return np.stack([self._enter(row, at, [tokens[row]]) for row, at in enumerate(places)])

    def _enter(self, row: int, at: int, tokens: Sequence[int]) -> Any:
        assert at + len(tokens) <= self.length
        self.rows[row][at : at + len(tokens)] = tokens
        scores = np.zeros(WORDS, np.float32)
        scores[next_word(self.rows[row][: at + len(tokens)])] = 1.0
        return scores


def next_word(text: Sequence[int]) -> int:
    """Return the word that follows: never the end but where seven divides a number made of it all."""
    assert -1 not in text
    number = hash(tuple(text))
    return END if number % 17 == 0 else 1 + number % (WORDS - 1)


def enough(_tokens: int, _taken: int) -> None:
    """Never complain."""


def opened(most: int, require: Callable[[int, int], None] = enough) -> tuple[Together, Written]:
    table = Written()
    return Together(cast("Any", table), MODEL, most, require), table


def written(
    model: Together, prompt: Sequence[int], more: Sequence[Sequence[int]], words: int, back: int = 0
) -> list[int]:
    """Read, make some words, take some back, read on, make more: as a reply in several files does."""
    generation = model.begin({"max_length": 700}, None, FOREVER)
    text: list[int] = []
    try:
        for part in (prompt, *more):
            generation.read(part)
            for _ in range(words):
                likeliest, _ = generation.likeliest()[0]
                token = generation.make()
                assert token == likeliest
                text.append(token)
                if token in MODEL.end_ids:
                    generation.take_back()
                    break
            else:
                generation.take_back(min(back, words))
    finally:
        generation.close()
    return text


def alone(prompt: Sequence[int], more: Sequence[Sequence[int]], words: int, back: int = 0) -> list[int]:
    """Return what must come of it."""
    text: list[int] = []
    said: list[int] = []
    for part in (prompt, *more):
        text += part
        for _ in range(words):
            token = next_word(text)
            said.append(token)
            if token in MODEL.end_ids:
                break
            text.append(token)
        else:
            del text[len(text) - min(back, words) :]
    return said


PARTS = st.lists(st.integers(1, 3), min_size=1, max_size=20).map(lambda part: part * 9)
TASKS = st.tuples(PARTS, st.lists(PARTS, max_size=2), st.integers(1, 12), st.integers(0, 6))


@settings(max_examples=40)
@given(st.lists(TASKS, min_size=1, max_size=12), st.integers(1, 6), st.integers(1, 6))
def test_each_text_is_what_it_is_alone(tasks: list[Any], most: int, hands: int) -> None:
    """Whoever joins and leaves beside it, whose reading it takes over, and where its row is moved."""
    most = max(2, most)
    model, _ = opened(most)
    with ThreadPoolExecutor(hands) as pool:
        texts = list(pool.map(lambda task: written(model, *task), tasks))
    model.close()
    assert texts == [alone(*task) for task in tasks]


def test_what_was_read_already_is_not_read_again() -> None:
    model, table = opened(4)
    agent = [5, 6, 7, 8] * 40
    written(model, [*agent, 9, 9, 9], (), 3)
    table.entered = 0

    assert written(model, [*agent, 4, 4], (), 3) == alone([*agent, 4, 4], (), 3)
    assert table.entered == 160 - 128 + 2
    model.close()


def test_it_waits_for_memory_and_says_once_that_fewer_are_made_together() -> None:
    def two_at_most(tokens: int, _taken: int) -> None:
        if tokens > 2 * 768:
            raise NotEnoughMemory("no")

    model, table = opened(8, two_at_most)
    tasks = [([word] * 10, (), 12) for word in range(1, 9)]
    with ThreadPoolExecutor(8) as pool:
        texts = list(pool.map(lambda task: written(model, *task), tasks))

    assert texts == [alone(*task) for task in tasks]
    assert table.widest <= 2
    assert [("memory for 2" in remark, "batchSize" in remark) for remark in model.remarks()] == [(True, True)]
    assert model.remarks() == []
    model.close()


def test_too_little_memory_for_one_alone_is_an_error() -> None:
    def none(_tokens: int, _taken: int) -> None:
        raise NotEnoughMemory("no")

    model, _ = opened(8, none)
    with pytest.raises(NotEnoughMemory):
        model.begin({"max_length": 700}, None, FOREVER)
    model.close()


def test_one_that_is_left_in_the_middle_holds_up_nobody() -> None:
    model, _ = opened(2)
    left = model.begin({"max_length": 700}, None, FOREVER)
    left.read([1, 2, 3])
    left.make()
    left.close()
    tasks = [([word] * 10, (), 12) for word in range(1, 5)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda task: written(model, *task), tasks)) == [alone(*task) for task in tasks]
    model.close()


def test_a_failure_is_told_to_all_whom_it_concerns_and_to_nobody_after() -> None:
    model, table = opened(4)
    table.failure = RuntimeError("broken")
    with ThreadPoolExecutor(3) as pool:
        failures = [pool.submit(written, model, [word] * 10, (), 12).exception() for word in (1, 2, 3)]
    assert [str(failure) for failure in failures] == ["broken"] * 3

    table.failure = None
    assert written(model, [1] * 10, (), 12) == alone([1] * 10, (), 12)
    model.close()


def test_whoever_waits_for_reading_can_be_called_off() -> None:
    model, _ = opened(2)
    generation = model.begin({"max_length": 700}, None, FOREVER)
    generation.interrupt()
    outcome: list[BaseException] = []

    def read() -> None:
        try:
            generation.read([1, 2, 3])
        except Interrupt as interrupt:
            outcome.append(interrupt)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join(10)
    generation.close()
    assert len(outcome) == 1
    model.close()


def test_a_row_that_is_full_leaves_the_others_alone() -> None:
    model, _ = opened(2)
    full = model.begin({"max_length": 256}, None, FOREVER)
    full.read([1] * 256)
    beside = model.begin({"max_length": 256}, None, FOREVER)
    beside.read([2] * 10)
    said = alone([2] * 10, (), 12)
    assert [beside.make() for _ in said] == said
    full.close()
    beside.close()
    model.close()


def test_the_end_of_the_process_waits_for_whom_it_must_and_for_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A thread that is no daemon gets its answer; a daemon hears that there is no more."""
    ended = threading.Thread(target=lambda: None)
    model, _ = opened(2)
    left: list[BaseException] = []

    def daemon() -> None:
        try:
            while True:
                written(model, [1] * 10, (), 12)
        except Interrupt as interrupt:
            left.append(interrupt)

    thread = threading.Thread(target=daemon, daemon=True)
    thread.start()
    with monkeypatch.context() as ending:
        ending.setattr("agentic_flow.providers.together.threading.main_thread", lambda: ended)
        assert written(model, [2] * 10, (), 12) == alone([2] * 10, (), 12)
        thread.join(10)
    assert len(left) == 1
    model.close()


def test_a_daemon_s_words_are_made_by_a_thread_that_the_end_of_the_process_waits_for() -> None:
    model, _ = opened(2)
    before = {*threading.enumerate()}
    begun, enough = threading.Event(), threading.Event()

    def daemon() -> None:
        generation = model.begin({"max_length": 64}, None, FOREVER)
        generation.read([1] * 10)
        begun.set()
        enough.wait(10)
        generation.close()

    thread = threading.Thread(target=daemon, daemon=True)
    thread.start()
    assert begun.wait(10)
    writers = {*threading.enumerate()} - before - {thread}
    assert [each.daemon for each in writers] == [False]
    enough.set()
    thread.join(10)
    model.close()
