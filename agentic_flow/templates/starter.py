"""A name and a template to start from -> a new file with each key explained."""

import json
from pathlib import Path

from agentic_flow.core.errors import OutputProblem, UsageMistake
from agentic_flow.core.patterns import pattern
from agentic_flow.core.values import AgentTemplate

_NAME = pattern(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
_LONGEST_NAME = 64


def name_problem(name: str) -> str | None:
    """Say why an agent cannot be begun under a name; None where it can."""
    if name.lower().endswith(".md"):
        return f"an agent cannot be called {name!r}: leave .md out, that is its file's"
    if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        return f"an agent cannot be called {name!r}: use lower-case letters and digits, with - _ . between"
    return None


def start_template(name: str, base: AgentTemplate, folder: Path) -> Path:
    """Write `folder`/NAME.md, ready to be changed, and return its path.

    Raises `UsageMistake` for a name that does not do, `OutputProblem` where the file exists or cannot be
    written.
    """
    if problem := name_problem(name):
        raise UsageMistake(problem)
    path = folder / f"{name}.md"
    try:
        _make_folder(folder)
        _create(path, _starter(name, base))
    except FileExistsError as failure:
        raise OutputProblem(f"{path} exists; edit it, or choose another name") from failure
    except OSError as failure:
        raise OutputProblem(
            f"{path} cannot be written: {failure.strerror}; choose another folder"
        ) from failure
    return path


def _create(path: Path, text: str) -> None:
    file = path.open("x", encoding="utf-8")
    try:
        with file:
            file.write(text)
    except BaseException:  # half an agent would stand in the way of the whole one
        path.unlink(missing_ok=True)
        raise


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as failure:
        raise OutputProblem(f"{folder} is a file; agents need a folder of that name") from failure


def _starter(name: str, base: AgentTemplate) -> str:
    return f"""\
---
# Run it: agentic-flow --agent {name} --task "..."
name: {name}
# One line, shown by `agentic-flow agents list`.
description: {json.dumps(" ".join(base.description.split()), ensure_ascii=False)}
# files: the answer is files, which are written. text: the answer is words, which are shown.
output: {base.output.value}
# From 0, the same answer each time, to 2.
temperature: {0 if base.temperature is None else base.temperature:g}
# The longest answer, in tokens. Without it the run decides.
{_line("max_tokens", base.max_tokens, "4096")}
# Always this model, by alias or as provider/model. Without it the run decides.
{_line("model", base.model and json.dumps(base.model, ensure_ascii=False), "onnx/default")}
---
{base.instructions.strip()}
"""


def _line(key: str, value: object, example: str) -> str:
    return f"# {key}: {example}" if value is None else f"{key}: {value}"
