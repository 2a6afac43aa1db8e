"""An answer as a caller gets it: whole, or piece by piece with the whole of it at the end."""

from collections.abc import Generator
from contextlib import suppress
from decimal import Decimal
from types import TracebackType
from typing import Self
from weakref import finalize

from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Attempt, StopReason, Usage


@frozen
class ChatReply:
    """A whole answer, and what it took."""

    text: str
    provider: str
    model: str
    """The model that served, by the provider's id for it."""
    usage: Usage
    """Of all calls that were made."""
    cost_usd: Decimal | None
    """Of all calls; None where nobody knows, never 0 then."""
    stop_reason: StopReason
    reason: str
    """Why this model, in words."""
    attempts: tuple[Attempt, ...]
    """Every call, those that failed first."""
    warnings: tuple[str, ...]
    ttft_ms: int | None
    duration_ms: int
    run_id: str
    """What `agentic-flow history show` finds it by."""


def _hang_up(answer: Generator[str, None, ChatReply]) -> None:
    with suppress(ValueError):  # a daemon thread is at it, and ends with the program
        answer.close()


class ChatStream:
    """An answer as it comes: iterate over its pieces of text; afterwards `reply` is the whole of it.

    Closing it, or leaving its `with` block, hangs up.
    """

    def __init__(self, answer: Generator[str, None, ChatReply]) -> None:
        self._answer = answer
        finalize(self, _hang_up, answer)  # one that nobody closes, too, at the latest as the program ends
        self._reply: ChatReply | None = None

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        try:
            return next(self._answer)
        except StopIteration as end:
            if end.value is not None:
                self._reply = end.value
            raise StopIteration from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._answer.close()

    @property
    def reply(self) -> ChatReply:
        """The whole answer. Raises `UsageMistake` before its end."""
        if self._reply is None:
            raise UsageMistake("the answer is not whole: read the stream to its end first")
        return self._reply
