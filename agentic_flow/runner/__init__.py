"""The order of the stages, and nothing else: Task, Deps -> events, `RunFinished` always last."""

from collections.abc import Generator

from agentic_flow.core.errors import CheckFailed, FlowError, LimitReached, NoFiles, UnsafeWrite
from agentic_flow.core.events import (
    CheckFinished,
    FileRefused,
    FileWritten,
    Routed,
    RunEvent,
    RunFinished,
    RunStarted,
    Warned,
)
from agentic_flow.core.filenames import file_names
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import Output, Prompt, Task
from agentic_flow.extraction import extract
from agentic_flow.prompting import build_prompt, wanted_output
from agentic_flow.runner.answering import answer
from agentic_flow.runner.deps import Deps, Pricing
from agentic_flow.runner.record import Record

__all__ = ["Deps", "Pricing", "run"]


def run(task: Task, deps: Deps) -> Generator[RunEvent]:
    """Take one task from words to checked files.

    A foreseen failure, a signal included, ends the run in its `RunFinished`; a bug is raised. However it
    ends, it is remembered.
    """
    record = Record(task, deps, begun=deps.clock())
    try:
        yield from _stages(task, deps, record)
        result = record.result(Outcome.OK)
    except FlowError as failure:
        result = record.result(failure.outcome, str(failure))
    except GeneratorExit:
        deps.remember(record.result(Outcome.INTERRUPTED, "nobody reads the answer any more"))
        raise
    except BaseException as bug:
        deps.remember(record.result(Outcome.INTERNAL, f"a bug: {type(bug).__name__}"))
        raise
    yield from map(Warned, deps.remember(result))
    yield RunFinished(result)


def _stages(task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    template = deps.template(task.agent)
    output = wanted_output(task, template)
    yield RunStarted(deps.run_id, template.name, output)
    record.decision = decision = deps.choose(task, template)
    yield from (Warned(text) for text in (*template.warnings, *decision.warnings))
    yield Routed(decision)
    if output is Output.FILES:
        deps.require_room()
    prompt = build_prompt(task, template, decision.target, timeout=record.time_left())
    if task.dry_run:
        yield Warned(f"dry run: nothing was called; the prompt has {_characters(prompt):,} characters")
        return
    yield from answer(prompt, decision.target, deps, record)
    if output is Output.FILES:
        yield from _write(task, deps, record)
    yield from _verify(task, deps, record)


def _write(task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    found = extract(record.text, context=[file.shown for file in task.context], named=file_names(task.text))
    if found.problems or not found.drafts:  # all or none: half a change can be worse than none
        raise NoFiles(
            "; ".join(found.problems) or "the answer holds no file; ask for one by name, or pass --no-files"
        )
    try:
        record.files.extend(deps.write(found.drafts))  # all at once: a signal later must not hide one
    except UnsafeWrite as refusal:
        yield FileRefused(refusal.path, refusal.reason)
        raise
    yield from (FileWritten(change) for change in record.files)


def _verify(task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    for command in task.checks:
        left = record.time_left()
        if left == 0:
            raise LimitReached(f"the time limit is up before {command!r} was run; raise --timeout")
        check = deps.verify(command, left)
        record.checks.append(check)
        yield CheckFinished(check)
    failed = [check for check in record.checks if not check.passed]
    if failed:
        raise CheckFailed(
            "; ".join(f"{check.command!r} ended with status {check.exit_code}" for check in failed)
        )


def _characters(prompt: Prompt) -> int:
    return sum(len(message.text) for message in prompt.messages)
