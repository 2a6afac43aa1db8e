"""Local models that many threads share: one is in memory at a time, and it answers one after another."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from agentic_flow.core.events import ProviderEvent
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt, Target
from agentic_flow.providers.waiting import NAP, Deadline


class Holding(Provider, Protocol):
    """A provider that holds memory until it is told to let go."""

    def close(self) -> None:
        """Give the memory back."""
        ...


class Shelf:
    """Opens each local model when it is wanted, and keeps it until another one is."""

    def __init__(self, open_model: Callable[[Target], Holding]) -> None:
        self._open = open_model
        self._turn = threading.Lock()
        self._held: tuple[Target, Holding] | None = None

    def provider(self, target: Target) -> Provider:
        """Return who serves `target` when it is its turn."""
        return _InTurn(self, target)

    @contextmanager
    def taken(self, target: Target, deadline: Deadline) -> Generator[Provider]:
        """Wait for the turn and have the model alone. Raises `LimitReached` where no time is left for it."""
        while not self._turn.acquire(timeout=NAP):
            deadline.left()
        try:
            yield self._model(target)
        finally:
            self._turn.release()

    def _model(self, target: Target) -> Provider:
        if self._held is not None and self._held[0] != target:
            self._held[1].close()
            self._held = None
        if self._held is None:
            self._held = (target, self._open(target))
        return self._held[1]


class _InTurn:
    def __init__(self, shelf: Shelf, target: Target) -> None:
        self._shelf = shelf
        self._target = target

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply once it is this prompt's turn."""
        deadline = Deadline(prompt.timeout)
        with self._shelf.taken(self._target, deadline) as provider:
            yield from provider.stream(replace(prompt, timeout=deadline.left()))
