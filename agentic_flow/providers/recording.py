"""A provider around a provider: sets the most a call can cost aside first, and says afterwards what it did.

It stands innermost, so that every call that leaves the machine is one reservation, retries and fallbacks
included.
"""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace
from typing import Protocol

from agentic_flow.core.errors import FlowError, Interrupted
from agentic_flow.core.events import Finished, Metered, ProviderEvent, TextDelta, Warned
from agentic_flow.core.frozen import frozen
from agentic_flow.core.ports import Provider
from agentic_flow.core.remembered import PaidAnswer
from agentic_flow.core.values import Prompt, Usage


@frozen
class Booking:
    """What a call may do: how long its answer may be, and what a person should know of that."""

    number: int | None
    """The reservation; None where none could be kept and none had to be."""
    max_tokens: int
    warnings: tuple[str, ...] = ()
    question: str | None = None
    """What its answer is kept under until it is used; None: it is not kept."""


@frozen
class Settlement:
    """How a call ended, in what is known of its cost."""

    last: Metered | Finished | None
    """The provider's last word on what was used."""
    unbilled: bool
    """Whether the provider is known not to bill it: it never got the request, or refused it."""
    text: str = ""
    """What was said."""

    @property
    def usage(self) -> Usage:
        """What was used, as far as anybody said."""
        return self.last.usage if self.last else Usage()


class Account(Protocol):
    """Who pays for the calls of one target in one run."""

    def recall(self, prompt: Prompt) -> PaidAnswer | None:
        """Return the answer that was paid for before and not used, where there is one."""
        ...

    def reserve(self, prompt: Prompt) -> Booking:
        """Set the most that the call can cost aside; it may wait for calls that are under way.

        Raises `OverBudget` where a limit leaves too little.
        """
        ...

    def sent(self, booking: Booking) -> None:
        """Note that the request is on its way."""
        ...

    def settle(self, booking: Booking, end: Settlement) -> tuple[str, ...]:
        """Let what the call cost count. Returns what a person should know; never fails."""
        ...


Opening = Callable[[Callable[[], None]], Provider]
"""Makes the provider of one call; it calls what it is given once the request is about to be sent."""


class RecordingProvider:
    """Calls what `opening` makes, on `account`."""

    def __init__(self, opening: Opening, account: Account) -> None:
        self._opening = opening
        self._account = account

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, `Finished` last. Raises `OverBudget` before anything is sent."""
        begun = time.monotonic()
        booking = self._account.reserve(prompt)
        left = None if prompt.timeout is None else prompt.timeout - (time.monotonic() - begun)
        told = replace(prompt, timeout=left, sampling=replace(prompt.sampling, max_tokens=booking.max_tokens))
        call = _Call(self._account, booking)
        try:
            yield from map(Warned, booking.warnings)
            with closing(self._opening(call.note_sent).stream(told)) as events:
                for event in events:
                    if isinstance(event, TextDelta):
                        call.said.append(event.text)
                    elif isinstance(event, Metered | Finished):
                        call.last = event
                    if isinstance(event, Finished):
                        yield from map(Warned, call.settle(None))
                    yield event
        except BaseException as failure:
            call.settle(failure)
            raise
        call.settle(None)  # a stream that ended without its marker


class _Call:
    def __init__(self, account: Account, booking: Booking) -> None:
        self._account = account
        self._booking = booking
        self._sent = self._settled = False
        self.last: Metered | Finished | None = None
        self.said: list[str] = []

    def note_sent(self) -> None:
        self._account.sent(self._booking)
        self._sent = True

    def settle(self, failure: BaseException | None) -> tuple[str, ...]:
        if self._settled:
            return ()
        self._settled = True
        refused = (
            isinstance(failure, FlowError)
            and not failure.maybe_billed
            and not isinstance(failure, Interrupted)
            and self.last is None
        )
        end = Settlement(self.last, refused or not self._sent, "".join(self.said))
        return self._account.settle(self._booking, end)
