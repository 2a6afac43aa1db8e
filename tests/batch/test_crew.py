"""A crew that is told to end while its jobs load a module: the module is loaded to its end, then all end."""

import importlib
import sys
import threading
from collections.abc import Callable
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
