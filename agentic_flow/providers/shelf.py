"""Local models that many threads share: one is in memory at a time, for as many of them as it can serve."""

import os
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from agentic_flow.core.events import ProviderEvent
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt, Target
from agentic_flow.core.waiting import NAP
from agentic_flow.providers.waiting import Deadline


class Holding(Provider, Protocol):
    """A provider that holds memory until it is told to let go."""

    @property
    def at_once(self) -> int:
        """How many streams it may have at a time."""
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...


_MOST_OVERTAKEN = 32
"""How many may be served before one who came earlier and wants another model. Loading that takes as long as
some of them, so whoever wants the model that is there goes first, for a while."""


@dataclass(slots=True, eq=False)
class _Waiting:
    """One who waits for a model."""

    target: Target
    overtaken: int = 0


class Shelf:
    """Opens each local model when it is wanted, and keeps it until another one is."""

    def __init__(self, open_model: Callable[[Target], Holding]) -> None:
        self._open = open_model
        self._begin()

    def _begin(self) -> None:
        """Hold nothing. A fork begins anew, too: what its parent holds has threads that are not here."""
        self._process = os.getpid()
        self._changed = threading.Condition()
        self._held: tuple[Target, Holding] | None = None
        self._users = 0
        self._closed = False
        self._queue: list[_Waiting] = []

    def provider(self, target: Target) -> Provider:
        """Return who serves `target` when it is its turn."""
        return _InTurn(self, target)

    def close(self) -> None:
        """Give the memory back, as soon as nobody is served any more. Who asks later is served again."""
        if self._process == os.getpid():
            with self._changed:
                self._closed = True
                self._let_go()

    def _let_go(self) -> None:
        if self._held is not None and not self._users:
            self._held[1].close()
            self._held = None

    @contextmanager
    def taken(self, target: Target, deadline: Deadline) -> Generator[Provider]:
        """Wait for the turn and have the model. Raises `LimitReached` where no time is left for it."""
        provider = self._take(target, deadline)
        try:
            yield provider
        finally:
            with self._changed:
                self._users -= 1
                if self._closed:
                    self._let_go()
                self._changed.notify_all()

    def _take(self, target: Target, deadline: Deadline) -> Provider:
        if self._process != os.getpid():
            self._begin()
        with self._changed:
            self._wait(_Waiting(target), deadline)
            if self._held is not None and self._held[0] != target:
                self._let_go()
            self._closed = False
            if self._held is None:
                self._held = (target, self._open(target))
            self._users += 1
            return self._held[1]

    def _wait(self, own: _Waiting, deadline: Deadline) -> None:
        self._queue.append(own)
        try:
            while not self._may_go(own):
                self._changed.wait(NAP)
                deadline.left()
            for earlier in self._others_before(own):
                earlier.overtaken += 1
        finally:
            self._queue.remove(own)

    def _may_go(self, own: _Waiting) -> bool:
        if any(earlier.overtaken >= _MOST_OVERTAKEN for earlier in self._others_before(own)):
            return False
        if not self._users or self._held is None:
            return True
        held, provider = self._held
        return held == own.target and self._users < provider.at_once

    def _others_before(self, own: _Waiting) -> list[_Waiting]:
        """Return those who came before and want another model."""
        before = self._queue[: self._queue.index(own)]
        return [earlier for earlier in before if earlier.target != own.target]


class _InTurn:
    def __init__(self, shelf: Shelf, target: Target) -> None:
        self._shelf = shelf
        self._target = target

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply once it is this prompt's turn."""
        deadline = Deadline(prompt.timeout)
        with self._shelf.taken(self._target, deadline) as provider:
            yield from provider.stream(replace(prompt, timeout=deadline.left()))
