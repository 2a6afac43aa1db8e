"""A provider around a provider: calls again what may serve later, and pays for nothing twice in silence.

What was refused before anything was generated is tried again as often as the settings say. What may have
been billed is tried again once at most, and the event says so. After the first word nothing is.
"""

import random
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace

from agentic_flow.core.errors import ProviderUnavailable
from agentic_flow.core.events import ProviderEvent, Retrying, TextDelta, Warned
from agentic_flow.core.frozen import frozen
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import FallbackSettings
from agentic_flow.core.values import Prompt, Target
from agentic_flow.providers.waiting import pause

MOST_BILLED_RETRIES = 1
LONGEST_BACKOFF = 30.0
LONGEST_ASKED_WAIT = 60.0
"""Seconds. A provider that asks for more is not called again: sooner would fail, later is too late."""


@frozen
class Pacing:
    """Time and chance, handed in so that a test need not wait for either."""

    sleep: Callable[[float], None] = pause
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    """A number from 0 up to 1."""


class RetryingProvider:
    """Calls `provider`, known as `name`, again while that makes sense."""

    def __init__(
        self, provider: Provider, name: str, settings: FallbackSettings, pacing: Pacing | None = None
    ) -> None:
        self._provider = provider
        self._name = name
        self._settings = settings
        self._pacing = pacing or Pacing()

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, `Finished` last; `Retrying` before every further call."""
        clock = self._pacing.clock
        end = None if prompt.timeout is None else clock() + prompt.timeout
        told: set[Warned] = set()
        refused = billed = 0
        while True:
            left = None if end is None else end - clock()
            said = False
            try:
                with closing(self._provider.stream(replace(prompt, timeout=left))) as events:
                    for event in events:
                        if isinstance(event, Warned):
                            if event in told:
                                continue
                            told.add(event)
                        said = said or isinstance(event, TextDelta)
                        yield event
            except ProviderUnavailable as failure:
                billed += failure.maybe_billed
                refused += not failure.maybe_billed
                wait = self._wait(failure, refused, billed)
                if said or wait is None or (end is not None and clock() + wait >= end):
                    raise
                again = Retrying(Target(self._name, prompt.model), failure, wait)
            else:
                return
            yield again
            self._pacing.sleep(again.wait)

    def _wait(self, failure: ProviderUnavailable, refused: int, billed: int) -> float | None:
        """Return the seconds to wait before the next call; None when there is none to be made."""
        attempts = self._settings.retry_attempts
        if not failure.retryable or refused + billed > attempts or billed > MOST_BILLED_RETRIES:
            return None
        step = self._settings.backoff_ms / 1000
        if failure.retry_after is not None:
            # Never earlier than asked; a little later, so that many callers do not come back as one.
            too_long = failure.retry_after > LONGEST_ASKED_WAIT
            return None if too_long else failure.retry_after + self._pacing.chance() * min(step, 1.0)
        longest = min(step * 2.0 ** min(refused + billed - 1, 30), LONGEST_BACKOFF)
        return longest * (0.5 + self._pacing.chance() / 2)
