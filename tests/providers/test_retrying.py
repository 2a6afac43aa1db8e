"""What is called again, when, and how often: never in silence, never after the first word."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import FlowError, IncompleteAnswer, KeyProblem, OutOfCredit, ProviderUnavailable
from agentic_flow.core.events import Finished, ProviderEvent, Retrying, TextDelta, Warned
from agentic_flow.core.settings import FallbackSettings
from agentic_flow.core.values import Prompt, StopReason, Target, Usage
from agentic_flow.providers.retrying import (
    LONGEST_ASKED_WAIT,
    LONGEST_BACKOFF,
    MOST_BILLED_RETRIES,
    Pacing,
    RetryingProvider,
)
from tests.providers.playback import PROMPT, Clock, tell

DONE = Finished(Usage(1, 1), StopReason.END)
BUSY = ProviderUnavailable("busy", retryable=True)
BROKEN = ProviderUnavailable("broken", retryable=True, maybe_billed=True)


@dataclass
class Scripted:
    """Plays one list of events or failures a call; remembers what it was asked."""

    calls: Sequence[Sequence[ProviderEvent | FlowError]]
    asked: list[Prompt] = field(default_factory=list[Prompt])
    hung_up: int = 0

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Play the next call; the last one is played again and again."""
        self.asked.append(prompt)
        try:
            for step in self.calls[min(len(self.asked), len(self.calls)) - 1]:
                if isinstance(step, FlowError):
                    raise step
                yield step
        finally:
            self.hung_up += 1


@dataclass
class Waits:
    """Sleeps in no time, and remembers how long."""

    clock: Clock = field(default_factory=Clock)
    slept: list[float] = field(default_factory=list[float])
    chance: float = 0.999999

    def pacing(self) -> Pacing:
        """Return the time and chance to hand in."""
        return Pacing(self.sleep, self.clock, lambda: self.chance)

    def sleep(self, seconds: float) -> None:
        """Sleep."""
        self.slept.append(seconds)
        self.clock.time += seconds


def retrying(provider: Scripted, waits: Waits, attempts: int = 3, backoff_ms: int = 1000) -> RetryingProvider:
    settings = FallbackSettings(retry_attempts=attempts, backoff_ms=backoff_ms)
    return RetryingProvider(provider, "acme", settings, waits.pacing())


def test_what_was_refused_is_tried_again_with_growing_waits_and_says_so() -> None:
    waits = Waits()
    provider = Scripted([[BUSY], [BUSY], [TextDelta("hi"), DONE]])
    told = tell(retrying(provider, waits))
    assert told.text == "hi"
    assert waits.slept == pytest.approx([1.0, 2.0], rel=1e-3)
    target = Target("acme", PROMPT.model)
    assert told.events[:2] == [Retrying(target, BUSY, waits.slept[0]), Retrying(target, BUSY, waits.slept[1])]


def test_the_retries_end_and_the_last_failure_is_the_answer() -> None:
    provider = Scripted([[BUSY]])
    assert tell(retrying(provider, Waits(), attempts=3)).failure is BUSY
    assert len(provider.asked) == 4


def test_no_retries_where_none_are_wanted() -> None:
    provider = Scripted([[BUSY]])
    tell(retrying(provider, Waits(), attempts=0))
    assert len(provider.asked) == 1


def test_what_may_have_been_billed_is_tried_again_once_at_most() -> None:
    provider = Scripted([[BROKEN]])
    told = tell(retrying(provider, Waits(), attempts=10))
    assert len(provider.asked) == 1 + MOST_BILLED_RETRIES
    announced = [event for event in told.events if isinstance(event, Retrying)]
    assert [event.error.maybe_billed for event in announced] == [True]


@pytest.mark.parametrize(
    "failure",
    [KeyProblem("no"), OutOfCredit("no"), IncompleteAnswer("no"), ProviderUnavailable("no", retryable=False)],
)
def test_what_fails_the_same_way_again_is_not_tried_again(failure: FlowError) -> None:
    provider = Scripted([[failure]])
    assert tell(retrying(provider, Waits())).failure is failure
    assert len(provider.asked) == 1


def test_after_the_first_word_nothing_is_tried_again() -> None:
    provider = Scripted([[TextDelta("half"), BUSY]])
    told = tell(retrying(provider, Waits()))
    assert (told.text, told.failure) == ("half", BUSY)
    assert len(provider.asked) == 1


def test_a_wait_that_was_asked_for_is_kept_and_never_shortened() -> None:
    waits = Waits(chance=0.0)
    tell(retrying(Scripted([[ProviderUnavailable("busy", retryable=True, retry_after=25)], [DONE]]), waits))
    assert waits.slept == [25.0]


def test_a_wait_that_is_too_long_is_not_waited_for() -> None:
    waits = Waits()
    far = ProviderUnavailable("busy", retryable=True, retry_after=LONGEST_ASKED_WAIT + 1)
    assert tell(retrying(Scripted([[far]]), waits)).failure is far
    assert waits.slept == []


@given(st.integers(0, 200), st.integers(0, 100_000), st.floats(0, 0.999999))
def test_no_backoff_is_longer_than_the_longest(attempts: int, backoff_ms: int, chance: float) -> None:
    waits = Waits(chance=chance)
    provider = Scripted([[BUSY]])
    tell(retrying(provider, waits, attempts, backoff_ms))
    assert len(waits.slept) == attempts
    assert all(0 <= wait <= LONGEST_BACKOFF for wait in waits.slept)


def test_every_call_gets_only_the_time_that_is_left() -> None:
    waits = Waits()
    provider = Scripted([[BUSY], [BUSY], [DONE]])
    prompt = Prompt(PROMPT.model, PROMPT.messages, timeout=10.0)
    tell(retrying(provider, waits), prompt)
    assert [asked.timeout for asked in provider.asked] == pytest.approx([10.0, 9.0, 7.0], rel=1e-3)


def test_a_wait_beyond_the_time_limit_is_not_begun() -> None:
    waits = Waits()
    provider = Scripted([[BUSY]])
    prompt = Prompt(PROMPT.model, PROMPT.messages, timeout=2.5)
    assert tell(retrying(provider, waits), prompt).failure is BUSY
    assert sum(waits.slept) < 2.5


def test_a_warning_is_not_repeated_with_the_call() -> None:
    provider = Scripted([[Warned("once"), BUSY], [Warned("once"), TextDelta("hi"), DONE]])
    assert tell(retrying(provider, Waits())).events.count(Warned("once")) == 1


def test_hanging_up_hangs_up_on_the_provider() -> None:
    provider = Scripted([[TextDelta("a"), TextDelta("b"), DONE]])
    stream = retrying(provider, Waits()).stream(PROMPT)
    next(stream)
    stream.close()
    assert provider.hung_up == 1
