"""Every call is set aside before it leaves and settled once, however it ends."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from agentic_flow.core.errors import Interrupted, KeyProblem, OverBudget, ProviderUnavailable
from agentic_flow.core.events import Finished, Metered, ProviderEvent, TextDelta, Warned
from agentic_flow.core.ports import Provider
from agentic_flow.core.remembered import PaidAnswer
from agentic_flow.core.values import Message, Prompt, Role, Sampling, StopReason, Usage
from agentic_flow.providers.recording import Booking, RecordingProvider, Settlement

PROMPT = Prompt("m", (Message(Role.USER, "hello"),))
USED = Usage(10, 3)
DONE = Finished(USED, StopReason.END, cost_usd=Decimal("0.5"))
Step = ProviderEvent | Exception | None
"""What the provider does next; None: it sends the request."""


@dataclass
class Purse:
    """Keeps what it is told, in order."""

    warnings: tuple[str, ...] = ()
    refusal: Exception | None = None
    trouble: tuple[str, ...] = ()
    told: list[str] = field(default_factory=list[str])
    ends: list[Settlement] = field(default_factory=list[Settlement])

    def recall(self, prompt: Prompt) -> PaidAnswer | None:
        """Remember nothing."""

    def reserve(self, prompt: Prompt) -> Booking:
        """Allow 77 tokens, or nothing."""
        self.told.append(f"reserve for {prompt.model}")
        if self.refusal is not None:
            raise self.refusal
        return Booking(1, 77, self.warnings)

    def sent(self, booking: Booking) -> None:
        """Keep that it was sent."""
        self.told.append(f"sent {booking.number}")

    def settle(self, booking: Booking, end: Settlement) -> tuple[str, ...]:
        """Keep how it ended."""
        self.told.append(f"settle {booking.number}")
        self.ends.append(end)
        return self.trouble


@dataclass
class Playing:
    """A provider that says when it sends."""

    steps: tuple[Step, ...]
    asked: list[Prompt] = field(default_factory=list[Prompt])

    def opening(self, sent: Callable[[], None]) -> Provider:
        """Make the provider of a call."""
        return _Played(self, sent)


@dataclass
class _Played:
    of: Playing
    sent: Callable[[], None]

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        self.of.asked.append(prompt)
        for step in self.of.steps:
            if step is None:
                self.sent()
            elif isinstance(step, Exception):
                raise step
            else:
                yield step


def play(purse: Purse, *steps: Step) -> list[ProviderEvent]:
    return list(RecordingProvider(Playing(steps).opening, purse).stream(PROMPT))


def test_a_call_is_reserved_sent_and_settled_before_its_end_is_told() -> None:
    purse = Purse()
    told = play(purse, None, TextDelta("hi"), DONE)

    assert told == [TextDelta("hi"), DONE]
    assert purse.told == ["reserve for m", "sent 1", "settle 1"]
    assert purse.ends == [Settlement(DONE, unbilled=False, text="hi")]


def test_the_answer_may_be_as_long_as_was_paid_for_and_a_person_is_told() -> None:
    playing = Playing((None, DONE))
    purse = Purse(warnings=("shorter",))
    asked = Prompt("m", PROMPT.messages, Sampling(max_tokens=500, temperature=0.5))

    told = list(RecordingProvider(playing.opening, purse).stream(asked))

    assert told == [Warned("shorter"), DONE]
    assert playing.asked[0].sampling == Sampling(max_tokens=77, temperature=0.5)


def test_over_budget_nothing_is_opened() -> None:
    playing = Playing((None, DONE))
    with pytest.raises(OverBudget):
        list(RecordingProvider(playing.opening, Purse(refusal=OverBudget("no"))).stream(PROMPT))
    assert playing.asked == []


@pytest.mark.parametrize(
    ("steps", "unbilled"),
    [
        ((KeyProblem("no key"),), True),
        ((None, KeyProblem("refused")), True),
        ((None, ProviderUnavailable("busy", retryable=True)), True),
        ((None, ProviderUnavailable("broken", maybe_billed=True)), False),
        ((ProviderUnavailable("no connection", maybe_billed=True),), True),
        ((Interrupted("stopped"),), True),
        ((None, Interrupted("stopped")), False),
        ((None, RuntimeError("a bug")), False),
        ((None, Metered(USED), ProviderUnavailable("overloaded")), False),
    ],
    ids=str,
)
def test_a_failure_is_free_only_where_nothing_left_or_it_was_refused(
    steps: tuple[Step, ...], *, unbilled: bool
) -> None:
    purse = Purse()
    with pytest.raises(Exception, match=r"no |refused|busy|broken|stopped|bug|overloaded"):
        play(purse, *steps)
    assert [end.unbilled for end in purse.ends] == [unbilled]


def test_a_stream_that_ends_without_its_mark_may_have_been_billed() -> None:
    purse = Purse()
    play(purse, None, TextDelta("half"))
    assert purse.ends == [Settlement(None, unbilled=False, text="half")]


def test_whoever_hangs_up_pays_for_what_was_sent_and_only_once() -> None:
    purse = Purse()
    with closing(
        RecordingProvider(Playing((None, TextDelta("a"), DONE)).opening, purse).stream(PROMPT)
    ) as said:
        next(said)
    assert purse.ends == [Settlement(None, unbilled=False, text="a")]

    unsent = Purse(warnings=("shorter",))
    with closing(RecordingProvider(Playing((None, DONE)).opening, unsent).stream(PROMPT)) as said:
        next(said)
    assert unsent.ends == [Settlement(None, unbilled=True)]


def test_trouble_with_settling_is_told_before_the_end() -> None:
    assert play(Purse(trouble=("not written",)), None, DONE) == [Warned("not written"), DONE]
