"""Files of tasks and of results, and scripted models that answer them."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.program import Flow

DONE = {"finish": "end", "input_tokens": 7, "output_tokens": 9}
SAID = ["--agent", "reviewer"]


@pytest.fixture
def echo(flow: Flow) -> str:
    """Write a model that says back what it is told."""
    return flow.script("echo", {"echo": True}, DONE)


@pytest.fixture
def slow(flow: Flow) -> str:
    """Write a model that begins, and then takes its time."""
    return flow.script("slow", {"text": "Well,"}, {"wait": 60}, DONE)


def write(flow: Flow, *lines: dict[str, Any] | str, name: str = "tasks.jsonl") -> str:
    """Write a file of tasks."""
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    (flow.cwd / name).write_text(text, encoding="utf-8")
    return name


def read(flow: Flow, name: str = "r.jsonl") -> list[dict[str, Any]]:
    """Read a file of results."""
    return [json.loads(line) for line in (flow.cwd / name).read_text().splitlines()]


def wait_for(path: Path, lines: int) -> None:
    """Wait until a file has so many lines."""
    end = time.monotonic() + 60
    while not (path.exists() and path.read_bytes().count(b"\n") >= lines):
        assert time.monotonic() < end, f"{path} has no {lines} lines after a minute"
        time.sleep(0.05)
