"""What all tests stand on: no socket leaves this machine, no test sees the person's own files or keys."""

import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from tests.program import Flow, make_flow

# A slow machine is no failure. In CI the same examples every time: new ones are looked for at a desk.
settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")

# Modules that may not be kept compiled are compiled at every start of the program: a third of its time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# What a shell begins in its background ignores Ctrl-C, and so does all that it begins.
signal.signal(signal.SIGINT, signal.default_int_handler)

_LOOPBACK = ("127.", "::1", "localhost")


@pytest.fixture(autouse=True)
def _stay_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that would leave loopback."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not str(address[0]).startswith(_LOOPBACK):
            message = f"a test tried to reach {address[0]}"
            raise ConnectionRefusedError(message)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def flow(tmp_path: Path) -> Flow:
    """Return the program, isolated from the person's own configuration, models and keys."""
    return make_flow(tmp_path)


@pytest.fixture
def models_dir() -> Callable[[], Path]:
    """Return where real local models live on this machine: the variable's folder, else the user's cache."""

    def find() -> Path:
        import platformdirs

        named = os.environ.get("AGENTIC_FLOW_MODELS_DIR")
        return Path(named) if named else Path(platformdirs.user_cache_dir("agentic-flow")) / "models"

    return find


@pytest.fixture
def smollm2(models_dir: Callable[[], Path]) -> Path:
    """Return the folder of a small real model, or skip where it is not on this machine."""
    folder = models_dir() / "smollm2-135m"
    if not folder.is_dir():
        pytest.skip(
            f"{folder.name} is not in {folder.parent}; run `agentic-flow download-model {folder.name}`"
        )
    return folder
