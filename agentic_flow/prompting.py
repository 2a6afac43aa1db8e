"""Task, AgentTemplate -> Prompt. Pure: what the model reads, and where in it the form of files is said."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import TypeVar

from agentic_flow.core.beginnings import beginning
from agentic_flow.core.definitions import wanted_functions
from agentic_flow.core.frozen import frozen
from agentic_flow.core.mentions import called_with_arguments
from agentic_flow.core.names import LOCAL
from agentic_flow.core.patterns import pattern
from agentic_flow.core.questions import asks_to_be_told
from agentic_flow.core.replies import files_to_hold, wanted_output, words_may_do
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
from agentic_flow.core.wanted import said_of

T = TypeVar("T")

_DEFAULT_TEMPERATURE = 0.0

# Small models copy the example they are shown, so this one holds no name and no code worth copying but the
# names of the task; and they follow the end of a prompt better than its middle, so it comes last.
_FILES_FORM = """\
Answer with complete files only. For each file write its path alone on a line, then its whole content \
in one fenced code block. One block per file. No shell commands."""

_LONG = 400
"""Lines: a longer file is changed in places. Shorter ones are written anew, which models do more reliably."""
_EDITS_FORM = """\
Do not repeat all of {names}: too long. In its code block write only what changes, for each change:
<<<<<<< SEARCH
the lines to replace, copied exactly
=======
the new lines
>>>>>>> REPLACE"""
_FAILED = """\
The answer before this one is wrong:

{report}

Find the mistake and correct it."""
_FAILED_UNSEEN = """\
An earlier answer was wrong:

{report}

Think of what the task says about this case, and write it so that this passes too."""
_STUMBLED = """\
An answer of another model was wrong:

{report}

Do not make the same mistake."""
_PERHAPS = pattern(
    r"\b(if (needed|necessary|any|required|there|it|possible)|whether|maybe|perhaps)\b", re.IGNORECASE
)
_OTHER_ARGUMENTS = pattern(r"\b(argparse|argv|click|typer|optparse|getopt|fire|docopt)\b", re.IGNORECASE)
_WHAT_MUST_CHANGE = "Write only the files that must change."
_IN_WORDS = "Answer this question in words, with code where it helps."
"""To an agent for files. Without it the 0.5B gave some questions back as they were."""

_WORDS_OR_FILES = """\
If this only asks to be told something, answer in words. Else answer with complete files: for each file \
write its path alone on a line, then its whole content in one fenced code block."""
"""To an agent for files, where the task does not tell. Said at more length it kept the 0.5B from words."""

_OF_A_PIPE = "Answer with nothing but what the task asks for."


def build_prompt(task: Task, template: AgentTemplate, target: Target, *, timeout: float | None) -> Prompt:
    """Put the agent's instructions, the task and what comes with it into one prompt for `target`."""
    output = wanted_output(task, template)
    either = output is Output.FILES and words_may_do(task, target)
    paths = files_to_hold(task, target) if output is Output.FILES and not either else ()
    free = any(map(_is_long, task.context))  # nothing dictates the form of a change
    named = [] if free else [path for path in paths if path is not None]
    return Prompt(
        model=target.model,
        messages=(
            Message(Role.SYSTEM, template.instructions.strip()),
            Message(Role.USER, "\n\n".join(_user_parts(task, template, output, paths, either=either))),
        ),
        sampling=Sampling(
            max_tokens=_first(task.max_tokens, template.max_tokens),
            temperature=_first(task.temperature, template.temperature, _DEFAULT_TEMPERATURE),
            seed=task.seed,
        ),
        output=Output.TEXT if either else output,
        paths=() if free else paths,
        reminders=_reminders(task, named),
        beginnings=tuple(beginning(path, task) for path in named) if len(named) == len(paths) else (),
        functions=_functions(task, named) if len(named) == len(paths) else (),
        standing=_standing(task, named) if len(named) == len(paths) == 1 else (),
        timeout=timeout,
    )


def _functions(task: Task, paths: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return how the functions begin that a task names for each new Python file."""
    shown = {file.shown for file in task.context}
    said = {path: said_of(path, paths, task.text) if len(paths) > 1 else task.text for path in paths}
    return tuple(
        wanted_functions(said[path]) if path.endswith(".py") and path not in shown else () for path in paths
    )


def _standing(task: Task, paths: Sequence[str]) -> tuple[str, ...]:
    """Return what the files hold that a task asks to change without an 'if'."""
    texts = {file.shown: file.text for file in task.context}
    return () if _PERHAPS.search(task.text) else tuple(texts.get(path, "") for path in paths)


@frozen
class Shortfall:
    """What the answer before lacks, for the model that is to mend it."""

    report: str
    """Which check says no and the end of what it said, or what could not be read."""
    files: Mapping[str, str]
    """The files as they stand, by path; empty where there are none to mend."""
    done: Collection[str] = ()
    """Files of an answer that could be read in part: these are not asked for again."""
    moved: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """Paths that no file may have, and what each is to be instead; None where the model is to choose."""


def repairs_unseen(task: Task, target: Target, files: Collection[str]) -> bool:
    """Say whether a repair writes files anew, with none of the wrong ones in sight: a local model copies."""
    return target.provider == LOCAL and bool(files) and all(file.shown not in files for file in task.context)


def build_repair(
    task: Task, template: AgentTemplate, target: Target, short: Shortfall, *, timeout: float | None
) -> Prompt:
    """Ask again, with what failed and the files as they stand.

    A local model is not shown the files that it made, and held to another where it is one. Shown it, the 0.5B
    gave the same back in 4 of 5 trials; unseen in 7 of 17, and 2 of 19 passed; held to another, 5 of 19.
    Shown three, the 1.5B gave all of them back in each of 5 trials; unseen, it wrote others.
    """
    context = [file for file in task.context if file.shown not in short.files]
    unseen = repairs_unseen(task, target, short.files)
    if not unseen:
        context += [ContextFile(Path(path), path, text) for path, text in short.files.items()]
    first = build_prompt(replace(task, context=tuple(context)), template, target, timeout=timeout)
    asked = tuple(path for path in first.paths if path not in short.done)
    if short.moved:
        asked = tuple(short.moved.values())
    elif short.files:  # what is shown may be mended in one place; one file is what it is about
        asked = tuple(short.files) if unseen or len(short.files) == 1 else ()
    anew = unseen and set(asked) == set(first.paths)
    if anew:  # in the task's order and words
        asked = first.paths
    failed = _FAILED_UNSEEN if unseen else _FAILED
    words = [*_given(task, context), failed.format(report=short.report.strip())]
    if short.done:
        words.append(f"Done already: {', '.join(short.done)}.")
    which = _which_files(asked, [file.shown for file in context]) if asked else _WHAT_MUST_CHANGE
    words += [f"{_FILES_FORM} {which}", *_by_blocks(context)]
    prompt = _asking(first, words, () if any(map(_is_long, context)) else asked)
    if anew:
        prompt = replace(prompt, reminders=first.reminders)
    wrong = tuple(short.files.get(path or "", "") for path in prompt.paths)
    return replace(prompt, standing=wrong) if len(wrong) == 1 else prompt


def build_takeover(
    task: Task, template: AgentTemplate, target: Target, report: str, *, timeout: float | None
) -> Prompt:
    """Ask a stronger model for the first time, with what the one before it stumbled over."""
    first = build_prompt(task, template, target, timeout=timeout)
    words = [*_given(task, task.context), _STUMBLED.format(report=report.strip())]
    which = _which_files(files_to_hold(task, target), [file.shown for file in task.context])
    words += [f"{_FILES_FORM} {which}", *_by_blocks(task.context)]
    return replace(_asking(first, words, first.paths), reminders=first.reminders, beginnings=first.beginnings)


def _asking(first: Prompt, words: Iterable[str], paths: tuple[str | None, ...]) -> Prompt:
    user = Message(Role.USER, "\n\n".join(words))
    functions = dict(zip(first.paths, first.functions, strict=False))
    return replace(
        first,
        messages=(first.messages[0], user),
        paths=paths,
        reminders=(),
        beginnings=(),
        standing=(),
        functions=tuple(functions.get(path, ()) for path in paths),
    )


def _user_parts(
    task: Task, template: AgentTemplate, output: Output, paths: Sequence[str | None], *, either: bool
) -> Iterable[str]:
    yield from _given(task, task.context)
    if output is not template.output and asks_to_be_told(task):
        yield _IN_WORDS
    if either:
        yield _OF_A_PIPE if task.piped is not None else _WORDS_OR_FILES
        yield from _by_blocks(task.context)
    elif output is Output.FILES:
        which = _which_files(paths, [file.shown for file in task.context])
        first = next(iter(paths), None)
        yield " ".join([_FILES_FORM, which, *_arguments_of(first, task, alone=len(paths) == 1)])
        yield from _by_blocks(task.context)


def _arguments_of(path: str | None, task: Task, *, alone: bool) -> Iterable[str]:
    """Say where the arguments come from that a task calls a new program with; small models make them up."""
    if path is None or not path.endswith(".py") or _OTHER_ARGUMENTS.search(task.text):
        return
    if path in called_with_arguments(task.text) and all(file.shown != path for file in task.context):
        yield f"{'It' if alone else path} takes its arguments from sys.argv."


def _is_long(file: ContextFile) -> bool:
    """Say whether a file is changed in places rather than written anew."""
    return file.outline is not None or file.text.count("\n") > _LONG


def _by_blocks(context: Iterable[ContextFile]) -> Iterable[str]:
    if long := [file.shown for file in context if _is_long(file)]:
        yield _EDITS_FORM.format(names=", ".join(long))


def _given(task: Task, context: Iterable[ContextFile]) -> Iterable[str]:
    """Yield all that the person gave: files, the task, the pipe."""
    for file in context:
        yield fenced(file)
    yield task.text.strip()
    if task.piped is not None:
        yield f"<stdin>\n{task.piped.rstrip()}\n</stdin>"


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


def _reminders(task: Task, paths: Sequence[str]) -> tuple[str, ...]:
    """Say each of several files once more, in the task's own words, right before it is written."""
    if len(paths) <= 1:
        return ()
    said = [said_of(path, paths, task.text) for path in paths]
    return tuple(
        " ".join(
            [
                f"Now write {path}, whole, with its imports.",
                *_arguments_of(path, task, alone=True),
                *([f"The task says: {words}"] if words else []),
            ]
        )
        for path, words in zip(paths, said, strict=True)
    )


def fenced(file: ContextFile) -> str:
    """Show a file in the canonical form: its path on a line, then a fence longer than any inside it."""
    text = file.text if file.outline is None else file.outline
    title = file.shown if file.outline is None else f"{file.shown} (only its outline)"
    longest = max((len(run) for run in re.findall(r"^\s*(`{3,})", text, re.MULTILINE)), default=2)
    fence = "`" * (longest + 1)
    return f"{title}\n{fence}\n{text.rstrip()}\n{fence}"


def _first(*choices: T | None) -> T | None:
    return next((choice for choice in choices if choice is not None), None)
