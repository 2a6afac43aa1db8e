"""A crew that is told to end hears of it in any case, and loads a module to its end first."""

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from agentic_flow.batch.crew import Crew
from agentic_flow.core.errors import Interrupted

MODULE = """
import sys, time
gate = sys.modules["crew_gate"]
gate.begun.set()
gate.opened.wait(30)
for _ in range(20):
    time.sleep(0.01)
whole = True
"""


class Gate:
    """What the module waits for."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.opened = threading.Event()


class Two:
    """Two jobs."""

    def __init__(self) -> None:
        self._left = ["one", "two"]

    def take(self) -> str | None:
        """Return the next."""
        return self._left.pop() if self._left else None

    def close(self) -> None:
        """Let nothing more begin."""
        self._left.clear()


class Loading:
    """Each job loads the same module, and then takes its time."""

    def begun(self, job: str) -> str | None:
        """Say so."""
        return f"{job} began"

    def do(self, job: str, tell: Callable[[str], None]) -> str:
        """Load it."""
        tell(f"{job} loaded it: {importlib.import_module('crew_slow').whole}")
        threading.Event().wait(0.5)
        return f"{job} ended"

    def given_up(self, job: str) -> str:
        """Say so."""
        return f"{job} was left"


class Waiting(Loading):
    """Each job waits for half a minute, in naps."""

    def do(self, job: str, tell: Callable[[str], None]) -> str:
        """Wait."""
        tell(f"{job} waits")
        for _ in range(600):
            threading.Event().wait(0.05)
        return f"{job} ended"


@pytest.fixture
def elsewhere() -> Generator[threading.Event]:
    """Let a thread that is not the main one take SIGUSR1, and send it when the event is set."""
    send = threading.Event()

    def wait() -> None:
        assert send.wait(30)
        os.kill(os.getpid(), signal.SIGUSR1)

    thread = threading.Thread(target=wait)
    thread.start()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    yield send
    send.set()
    thread.join()
    signal.pthread_sigmask(signal.SIG_SETMASK, before)


def test_a_signal_that_another_thread_takes_is_heard_before_a_job_ends(elsewhere: threading.Event) -> None:
    crew = Crew(Waiting(), 2)
    before = signal.signal(signal.SIGUSR1, lambda *_: crew.interrupt(Interrupted("SIGUSR1")))
    said: list[str] = []

    def listen() -> None:
        for event in crew.work(Two()):
            said.append(event)
            if len(said) == 4:
                elsewhere.set()

    with pytest.raises(Interrupted):
        listen()
    signal.signal(signal.SIGUSR1, before)

    assert {"one waits", "two waits"} <= set(said)
    assert {"one ended", "two ended"}.isdisjoint(said)


def test_a_module_that_is_being_loaded_is_loaded_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    (tmp_path / "crew_slow.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)  # pyright: ignore[reportUnknownMemberType]
    monkeypatch.setitem(sys.modules, "crew_gate", gate)
    crew = Crew(Loading(), 2)
    said: list[str] = []

    def stop() -> None:
        assert gate.begun.wait(30)
        crew.interrupt(Interrupted("SIGINT"))
        gate.opened.set()

    threading.Thread(target=stop).start()
    with pytest.raises(Interrupted):
        said.extend(crew.work(Two()))

    assert sys.modules.pop("crew_slow").whole
