"""How fast a provider is asked: as a person says, as it says itself, and slower after it refused."""

import threading
from collections.abc import Generator, Mapping
from dataclasses import replace

import pytest

from agentic_flow.core.budgets import Rate
from agentic_flow.core.errors import LimitReached
from agentic_flow.core.events import Finished, Progress, ProviderEvent, TextDelta
from agentic_flow.core.values import Prompt, StopReason, Target, Usage
from agentic_flow.core.waiting import NAP
from agentic_flow.providers.allowances import Allowance, Kind, allowances
from agentic_flow.providers.pace import APART, Pace, Paces, Quota, Turn
from agentic_flow.providers.pacing import Heard, PacedProvider
from tests.providers.playback import PROMPT, Clock, tell

NOW = 1_795_600_000.0
"""2026-11-25T09:46:40Z, as seconds since 1970."""


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        (
            {
                "anthropic-ratelimit-requests-limit": "60",
                "anthropic-ratelimit-requests-remaining": "30",
                "anthropic-ratelimit-requests-reset": "2026-11-25T09:47:10Z",
            },
            [Allowance(Kind.REQUESTS, 60, 30, 30, 1)],
        ),
        (
            {
                "anthropic-ratelimit-input-tokens-limit": "6000",
                "anthropic-ratelimit-input-tokens-remaining": "6000",
                "anthropic-ratelimit-input-tokens-reset": "2026-11-25T09:46:40Z",
            },
            [Allowance(Kind.INPUT, 6000, 6000, 0, 100)],
        ),
        (  # a limit of a day fills as slowly as its reset says
            {
                "x-ratelimit-limit-requests": "10000",
                "x-ratelimit-remaining-requests": "9990",
                "x-ratelimit-reset-requests": "1m40s",
            },
            [Allowance(Kind.REQUESTS, 10000, 9990, 100, 0.1)],
        ),
        (
            {
                "x-ratelimit-limit-tokens": "600",
                "x-ratelimit-remaining-tokens": "595",
                "x-ratelimit-reset-tokens": "500ms",
            },
            [Allowance(Kind.TOKENS, 600, 595, 0.5, 5)],
        ),
        (  # a window: all of it comes back at once
            {
                "x-ratelimit-limit": "20",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": f"{NOW + 12:.0f}000",
            },
            [Allowance(Kind.REQUESTS, 20, 0, 12, 0)],
        ),
        (
            {
                "x-ratelimit-limit": "20",
                "x-ratelimit-remaining": "many",
                "x-ratelimit-reset": "12",
            },
            [],
        ),
        ({"x-ratelimit-limit": "20", "x-ratelimit-remaining": "3", "x-ratelimit-reset": "soon"}, []),
        ({"x-ratelimit-limit": "0", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "12"}, []),
        ({"x-ratelimit-limit": "20"}, []),
    ],
)
def test_what_headers_allow(headers: Mapping[str, str], allowed: list[Allowance]) -> None:
    assert list(allowances(headers, NOW)) == allowed


def begin(pace: Pace, size: int = 0, max_tokens: int | None = None) -> Turn | None:
    """Return a call that may be made now, None where none may."""
    turn = pace.turn(lambda: size, max_tokens)
    if pace.ask(turn):
        pace.leave(turn)
        return None
    return turn


def begin_all(pace: Pace) -> list[Turn]:
    """Begin up to a hundred calls, as many as may be made now."""
    turns: list[Turn] = []
    while len(turns) < 100 and (turn := begin(pace)):
        turns.append(turn)
    return turns


def test_a_rate_is_spread_evenly_over_every_minute_and_all_models_of_a_provider() -> None:
    clock = Clock()
    paces = Paces([Rate("acme", 120)], clock)
    begun: list[float] = []
    for tenth in range(1200):
        clock.time = 1000 + tenth / 10
        for model in ("a", "b"):
            if turn := begin(paces.of(Target("acme", model))):
                begun.append(clock.time)
                paces.of(Target("acme", model)).leave(turn)

    assert 239 <= len(begun) <= 242
    assert all(sum(at <= each < at + 60 for each in begun) <= 122 for at in begun)
    for _ in range(100):  # nobody named a rate for this one
        clock.time += APART
        assert begin(paces.of(Target("other", "c")))


def test_tokens_of_a_rate_are_counted_as_they_were_used() -> None:
    clock = Clock()
    pace = Pace(Quota(Rate("acme", 6000, 600), clock), clock=clock)
    first = begin(pace, size=100, max_tokens=200)
    assert first
    assert begin(pace, size=1) is None
    first.used = Usage(100, 20)  # not the 200 that were thought of
    pace.leave(first)

    clock.time += 11.9  # 120 tokens at 10 a second
    assert begin(pace, size=1) is None
    clock.time += 0.2
    assert begin(pace, size=1)


def test_what_was_refused_used_no_tokens() -> None:
    clock = Clock()
    pace = Pace(Quota(Rate("acme", 6000, 600), clock), clock=clock)
    refused = begin(pace, size=10_000)
    assert refused
    pace.heard(refused, 529, {})
    pace.leave(refused)
    assert begin(pace, size=1)


def test_a_refusal_halves_the_calls_at_once_and_answers_let_them_grow_slowly() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    turns = begin_all(pace)
    assert len(turns) == 100
    for turn in turns:  # those that were on their way together are one refusal
        pace.heard(turn, 429, {})
    for turn in turns:
        pace.leave(turn)
    assert begin(pace) is None
    clock.time += 1
    rounds: list[int] = []
    for _ in range(5):
        turns = begin_all(pace)
        rounds.append(len(turns))
        for turn in turns:
            pace.heard(turn, 200, {})
            pace.leave(turn)
    assert rounds == [50, 50, 51, 52, 53]


def test_a_wait_that_is_asked_for_holds_all_and_one_that_is_too_long_none() -> None:
    clock = Clock()
    pace = Pace(clock=clock)
    turn = begin(pace)
    assert turn
    pace.heard(turn, 429, {"retry-after": "20"})
    pace.leave(turn)
    clock.time += 19.9
    assert begin(pace) is None
    clock.time += 0.2
    turn = begin(pace)
    assert turn
    pace.heard(turn, 429, {"retry-after": "3600"})
    pace.leave(turn)
    assert begin(pace)


def test_what_a_provider_says_is_left_is_counted_down_until_it_says_more() -> None:
    clock = Clock()
    pace = Pace(clock=clock, today=lambda: NOW)
    turn = begin(pace)
    assert turn
    said = {
        "anthropic-ratelimit-requests-limit": "60",
        "anthropic-ratelimit-requests-remaining": "5",
        "anthropic-ratelimit-requests-reset": "2026-11-25T09:47:35Z",
    }
    pace.heard(turn, 200, said)
    assert len(begin_all(pace)) == 5
    clock.time += 3
    assert len(begin_all(pace)) == 3


def test_a_window_begins_anew_and_one_of_a_day_is_not_waited_for() -> None:
    clock = Clock()
    pace = Pace(clock=clock, today=lambda: NOW)
    turn = begin(pace)
    assert turn
    window = {"x-ratelimit-limit": "20", "x-ratelimit-remaining": "0"}
    pace.heard(turn, 200, {**window, "x-ratelimit-reset": f"{NOW + 30:.0f}000"})
    clock.time += 29
    assert begin(pace) is None
    clock.time += 2
    assert begin(pace)
    pace.heard(turn, 200, {**window, "x-ratelimit-reset": f"{NOW + 36000:.0f}000"})
    assert begin(pace)


def test_who_came_first_is_first_and_who_leaves_holds_nobody_up() -> None:
    pace = Pace()
    running = begin(pace)
    assert running
    pace.heard(running, 503, {})
    first, second = pace.turn(lambda: 0, None), pace.turn(lambda: 0, None)
    assert pace.ask(first)
    assert pace.ask(second)
    pace.leave(running)
    assert pace.ask(second) == NAP
    pace.leave(first)
    assert not pace.ask(second)


DONE = Finished(Usage(1, 1), StopReason.END)


class Answering:
    """Answers at once, and says of each call that it was heard with `status`."""

    def __init__(self, heard: Heard, asked: list[Prompt]) -> None:
        self._heard = heard
        self._asked = asked

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Answer."""
        self._asked.append(prompt)
        self._heard(200, {})
        yield TextDelta("hi")
        yield DONE


def test_a_call_waits_for_its_turn_and_says_so() -> None:
    asked: list[Prompt] = []
    provider = PacedProvider(
        lambda heard: Answering(heard, asked),
        "acme/a",
        Paces([Rate("acme", 600)]).of(Target("acme", "a")),
        lambda _: 1,
    )
    for _ in range(10):
        assert tell(provider).text == "hi"
    waiting = [event for event in tell(provider).events if isinstance(event, Progress)]
    assert waiting == [Progress("waiting for acme/a, which is asked no faster")]


def test_a_time_limit_ends_the_wait_and_nothing_is_sent() -> None:
    asked: list[Prompt] = []
    pace = Pace(Quota(Rate("acme", 1), Clock()))
    provider = PacedProvider(lambda heard: Answering(heard, asked), "acme/a", pace, lambda _: 1)
    assert tell(provider).text == "hi"

    told = tell(provider, replace(PROMPT, timeout=0.01))
    assert isinstance(told.failure, LimitReached)
    assert "waited for its turn at acme/a" in str(told.failure)
    assert not told.failure.maybe_billed
    assert len(asked) == 1


def test_many_threads_never_run_more_than_may_and_all_get_their_turn() -> None:
    pace = Pace()
    turns = [turn for turn in (begin(pace) for _ in range(8)) if turn]
    pace.heard(turns[-1], 503, {})
    for turn in turns:
        pace.leave(turn)
    running, most, done = 0, 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal running, most, done
        turn = pace.turn(lambda: 0, None)
        while wait := pace.ask(turn):
            turn.wait(wait)
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.002)
        with lock:
            running -= 1
            done += 1
        pace.leave(turn)

    threads = [threading.Thread(target=work) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == 60
    assert most == 4


def test_calls_of_a_process_begin_a_moment_apart() -> None:
    clock = Clock()
    pace = Paces([], clock).of(Target("acme", "a"))
    assert begin(pace)
    waiting = pace.turn(lambda: 0, None)
    assert 0 < pace.ask(waiting) <= APART
    clock.time += APART
    assert not pace.ask(waiting)


class Distant:
    """A rate that is asked over a network: it answers when it is told to."""

    counts_tokens = True

    def __init__(self) -> None:
        self.asked, self.answering = threading.Event(), threading.Event()
        self.corrected: list[float] = []

    def take(self, _: object) -> float:
        """Let the call through, in the end."""
        self.asked.set()
        assert self.answering.wait(10)
        return 0.0

    def correct(self, tokens: float) -> None:
        """Keep what there was to correct."""
        self.corrected.append(tokens)


def test_while_a_rate_far_away_is_asked_everything_else_goes_on() -> None:
    quota = Distant()
    pace = Pace(quota)
    quota.answering.set()
    running = begin(pace, size=10)
    assert running
    quota.answering.clear()
    quota.asked.clear()
    first, second = pace.turn(lambda: 5, 20), pace.turn(lambda: 5, 20)
    answers: list[float] = []
    asking = threading.Thread(target=lambda: answers.append(pace.ask(first)))
    asking.start()
    assert quota.asked.wait(10)

    assert pace.ask(second) == NAP
    running.used = Usage(10, 3)
    pace.heard(running, 429, {"retry-after": "7"})
    pace.leave(running)
    quota.answering.set()
    asking.join(10)

    assert 6 < answers[0] <= 7, "what was heard meanwhile holds it back"
    assert first.allowed
    pace.leave(first)
    pace.leave(second)
    assert quota.corrected[1:] == [-25.0], (
        "it gives back what it was let through for, and who only came nothing"
    )
