"""Requests of `chat_many` -> their outcomes, by a crew as a batch has one."""

import threading
from collections.abc import Callable, Sequence

from agentic_flow.batch.interrupting import StoppedByHand
from agentic_flow.core.errors import FlowError
from agentic_flow.library.replies import ChatReply
from agentic_flow.library.requests import ChatRequest

Numbered = tuple[int, ChatRequest]
Outcome = tuple[int, ChatReply | FlowError]


class Requests:
    """Gives out each request with its place."""

    def __init__(self, requests: Sequence[ChatRequest]) -> None:
        self._left = iter(list(enumerate(requests)))
        self._lock = threading.Lock()

    def take(self) -> Numbered | None:
        """Return the next request; None when there is none."""
        with self._lock:
            return next(self._left, None)

    def close(self) -> None:
        """Give out no more."""
        with self._lock:
            self._left = iter(())


class Chats:
    """What a crew does with requests. Failures are outcomes, too."""

    def __init__(self, chat: Callable[..., ChatReply]) -> None:
        self._chat = chat

    def begun(self, job: Numbered) -> None:
        """Say nothing: outcomes are all there is."""

    def do(self, job: Numbered, tell: Callable[[Outcome], None]) -> Outcome:  # noqa: ARG002  (as a crew asks)
        """Ask, and return what came of it."""
        number, request = job
        try:
            return number, self._chat(**request)
        except FlowError as failure:
            return number, failure

    def given_up(self, job: Numbered) -> Outcome:
        """Return the outcome of a request that was left."""
        return job[0], StoppedByHand()
