"""Which targets keep failing, so that nobody waits for them again and again. One for a whole process.

A target that failed several times in a row rests for a while: whoever has another one goes there at once.
When the rest is over one call tries it again; the others still go elsewhere until that call has begun to
answer. What says something about the request alone (a wrong name, a prompt too long) counts for nothing.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from agentic_flow.core.errors import FlowError, KeyProblem, OutOfCredit, ProviderUnavailable
from agentic_flow.core.values import Target

FAILURES = 3
"""In a row, each after all its retries."""
REST = 60.0
"""Seconds."""


@dataclass(slots=True)
class _State:
    failures: int = 0
    until: float = 0.0
    why: str = ""


class Breaker:
    """Counts failures in a row; may be asked from many threads."""

    def __init__(
        self, *, failures: int = FAILURES, rest: float = REST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._states: dict[Target, _State] = {}
        self._lock = threading.Lock()

    def resting(self, target: Target) -> ProviderUnavailable | None:
        """Return why `target` is not asked now; None when it is. After a rest one caller may try it."""
        with self._lock:
            state = self._states.get(target)
            if state is None or state.failures < self._most:
                return None
            left = state.until - self._clock()
            if left <= 0:
                state.until = self._clock() + self._rest  # this caller tries; the others wait for its news
                return None
            why = state.why
        return ProviderUnavailable(
            f"not asked for the next {left:.0f} s, since it failed {self._most} times in a row: {why}"
        )

    def served(self, target: Target) -> None:
        """Note that `target` answers."""
        with self._lock:
            self._states.pop(target, None)

    def failed(self, target: Target, failure: FlowError) -> None:
        """Note a failure, where it says something about the provider."""
        if not _telling(failure):
            return
        with self._lock:
            state = self._states.setdefault(target, _State())
            state.failures += 1
            state.why = str(failure)
            if state.failures >= self._most:
                state.until = self._clock() + self._rest


def _telling(failure: FlowError) -> bool:
    """Tell whether the next request will fare the same, whatever it asks."""
    if isinstance(failure, ProviderUnavailable):
        return failure.retryable
    return isinstance(failure, KeyProblem | OutOfCredit)
