"""A provider made of providers: the next one answers where one could not begin. Always announced."""

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace

from agentic_flow.core.errors import (
    ContextOverflow,
    KeyProblem,
    LocalModelProblem,
    OutOfCredit,
    OverBudget,
    ProviderUnavailable,
)
from agentic_flow.core.events import FellBack, Finished, ProviderEvent, TextDelta
from agentic_flow.core.frozen import frozen
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt, Target
from agentic_flow.providers.breaker import Breaker

ANOTHER_MAY_SERVE = (
    *(ProviderUnavailable, KeyProblem, OutOfCredit, OverBudget, ContextOverflow, LocalModelProblem),
)
"""What is wrong with one provider and says nothing about the next; not a wrong name, nor the time limit."""


@frozen
class Link:
    """One step of the chain. `open` makes its provider when its turn comes."""

    target: Target
    open: Callable[[], Provider]


class FallbackProvider:
    """Tries each link in turn until one has said its first word. `chain` must not be empty.

    A link that rests, as `breaker` knows, is passed over at once; the last one is asked even so.
    """

    def __init__(
        self,
        chain: Sequence[Link],
        *,
        clock: Callable[[], float] = time.monotonic,
        breaker: Breaker | None = None,
    ) -> None:
        self._chain = chain
        self._clock = clock
        self._breaker = breaker or Breaker()

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply of the first link that begins; raise the last link's failure when none does."""
        end = None if prompt.timeout is None else self._clock() + prompt.timeout
        for link, following in zip(self._chain, (*self._chain[1:], None), strict=True):
            if following is not None and (rest := self._breaker.resting(link.target)):
                yield FellBack(link.target, rest, following.target)
                continue
            left = None if end is None else end - self._clock()
            begun = False
            try:
                asked = replace(prompt, model=link.target.model, timeout=left)
                with closing(link.open().stream(asked)) as events:
                    for event in events:
                        begun = begun or isinstance(event, TextDelta)
                        if isinstance(event, TextDelta | Finished):
                            self._breaker.served(link.target)
                        yield event
            except ANOTHER_MAY_SERVE as failure:
                self._breaker.failed(link.target, failure)
                # Half an answer is on screen, or no time is left: a second answer would contradict both.
                if begun or following is None or (end is not None and self._clock() >= end):
                    raise
                announced = FellBack(link.target, failure, following.target)
            else:
                return
            yield announced
