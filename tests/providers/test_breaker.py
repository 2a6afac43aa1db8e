"""A target that keeps failing is passed over for a while, and tried again by one caller at a time."""

import threading
from collections.abc import Callable

import pytest

from agentic_flow.core.errors import (
    ContextOverflow,
    FlowError,
    KeyProblem,
    ModelMissing,
    OutOfCredit,
    ProviderUnavailable,
)
from agentic_flow.core.events import FellBack, Finished, TextDelta
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import StopReason, Target, Usage
from agentic_flow.providers.breaker import Breaker
from agentic_flow.providers.fallback import FallbackProvider, Link
from tests.providers.playback import Clock, Told, tell
from tests.providers.test_retrying import Scripted

DONE = Finished(Usage(1, 1), StopReason.END)
DOWN = ProviderUnavailable("down", retryable=True)
FIRST, SECOND = Target("acme", "a-1"), Target("other", "b-2")


def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, rest=60, clock=clock)


def made(provider: Provider) -> Callable[[], Provider]:
    return lambda: provider


def run(first: Scripted, second: Scripted, kept: Breaker) -> Told:
    links = [Link(FIRST, made(first)), Link(SECOND, made(second))]
    return tell(FallbackProvider(links, clock=Clock(), breaker=kept))


def answers(count: int) -> Scripted:
    return Scripted([[TextDelta("hi"), DONE]] * count)


def test_after_three_failures_in_a_row_it_is_not_asked_and_a_person_is_told() -> None:
    clock = Clock()
    kept, down = breaker(clock), Scripted([[DOWN]] * 3 + [[TextDelta("back"), DONE]])
    for _ in range(3):
        run(down, answers(1), kept)

    told = run(down, answers(1), kept)
    assert len(down.asked) == 3
    passed = told.events[0]
    assert isinstance(passed, FellBack)
    assert passed.next == SECOND
    assert "not asked for the next 60 s, since it failed 3 times in a row: down" in str(passed.error)
    assert not passed.error.maybe_billed

    clock.time += 61
    assert run(down, answers(1), kept).text == "back"
    assert kept.resting(FIRST) is None


def test_when_the_rest_is_over_one_caller_tries_and_the_others_wait_for_its_news() -> None:
    clock = Clock()
    kept = breaker(clock)
    for _ in range(3):
        kept.failed(FIRST, DOWN)
    clock.time += 61
    assert kept.resting(FIRST) is None
    assert kept.resting(FIRST) is not None
    kept.failed(FIRST, DOWN)
    assert kept.resting(FIRST) is not None
    assert kept.resting(SECOND) is None


def test_an_answer_between_failures_begins_the_count_anew() -> None:
    kept = breaker(Clock())
    for failure in (DOWN, DOWN, None, DOWN, DOWN):
        if failure is None:
            kept.served(FIRST)
        else:
            kept.failed(FIRST, failure)
    assert kept.resting(FIRST) is None


@pytest.mark.parametrize(
    ("failure", "counts"),
    [
        (DOWN, True),
        (KeyProblem("refused"), True),
        (OutOfCredit("empty"), True),
        (ProviderUnavailable("a request it does not take"), False),
        (ContextOverflow("too long"), False),
        (ModelMissing("not here", name="phi-4"), False),
    ],
)
def test_only_what_the_next_request_would_meet_too_counts(failure: FlowError, *, counts: bool) -> None:
    kept = breaker(Clock())
    for _ in range(3):
        kept.failed(FIRST, failure)
    assert (kept.resting(FIRST) is not None) == counts


def test_the_last_of_a_chain_is_asked_however_it_fared() -> None:
    """Where nobody else could serve, waiting for nothing would help nobody."""
    kept, down = breaker(Clock()), Scripted([[DOWN]] * 5)
    for _ in range(5):
        tell(FallbackProvider([Link(FIRST, made(down))], clock=Clock(), breaker=kept))
    assert len(down.asked) == 5


def test_many_threads_count_right() -> None:
    kept = Breaker(failures=800, rest=60, clock=Clock())

    def fail() -> None:
        for _ in range(100):
            kept.failed(FIRST, DOWN)

    threads = [threading.Thread(target=fail) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kept.resting(FIRST) is not None
    tried = [kept.resting(SECOND) for _ in range(8)]
    assert tried == [None] * 8
