"""How long anything may take: each clock, on a scripted network, so that no test waits."""

import pytest

from agentic_flow.core.errors import IncompleteAnswer, LimitReached, ProviderUnavailable
from agentic_flow.core.events import Finished, ProviderEvent
from agentic_flow.providers.anthropic import AnthropicProvider
from agentic_flow.providers.wire import Wire
from tests.providers.loopback import head
from tests.providers.messages import COMMENT, END, HI, PATIENCE, PING, START, THOUGHT, WHOLE, play
from tests.providers.playback import PROMPT, Clock, Pause, Playback, settings, tell, wire_on


def test_a_model_may_take_its_time_before_the_first_token() -> None:
    told, network = play(START, Pause(99), HI, END)
    assert told.text == "Hi"
    assert network.clock.time == 1099


def test_the_first_token_has_its_own_clock_and_pings_do_not_stop_it() -> None:
    told, network = play(START, *(step for _ in range(1000) for step in (Pause(1), PING, COMMENT)))
    assert isinstance(told.failure, ProviderUnavailable)
    assert (told.failure.retryable, told.failure.maybe_billed) == (True, True)
    assert "did not begin to answer within 100 s" in str(told.failure)
    assert network.clock.time == pytest.approx(1100, abs=1)


def test_no_reply_at_all_ends_on_the_same_clock() -> None:
    network = Playback([Pause(1000)])
    told = tell(AnthropicProvider(settings(), wire_on(network, PATIENCE)))
    assert isinstance(told.failure, ProviderUnavailable)
    assert told.failure.maybe_billed
    assert network.clock.time == 1100


def test_silence_in_the_middle_of_words_is_a_cut_answer() -> None:
    told, network = play(START, Pause(90), HI, *(step for _ in range(1000) for step in (Pause(1), COMMENT)))
    assert type(told.failure) is IncompleteAnswer
    assert "fell silent for 50 s" in str(told.failure)
    assert network.clock.time == pytest.approx(1140, abs=1)


def test_silence_after_a_thought_may_be_tried_again() -> None:
    told, _ = play(START, THOUGHT, Pause(51), HI, END)
    assert isinstance(told.failure, ProviderUnavailable)
    assert told.failure.maybe_billed


def test_thinking_is_not_silence() -> None:
    told, _ = play(START, *(step for _ in range(10) for step in (Pause(40), THOUGHT)), HI, END)
    assert told.text == "Hi"


def test_the_persons_own_limit_counts_everything() -> None:
    told, network = play(START, *(step for _ in range(100) for step in (Pause(3), HI)), timeout=10)
    assert type(told.failure) is LimitReached
    assert told.failure.maybe_billed
    assert "--timeout" in str(told.failure)
    assert network.clock.time == 1010


def test_no_time_at_all_connects_to_nothing() -> None:
    told, network = play(*WHOLE, timeout=0)
    assert type(told.failure) is LimitReached
    assert not told.failure.maybe_billed
    assert network.connected == []


def test_connecting_has_its_own_clock_and_costs_nothing() -> None:
    network = Playback([head(), *WHOLE], connecting=11)
    told = tell(AnthropicProvider(settings(), wire_on(network, PATIENCE)))
    assert isinstance(told.failure, ProviderUnavailable)
    assert (told.failure.retryable, told.failure.maybe_billed) == (True, False)
    assert network.clock.time == 1010


def test_a_slow_reader_is_not_a_silent_provider() -> None:
    """Whoever reads through a pager may take an hour between two words."""
    network = Playback([head(), START, HI, Pause(49), HI, END])
    heard: list[ProviderEvent] = []
    for event in AnthropicProvider(settings(), wire_on(network, PATIENCE)).stream(PROMPT):
        heard.append(event)
        network.clock.time += 3600
    assert isinstance(heard[-1], Finished)


def test_the_clock_of_the_test_is_the_clock_of_the_wire() -> None:
    """The scripted network measures nothing unless its clock is the one that the wire reads."""
    clock = Clock()
    assert Wire(now=clock, network=Playback([], clock)).watch(5).left() == 5
