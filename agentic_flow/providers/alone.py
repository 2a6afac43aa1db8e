"""A model of the runtime -> one that threads may share: it makes one answer at a time."""

import threading
from collections.abc import Callable, Mapping

from agentic_flow.core.waiting import NAP
from agentic_flow.providers import engine
from agentic_flow.providers.sampling import SearchOption
from agentic_flow.providers.waiting import Deadline, Errand

RequireMemory = Callable[[int, int], None]
"""For so many tokens, of which so many bytes are taken already. Raises `NotEnoughMemory`."""


class Alone:
    """Lets each answer have the model for itself."""

    def __init__(self, model: engine.Model, require: RequireMemory) -> None:
        self._model = model
        self._require = require
        self._turn = threading.Lock()
        self.reads_on = model.reads_on

    def begin(
        self, search: Mapping[str, SearchOption], grammar: str | None, deadline: Deadline
    ) -> engine.Generation:
        """Set up one answer, when the one before is closed. Raises `NotEnoughMemory`, `LimitReached`."""
        while not self._turn.acquire(timeout=NAP):
            deadline.left()
        try:
            self._require(int(search["max_length"]), 0)
            generation = self._begun(search, grammar, deadline)
        except BaseException:
            self._turn.release()
            raise
        generation.closed = self._turn.release
        return generation

    def _begun(
        self, search: Mapping[str, SearchOption], grammar: str | None, deadline: Deadline
    ) -> engine.Generation:
        begun = Errand(lambda: self._model.begin(search, grammar))
        try:
            return begun.result(deadline)
        except BaseException:
            begun.join()  # the model must not be closed while it is at work
            begun.abandon(engine.Generation.close)
            raise

    def remarks(self) -> list[str]:
        """Return nothing: there is nothing to say."""
        return []

    def close(self) -> None:
        """Give the memory back."""
        self._model.close()
