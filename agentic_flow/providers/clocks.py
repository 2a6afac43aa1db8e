"""The four clocks of one call: connecting, the first token, silence, the whole answer. Pure.

Silence is time spent waiting for the provider since it last generated something. Keep-alive comments
and pings are silence (a read timeout alone never fires while they come), and the time the reader of the
stream takes between two events is not.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum, auto

from agentic_flow.core.errors import FlowError, LimitReached, ProviderUnavailable
from agentic_flow.core.frozen import frozen
from agentic_flow.core.waiting import in_seconds
from agentic_flow.providers.failures import broken


@frozen
class Patience:
    """How many seconds to wait. A model may think for minutes before its first word."""

    connect: float = 10.0
    first_token: float = 300.0
    silence: float = 120.0


class _Phase(Enum):
    CONNECTING = auto()
    SENT = auto()
    GENERATING = auto()


class Watch:
    """The clocks of one call. `total` is the person's own limit, in seconds from now."""

    def __init__(
        self,
        patience: Patience,
        total: float | None,
        now: Callable[[], float],
        told: Callable[[], None] | None = None,
    ) -> None:
        self._told = told
        self._now = now
        self._patience = patience
        self._total = total
        self._end = None if total is None else now() + total
        self._phase = _Phase.CONNECTING
        self._waited = 0.0
        self._visible = False

    @property
    def visible(self) -> bool:
        """Whether the person has seen a part of the answer."""
        return self._visible

    def sent(self) -> None:
        """Note that the request is about to leave, and tell whoever asked to know."""
        if self._phase is _Phase.CONNECTING:
            if self._told is not None:
                self._told()
            self._phase, self._waited = _Phase.SENT, 0.0

    def recalled(self) -> None:
        """Note that the request did not leave after all: connecting begins anew."""
        self._phase, self._waited = _Phase.CONNECTING, 0.0

    def ending(self, seconds: float) -> None:
        """Note that all was said: what is still to come of the reply may take so long."""
        self._patience = replace(self._patience, silence=seconds)
        self._phase, self._waited = _Phase.GENERATING, 0.0

    def generated(self, *, visible: bool) -> None:
        """Note that the model made something: words to see, or thoughts that are not shown."""
        self._phase, self._waited = _Phase.GENERATING, 0.0
        self._visible = self._visible or visible

    def left(self) -> float:
        """Return the seconds until the first clock runs out; 0 or less when one has."""
        own = self._limit() - self._waited
        return own if self._end is None else min(own, self._end - self._now())

    @contextmanager
    def waiting(self) -> Generator[None]:
        """Count the time spent inside as waiting for the provider."""
        begun = self._now()
        try:
            yield
        finally:
            self._waited += self._now() - begun

    def verdict(self, provider: str) -> FlowError:
        """Return the failure of the clock that ran out."""
        if self._total is not None and self._end is not None and self._now() >= self._end:
            waited = in_seconds(self._total)
            message = f"the time ran out after {waited} of waiting for {provider}; raise --timeout"
            return LimitReached(message, maybe_billed=self._phase is not _Phase.CONNECTING)
        limit = in_seconds(self._limit())
        match self._phase:
            case _Phase.CONNECTING:
                message = f"no connection to {provider} within {limit}; check the network and the base URL"
                return ProviderUnavailable(message, retryable=True)
            case _Phase.SENT:
                return broken(provider, f"did not begin to answer within {limit}", visible=False)
            case _Phase.GENERATING:
                return broken(provider, f"fell silent for {limit}", visible=self._visible)

    def _limit(self) -> float:
        match self._phase:
            case _Phase.CONNECTING:
                return self._patience.connect
            case _Phase.SENT:
                return self._patience.first_token
            case _Phase.GENERATING:
                return self._patience.silence
