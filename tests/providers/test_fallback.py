"""When the next provider of a chain answers, and when it must not."""

from collections.abc import Callable, Generator

import pytest

from agentic_flow.core.errors import (
    ContextOverflow,
    FlowError,
    IncompleteAnswer,
    KeyProblem,
    LimitReached,
    ModelMissing,
    OutOfCredit,
    ProviderUnavailable,
    UnknownModel,
)
from agentic_flow.core.events import FellBack, Finished, Metered, Progress, ProviderEvent, TextDelta
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt, StopReason, Target, Usage
from agentic_flow.providers.fallback import FallbackProvider, Link
from tests.providers.playback import PROMPT, Clock, tell
from tests.providers.test_retrying import Scripted

DONE = Finished(Usage(1, 1), StopReason.END)
OFFLINE = ProviderUnavailable("offline", retryable=True)
FIRST, SECOND = Target("acme", "a-1"), Target("other", "b-2")


def made(provider: Provider) -> Callable[[], Provider]:
    return lambda: provider


def chain(*providers: Provider, clock: Clock | None = None) -> FallbackProvider:
    links = [Link(target, made(each)) for target, each in zip((FIRST, SECOND), providers, strict=False)]
    return FallbackProvider(links, clock=clock or Clock())


@pytest.mark.parametrize(
    "failure",
    [
        OFFLINE,
        KeyProblem("no key"),
        OutOfCredit("no credit"),
        ContextOverflow("too long"),
        ModelMissing("not here", name="phi-4"),
    ],
)
def test_falls_back_before_the_first_word_and_says_so(failure: FlowError) -> None:
    """A provider that never begins costs nothing; the next one answers, with its own model."""
    silent, chatty = Scripted([[Progress("loading"), failure]]), Scripted([[TextDelta("hi"), DONE]])
    told = tell(chain(silent, chatty))
    assert told.events == [Progress("loading"), FellBack(FIRST, failure, SECOND), TextDelta("hi"), DONE]
    assert [asked.model for asked in (*silent.asked, *chatty.asked)] == ["a-1", "b-2"]


@pytest.mark.parametrize(
    "failure", [UnknownModel("misspelt"), LimitReached("time is up"), IncompleteAnswer("refused")]
)
def test_does_not_fall_back_from_what_another_provider_cannot_mend(failure: FlowError) -> None:
    chatty = Scripted([[TextDelta("hi"), DONE]])
    assert tell(chain(Scripted([[failure]]), chatty)).failure is failure
    assert chatty.asked == []


def test_does_not_fall_back_after_the_first_word() -> None:
    chatty = Scripted([[TextDelta("hi"), DONE]])
    told = tell(chain(Scripted([[Metered(Usage(1, 0)), TextDelta("half"), OFFLINE]]), chatty))
    assert (told.text, told.failure) == ("half", OFFLINE)
    assert chatty.asked == []


def test_the_last_failure_is_the_outcome() -> None:
    missing = ModelMissing("run `agentic-flow download-model phi-4`", name="phi-4")
    assert tell(chain(Scripted([[OFFLINE]]), Scripted([[missing]]))).failure is missing


def test_a_provider_that_cannot_even_be_made_is_passed_over() -> None:
    def unmade() -> Provider:
        raise KeyProblem("no key")

    chatty = Scripted([[TextDelta("hi"), DONE]])
    told = tell(FallbackProvider([Link(FIRST, unmade), Link(SECOND, lambda: chatty)], clock=Clock()))
    assert told.text == "hi"


def test_providers_are_made_only_when_their_turn_comes() -> None:
    def unexpected() -> Provider:
        raise AssertionError("nobody asked for it")

    chatty = Scripted([[TextDelta("hi"), DONE]])
    assert tell(FallbackProvider([Link(FIRST, lambda: chatty), Link(SECOND, unexpected)])).text == "hi"


def test_the_next_one_gets_only_the_time_that_is_left() -> None:
    clock = Clock()

    class Slow(Scripted):
        """Fails after four seconds."""

        def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
            clock.time += 4
            return super().stream(prompt)

    chatty = Scripted([[TextDelta("hi"), DONE]])
    prompt = Prompt("a-1", PROMPT.messages, timeout=10.0)
    tell(chain(Slow([[OFFLINE]]), chatty, clock=clock), prompt)
    assert chatty.asked[0].timeout == pytest.approx(6.0)


def test_does_not_fall_back_when_the_time_is_up() -> None:
    clock = Clock()

    class TooSlow(Scripted):
        """Fails when the limit has passed."""

        def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
            clock.time += 11
            return super().stream(prompt)

    chatty = Scripted([[TextDelta("hi"), DONE]])
    prompt = Prompt("a-1", PROMPT.messages, timeout=10.0)
    assert tell(chain(TooSlow([[OFFLINE]]), chatty, clock=clock), prompt).failure is OFFLINE
    assert chatty.asked == []


def test_hanging_up_hangs_up_on_the_provider() -> None:
    provider = Scripted([[TextDelta("a"), TextDelta("b"), DONE]])
    stream = chain(provider).stream(PROMPT)
    next(stream)
    stream.close()
    assert provider.hung_up == 1
