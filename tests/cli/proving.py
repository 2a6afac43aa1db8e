"""A coder whose files must pass: what its model says, and what came of it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.program import Flow

DONE: dict[str, object] = {"finish": "end", "input_tokens": 5, "output_tokens": 3}
NEXT: dict[str, object] = {"next": True}
CHECK = ("--check", "python3 sums.py")


def reply(code: str, name: str = "sums.py") -> dict[str, object]:
    return {"text": f"{name}\n```python\n{code}\n```\n"}


BAD, WORSE, GOOD = reply("assert 1 + 1 == 3"), reply("assert 1 + 1 == 4, 'no'"), reply("assert 1 + 1 == 2")


def arguments(model: str, *more: str) -> Sequence[str]:
    """Return what the coder is asked on the command line."""
    return (
        "-a",
        "coder",
        "-m",
        model,
        "-t",
        "Create sums.py",
        "--no-stdin",
        "--output-format",
        "json",
        *more,
    )


def ask(flow: Flow, model: str, *more: str) -> tuple[dict[str, Any], str]:
    """Run the coder; return its result object and what stderr said."""
    done = flow(*arguments(model, *more))
    result = json.loads(done.stdout)
    assert done.returncode == result["exit_code"]
    return result, done.stderr


def outcomes(result: dict[str, Any]) -> list[tuple[str, str]]:
    return [(Path(attempt["model"]).stem, attempt["outcome"]) for attempt in result["attempts"]]
