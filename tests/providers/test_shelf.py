"""Local models that threads share: one in memory, for as many threads as it serves at once."""

import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from agentic_flow.core.errors import LimitReached
from agentic_flow.core.events import Finished, ProviderEvent
from agentic_flow.core.values import Prompt, StopReason, Target, Usage
from agentic_flow.providers import shelf as shelf_module
from agentic_flow.providers.shelf import Shelf
from agentic_flow.providers.waiting import Deadline

A, B = Target("onnx", "a"), Target("onnx", "b")


class Counted:
    """A model that knows how many are in it, and whether it is open."""

    at_once = 3

    def __init__(self, open_ones: set["Counted"]) -> None:
        self.open_ones = open_ones
        self.now = self.most = 0
        self.lock = threading.Lock()
        self.entered = threading.Semaphore(0)
        self.go = threading.Event()
        open_ones.add(self)

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:  # noqa: ARG002
        """Stay until it is told to go."""
        assert self.open_ones == {self}
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.entered.release()
        self.go.wait(10)
        with self.lock:
            self.now -= 1
        yield Finished(Usage(1, 1), StopReason.END)

    def close(self) -> None:
        """Be gone."""
        assert self.now == 0
        self.open_ones.remove(self)


class World:
    """A shelf and what it opened."""

    def __init__(self) -> None:
        self.open_ones: set[Counted] = set()
        self.opened: list[Counted] = []
        self.shelf = Shelf(self._open)

    def _open(self, _target: Target) -> Counted:
        self.opened.append(Counted(self.open_ones))
        return self.opened[-1]

    def ask(self, target: Target, timeout: float | None = None) -> list[ProviderEvent]:
        """Be served."""
        return list(self.shelf.provider(target).stream(Prompt("m", (), timeout=timeout)))


def test_as_many_as_it_serves_are_served_at_once_and_no_more() -> None:
    world = World()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(world.ask, A) for _ in range(8)]
        while not world.opened:
            pass
        for _ in range(3):
            assert world.opened[0].entered.acquire(timeout=10)
        assert not world.opened[0].entered.acquire(timeout=0.1)
        world.opened[0].go.set()
        assert all(len(each.result(10)) == 1 for each in asked)
    assert (len(world.opened), world.opened[0].most) == (1, 3)


def test_another_model_waits_until_the_first_is_free_and_takes_its_place() -> None:
    world = World()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(world.ask, A)
        while not world.opened:
            pass
        assert world.opened[0].entered.acquire(timeout=10)
        second = pool.submit(world.ask, B)
        with pytest.raises(LimitReached):
            world.ask(B, timeout=0.1)
        assert not second.done()
        world.opened[0].go.set()
        first.result(10)
        while len(world.opened) < 2:
            pass
        world.opened[1].go.set()
        second.result(10)
    world.shelf.close()
    assert world.open_ones == set()


def test_who_wants_another_model_is_overtaken_for_a_while_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The model is never free here: whoever leaves it has been followed by the next."""
    monkeypatch.setattr(shelf_module, "_MOST_OVERTAKEN", 5)
    world, deadline = World(), Deadline(None)
    held = ExitStack()
    held.enter_context(world.shelf.taken(A, deadline))
    with ThreadPoolExecutor(2) as pool:
        other = pool.submit(world.ask, B)
        while not world.shelf._queue:  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
            pass
        for _ in range(5):
            following = ExitStack()
            following.enter_context(world.shelf.taken(A, deadline))
            held.close()
            held = following
        with pytest.raises(LimitReached):
            world.ask(A, timeout=0.1)
        assert not other.done()
        held.close()
        while len(world.opened) < 2:
            pass
        world.opened[1].go.set()
        other.result(10)
