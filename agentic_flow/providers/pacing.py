"""A provider around a provider: makes a call when its turn has come, and learns from how it was received.

It stands inside of what tries again, so that every further call waits for its turn too, and outside of what
pays, so that nothing is set aside for a call that waits.
"""

import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import replace

from agentic_flow.core.errors import LimitReached
from agentic_flow.core.events import Finished, Metered, Progress, ProviderEvent
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt
from agentic_flow.providers.pace import Pace

Heard = Callable[[int, Mapping[str, str]], None]
"""Takes the status and the headers of a reply, their names in lower case."""


class PacedProvider:
    """Calls what `opening` makes, known as `name`, at `pace`; `size` counts the tokens of a prompt."""

    def __init__(
        self,
        opening: Callable[[Heard], Provider],
        name: str,
        pace: Pace,
        size: Callable[[Prompt], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opening = opening
        self._name = name
        self._pace = pace
        self._size = size
        self._clock = clock

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, `Finished` last. Raises `LimitReached` where the time is up before the turn."""
        end = None if prompt.timeout is None else self._clock() + prompt.timeout
        turn = self._pace.turn(lambda: self._size(prompt), prompt.sampling.max_tokens)
        told = False
        try:
            while wait := self._pace.ask(turn):
                if not told:
                    yield Progress(f"waiting for {self._name}, which is asked no faster")
                    told = True
                turn.wait(wait if end is None else min(wait, max(0.0, end - self._clock())))
                if end is not None and self._clock() >= end:
                    raise LimitReached(
                        "the time limit ran out while the call waited for its turn"
                        f" at {self._name}, which is asked no faster; raise --timeout or --rate"
                    )
            if end is not None:
                prompt = replace(prompt, timeout=end - self._clock())
            opened = self._opening(lambda status, headers: self._pace.heard(turn, status, headers))
            with closing(opened.stream(prompt)) as events:
                for event in events:
                    if isinstance(event, Metered | Finished) and event.usage.known:
                        turn.used = event.usage
                    yield event
        finally:
            self._pace.leave(turn)
