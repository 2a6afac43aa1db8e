"""The program under test, as a person starts it: in a folder of its own, with a home of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pexpect

NOWHERE = "http://127.0.0.1:9"
"""The way to every host of the internet, for a program under test: nobody listens there."""
TOLD_THE_SHELL = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
"""Lets Typer take the shell for completion from the next word, and not from who started the tests."""


@dataclass(frozen=True)
class Flow:
    """The program as a person starts it: in a folder of its own, with a home of its own."""

    cwd: Path
    env: dict[str, str]

    def __call__(
        self, *arguments: str, stdin: str | bytes | None = None, **more_env: str
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end and return what it said. No `stdin` means none: /dev/null."""
        return subprocess.run(
            self.command(arguments),
            cwd=self.cwd,
            env={**self.env, **more_env},
            input=stdin.decode() if isinstance(stdin, bytes) else stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )

    def start(self, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
        """Start and return the process; the test ends it."""
        return subprocess.Popen(self.command(arguments), cwd=self.cwd, env=self.env, **streams)

    def on_terminal(
        self, *arguments: str, dimensions: tuple[int, int] = (24, 80), **more_env: str
    ) -> "pexpect.spawn[str]":
        """Start on a terminal and return who sits at it."""
        program, *rest = self.command(arguments)
        return pexpect.spawn(
            program,
            rest,
            cwd=str(self.cwd),
            env={**self.env, **more_env},
            dimensions=dimensions,
            timeout=60,
            encoding="utf-8",
        )

    def script(self, name: str, *lines: dict[str, object]) -> str:
        """Write what a scripted model says, and return the model's name."""
        path = self.cwd / f"{name}.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return f"scripted/{path}"

    @staticmethod
    def command(arguments: Sequence[str]) -> list[str]:
        """Return the command line that starts the program under test."""
        return [sys.executable, "-m", "agentic_flow", *arguments]


def make_flow(folder: Path) -> Flow:
    """Build the isolated program in `folder`."""
    home, cwd = folder / "home", folder / "work"
    home.mkdir()
    cwd.mkdir()
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith(("_API_KEY", "_TOKEN", "_BASE_URL"))
        and not name.startswith(("AGENTIC_FLOW_", "XDG_"))
    }
    root = str(Path(__file__).resolve().parent.parent)
    own = {"HOME": str(home), "PYTHONPATH": root, "PYTHONWARNINGS": "default", "COLUMNS": "100"}
    return Flow(cwd, kept | own | {"HTTPS_PROXY": NOWHERE})
