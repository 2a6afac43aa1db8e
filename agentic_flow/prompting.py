"""Task, AgentTemplate -> Prompt. Pure: what the model reads, and where in it the form of files is said."""

import re
from collections.abc import Collection, Iterable, Sequence
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
from agentic_flow.core.wanted import wanted_files

T = TypeVar("T")

_DEFAULT_MAX_TOKENS = 4096
_DEFAULT_TEMPERATURE = 0.0

# Small models copy the example they are shown, so this one holds no name and no code worth copying but the
# names of the task; and they follow the end of a prompt better than its middle, so it comes last.
_FILES_FORM = """\
Answer with complete files only. For each file write its path alone on a line, then its whole content \
in one fenced code block. One block per file. No shell commands."""


def wanted_output(task: Task, template: AgentTemplate) -> Output:
    """Say whether the reply is to be files or words."""
    return template.output if task.files else Output.TEXT


def build_prompt(task: Task, template: AgentTemplate, target: Target, *, timeout: float | None) -> Prompt:
    """Put the agent's instructions, the task and what comes with it into one prompt for `target`."""
    output = wanted_output(task, template)
    paths = wanted_files(task) if output is Output.FILES else ()
    return Prompt(
        model=target.model,
        messages=(
            Message(Role.SYSTEM, template.instructions.strip()),
            Message(Role.USER, "\n\n".join(_user_parts(task, output, paths))),
        ),
        sampling=Sampling(
            max_tokens=_first(task.max_tokens, template.max_tokens, _DEFAULT_MAX_TOKENS),
            temperature=_first(task.temperature, template.temperature, _DEFAULT_TEMPERATURE),
            seed=task.seed,
        ),
        output=output,
        paths=paths,
        timeout=timeout,
    )


def _user_parts(task: Task, output: Output, paths: Sequence[str | None]) -> Iterable[str]:
    for file in task.context:
        yield fenced(file)
    yield task.text.strip()
    if task.piped is not None:
        yield f"<stdin>\n{task.piped.rstrip()}\n</stdin>"
    if output is Output.FILES:
        yield f"{_FILES_FORM} {_which_files(paths, [file.shown for file in task.context])}"


def _which_files(paths: Sequence[str | None], shown: Collection[str]) -> str:
    """Say in the model's last sentence which files it is to write."""
    match paths:
        case []:
            return "Write only the files the task asks for."
        case [None]:
            return "Write one file, with a fitting name."
        case [path] if path in shown:
            return f"Write only {path}, changed so that it does what the task asks."
        case [path]:
            return f"Write only {path}."
        case _:
            return f"Write only these {len(paths)} files: {', '.join(filter(None, paths))}."


def fenced(file: ContextFile) -> str:
    """Show a file in the canonical form: its path on a line, then a fence longer than any inside it."""
    longest = max((len(run) for run in re.findall(r"^\s*(`{3,})", file.text, re.MULTILINE)), default=2)
    fence = "`" * (longest + 1)
    return f"{file.shown}\n{fence}\n{file.text.rstrip()}\n{fence}"


def _first(*choices: T | None) -> T | None:
    return next((choice for choice in choices if choice is not None), None)
