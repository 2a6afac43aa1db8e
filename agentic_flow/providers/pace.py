"""How fast a hosted model may be asked, by all threads of a process. It never waits itself: it says how long.

Three things hold a call back. A rate that a person names is spread evenly: a provider that allows 60 a minute
may allow one a second. What a provider says of its own limits is counted down between its replies. And a
refusal (429, 503, 529) halves how many calls run at once; each answer lets them grow again, by one a round.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from math import inf
from typing import Protocol

from agentic_flow.core.budgets import Rate
from agentic_flow.core.values import Target, Usage
from agentic_flow.core.waiting import NAP
from agentic_flow.providers.allowances import Kind, allowances
from agentic_flow.providers.complaints import asked_wait

LONGEST_HOLD = 60.0
"""Seconds. A call that would have to wait longer, as the provider has it, is made: it fails over at once."""
_FIRST_HOLD, _LONGEST_GUESS = 0.5, 30.0
"""Seconds that nobody is asked after a refusal that names none; twice as long after the next."""
_REFUSALS = frozenset({429, 503, 529})
_TOO_MANY = 429
_MINUTE = 60.0
APART = 0.002
"""Seconds between the beginnings of two calls, about what the processor has to do for one. Calls that begin
together are answered together, and then all want the processor while the provider has nothing to do; once
they are a moment apart, they stay so."""
_TYPICAL_OUTPUT = 1000.0
"""Tokens of an answer, until there was one."""


class Turn:
    """One call that waits for its turn, has it, or had it."""

    def __init__(self, size: int, most: float) -> None:
        self.amounts = {Kind.REQUESTS: 1.0, Kind.TOKENS: size + most, Kind.INPUT: size, Kind.OUTPUT: most}
        """What it takes of each kind; of tokens as many as were thought of before."""
        self.number = 0
        """In the order of beginning; 0 for one that has not begun."""
        self.allowed = False
        """Whether the rate has let it through; what was learnt meanwhile may still hold it back."""
        self.heard = False
        """Whether the head of a reply has come."""
        self.used: Usage | None = None
        """What it used, as far as the provider said."""
        self._called = threading.Event()

    def call(self) -> None:
        """Let whoever waits ask again."""
        self._called.set()

    def wait(self, seconds: float) -> None:
        """Wait until it is called, a moment at most: a thread hears that it is to end only in between."""
        self._called.wait(min(seconds, NAP))
        self._called.clear()


class _Bucket:
    """Fills steadily up to its capacity. More may be taken than there is: then the next waits longer."""

    def __init__(self, capacity: float, a_second: float, level: float, at: float) -> None:
        self._capacity = capacity
        self._a_second = a_second
        self._level = level
        self._at = at

    def wait(self, amount: float, now: float) -> float:
        """Return the seconds until `amount` may be taken."""
        missing = min(amount, self._capacity) - self._level - (now - self._at) * self._a_second
        if missing <= 0:
            return 0.0
        return missing / self._a_second if self._a_second else inf

    def take(self, amount: float, now: float) -> None:
        """Take `amount`; less than 0 gives back."""
        filled = min(self._capacity, self._level + (now - self._at) * self._a_second)
        self._level, self._at = min(self._capacity, filled - amount), now


class Allowing(Protocol):
    """Holds calls to a rate, wherever it is kept."""

    @property
    def counts_tokens(self) -> bool:
        """Whether tokens count, not calls alone."""
        ...

    def take(self, amounts: Mapping[Kind, float]) -> float:
        """Take what a call needs and return 0; or take nothing and return the seconds until it is there.

        It may be asked over a network, so nobody else is to wait for the answer. Raises a `FlowError` where
        none comes.
        """
        ...

    def correct(self, tokens: float) -> None:
        """Count so many tokens more than were thought of; less than 0: fewer."""
        ...


class Quota:
    """The rate that a person names for one provider, evenly spread."""

    def __init__(self, rate: Rate, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._buckets = {Kind.REQUESTS: _spread(rate.requests, clock())}
        if rate.tokens is not None:
            self._buckets[Kind.TOKENS] = _spread(rate.tokens, clock())
        self.counts_tokens = rate.tokens is not None

    def take(self, amounts: Mapping[Kind, float]) -> float:
        """Take what a call needs and return 0; or take nothing and return the seconds until it is there."""
        now = self._clock()
        with self._lock:
            wait = max(bucket.wait(amounts[kind], now) for kind, bucket in self._buckets.items())
            if not wait:
                for kind, bucket in self._buckets.items():
                    bucket.take(amounts[kind], now)
            return wait

    def correct(self, tokens: float) -> None:
        """Count so many tokens more than were thought of; less than 0: fewer."""
        with self._lock:
            if bucket := self._buckets.get(Kind.TOKENS):
                bucket.take(tokens, self._clock())


def _spread(limit: float, now: float) -> _Bucket:
    """Return what lets `limit` through a minute, and no more than a second's at once."""
    at_once = max(1.0, limit / _MINUTE)
    return _Bucket(at_once, limit / _MINUTE, at_once, now)


class Pace:
    """How fast one target may be asked. Whoever comes first is first."""

    def __init__(
        self,
        quota: Allowing | None = None,
        *,
        apart: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
    ) -> None:
        self._quota = quota
        self._apart = apart
        self._next_at = 0.0
        self._clock = clock
        self._today = today
        self._lock = threading.Lock()
        self._queue: deque[Turn] = deque()
        self._running: set[Turn] = set()
        self._begun = self._begun_at_cut = 0
        self._most: float | None = None
        """Calls at once; None: nobody was refused yet."""
        self._refused_in_a_row = 0
        self._held_until = 0.0
        self._learnt: dict[Kind, tuple[_Bucket, float]] = {}
        """What the provider says is left, and until when its word holds: to a reset that brings all back."""
        self._typical = _TYPICAL_OUTPUT

    def turn(self, size: Callable[[], int], max_tokens: int | None) -> Turn:
        """Return a call of a prompt of `size` tokens, which is only asked for where tokens count."""
        weighs = (self._quota is not None and self._quota.counts_tokens) or bool(
            self._learnt.keys() - {Kind.REQUESTS}
        )
        most = self._typical if max_tokens is None else min(self._typical, max_tokens)
        return Turn(size() if weighs else 0, most)

    def ask(self, turn: Turn) -> float:
        """Return 0 where the turn has come; else the seconds to wait before asking again, if none calls."""
        wait = self._begin(turn)
        if wait or turn.number or self._quota is None:
            return wait
        # The rate is all that is left to ask. Others stand behind this turn, but may come, hear and leave.
        if wait := self._quota.take(turn.amounts):
            return wait
        turn.allowed = True
        return self._begin(turn)

    def _begin(self, turn: Turn) -> float:
        """Let a turn begin that is the first and may; else return how long it has to wait.

        That is 0 for one that has only its rate still to ask.
        """
        with self._lock:
            if turn not in self._queue:
                self._queue.append(turn)
            if self._queue[0] is not turn:
                return NAP
            now = self._clock()
            if wait := self._wait(turn, now):
                return wait
            if self._quota is not None and not turn.allowed:
                return 0.0
            self._next_at = now + self._apart
            self._begun += 1
            turn.number = self._begun
            self._running.add(turn)
            self._queue.popleft()
            for kind, (bucket, _) in self._learnt.items():
                bucket.take(turn.amounts[kind], now)
            self._call_next()
            return 0.0

    def heard(self, turn: Turn, status: int, headers: Mapping[str, str]) -> None:
        """Learn from the head of the reply to a turn."""
        today = self._today()
        told = list(allowances(headers, today))
        with self._lock:
            turn.heard = True
            now = self._clock()
            for allowed in told:
                # The provider may not know yet of those that have no reply.
                unheard = sum(other.amounts[allowed.kind] for other in self._running if not other.heard)
                bucket = _Bucket(allowed.limit, allowed.a_second, allowed.left - unheard, now)
                self._learnt[allowed.kind] = bucket, inf if allowed.a_second else now + allowed.full_in
            if status in _REFUSALS:
                turn.used = turn.used or Usage()
                self._refused(turn, status, asked_wait(headers, today), now)
            elif 200 <= status < 300:  # noqa: PLR2004  (2xx)
                self._refused_in_a_row = 0
                if self._most is not None:
                    self._most += 1 / self._most

    def leave(self, turn: Turn) -> None:
        """End a turn, whether it has come or not."""
        used = turn.used if turn.number else Usage() if turn.allowed else None
        with self._lock:
            if turn in self._queue:
                self._queue.remove(turn)
            self._running.discard(turn)
            if used is not None and used.output_tokens:
                self._typical += (used.output_tokens - self._typical) / 8
            self._call_next()
        if used is not None and self._quota is not None:
            self._quota.correct(used.input_tokens + used.output_tokens - turn.amounts[Kind.TOKENS])

    def _wait(self, turn: Turn, now: float) -> float:
        """Return how long what was learnt holds a turn back."""
        if now < (earliest := max(self._held_until, self._next_at)):
            return earliest - now
        if self._most is not None and len(self._running) >= max(1, int(self._most)):
            return NAP
        waits = (
            min(bucket.wait(turn.amounts[kind], now), max(0.0, until - now))
            for kind, (bucket, until) in self._learnt.items()
        )
        longest = max(waits, default=0.0)
        return longest if longest <= LONGEST_HOLD else 0.0

    def _refused(self, turn: Turn, status: int, asked: float | None, now: float) -> None:
        if turn.number > self._begun_at_cut:  # those that were on their way at the last cut say nothing new
            self._begun_at_cut = self._begun
            self._most = max(1.0, len(self._running) / 2)
            self._refused_in_a_row += 1
            if asked is None and status == _TOO_MANY:
                asked = min(_FIRST_HOLD * 2.0 ** min(self._refused_in_a_row - 1, 10), _LONGEST_GUESS)
        if asked is not None and asked <= LONGEST_HOLD:
            self._held_until = max(self._held_until, now + asked)

    def _call_next(self) -> None:
        if self._queue:
            self._queue[0].call()


class Paces:
    """The pace of every target that a process asks; a rate holds for all models of its provider together."""

    def __init__(
        self,
        rates: Iterable[Rate],
        clock: Callable[[], float] = time.monotonic,
        open_quota: Callable[[Rate], Allowing] | None = None,
    ) -> None:
        """Hold calls to `rates`, here, or where `open_quota` says they are kept."""
        self._clock = clock
        self._quotas: dict[str, Allowing] = {
            rate.provider: open_quota(rate) if open_quota else Quota(rate, clock) for rate in rates
        }
        self._paces: dict[Target, Pace] = {}
        self._lock = threading.Lock()

    def of(self, target: Target) -> Pace:
        """Return the one pace of a target."""
        with self._lock:
            if target not in self._paces:
                self._paces[target] = Pace(self._quotas.get(target.provider), apart=APART, clock=self._clock)
            return self._paces[target]
