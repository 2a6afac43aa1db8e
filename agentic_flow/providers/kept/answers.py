"""The events of one answer -> the answer to keep; and back to events, when it is asked for again."""

import time
from collections.abc import Callable, Generator
from contextlib import closing
from decimal import Decimal

from agentic_flow.core.events import Finished, ProviderEvent, TextDelta
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Saved, StopReason, Usage


@frozen
class Meter:
    """How what an answer takes is told."""

    price: Callable[[Usage], Decimal | None]
    """What tokens cost where the provider does not say; None when nobody knows."""
    clock: Callable[[], float] = time.monotonic
    """Seconds."""


@frozen
class KeptAnswer:
    """A whole answer, and what it took."""

    text: str
    stop_reason: StopReason
    model: str | None
    """The model that really served, where the provider said."""
    usage: Usage
    cost_usd: Decimal | None
    duration_ms: int

    def told_again(self, source: str) -> Generator[ProviderEvent]:
        """Yield it as its provider would; it costs nothing now."""
        yield TextDelta(self.text)
        saved = Saved(source, self.usage, self.cost_usd, self.duration_ms)
        yield Finished(Usage(), self.stop_reason, self.model, Decimal(0), saved)


Overheard = Generator[ProviderEvent, None, tuple[Finished | None, KeptAnswer | None]]
"""An answer passing by; in the end its `Finished`, and what is to be kept of it."""


def overheard(events: Generator[ProviderEvent], meter: Meter) -> Overheard:
    """Pass on all events but `Finished`: that is returned, so that the answer can be kept before it is told.

    The answer is None where it is not whole: cut, refused, empty, half a character in it.
    """
    said: list[str] = []
    last: Finished | None = None
    begun = meter.clock()
    with closing(events):
        for event in events:
            match event:
                case Finished():
                    last = event
                    continue
                case TextDelta():
                    said.append(event.text)
                case _:
                    pass
            yield event
    text = "".join(said)
    if last is None or not last.stop_reason.complete or not text.strip() or not is_unicode(text):
        return last, None
    cost = last.cost_usd if last.cost_usd is not None else meter.price(last.usage)
    took = round(1000 * (meter.clock() - begun))
    return last, KeptAnswer(text, last.stop_reason, last.model, last.usage, cost, took)


def is_unicode(text: str) -> bool:
    """Whether a text holds whole characters only, as a database wants them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
