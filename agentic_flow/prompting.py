"""Task, AgentTemplate -> Prompt. Pure: what the model reads, and where in it the form of files is said."""

import re
from collections.abc import Iterable
from typing import TypeVar

from agentic_flow.core.values import (
    AgentTemplate,
    ContextFile,
    Message,
    Output,
    Prompt,
    Role,
    Sampling,
    Target,
    Task,
)

T = TypeVar("T")

_DEFAULT_MAX_TOKENS = 4096
_DEFAULT_TEMPERATURE = 0.0

# Small models copy the example they are shown, so this one holds no name and no code worth copying,
# and they follow the end of a prompt better than its middle, so it comes last.
_FILES_FORM = """\
Answer with complete files only. For each file write its path alone on a line, then its whole content \
in one fenced code block. One block per file. Write only the files the task asks for. No shell commands."""


def wanted_output(task: Task, template: AgentTemplate) -> Output:
    """Say whether the reply is to be files or words."""
    return template.output if task.files else Output.TEXT


def build_prompt(task: Task, template: AgentTemplate, target: Target, *, timeout: float | None) -> Prompt:
    """Put the agent's instructions, the task and what comes with it into one prompt for `target`."""
    output = wanted_output(task, template)
    return Prompt(
        model=target.model,
        messages=(
            Message(Role.SYSTEM, template.instructions.strip()),
            Message(Role.USER, "\n\n".join(_user_parts(task, output))),
        ),
        sampling=Sampling(
            max_tokens=_first(task.max_tokens, template.max_tokens, _DEFAULT_MAX_TOKENS),
            temperature=_first(task.temperature, template.temperature, _DEFAULT_TEMPERATURE),
            seed=task.seed,
        ),
        output=output,
        timeout=timeout,
    )


def _user_parts(task: Task, output: Output) -> Iterable[str]:
    for file in task.context:
        yield fenced(file)
    yield task.text.strip()
    if task.piped is not None:
        yield f"<stdin>\n{task.piped.rstrip()}\n</stdin>"
    if output is Output.FILES:
        yield _FILES_FORM


def fenced(file: ContextFile) -> str:
    """Show a file in the canonical form: its path on a line, then a fence longer than any inside it."""
    longest = max((len(run) for run in re.findall(r"^\s*(`{3,})", file.text, re.MULTILINE)), default=2)
    fence = "`" * (longest + 1)
    return f"{file.shown}\n{fence}\n{file.text.rstrip()}\n{fence}"


def _first(*choices: T | None) -> T | None:
    return next((choice for choice in choices if choice is not None), None)
