"""The order of the stages, and nothing else: Task, Deps -> events, `RunFinished` always last."""

from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import replace

from agentic_flow.core.errors import CheckFailed, FlowError
from agentic_flow.core.events import AttemptFailed, Routed, RunEvent, RunFinished, RunStarted, Warned
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.replies import wanted_output, why_words
from agentic_flow.core.values import Output, Prompt, RunResult, Task
from agentic_flow.runner.answering import answer
from agentic_flow.runner.asking import Job, Turn
from agentic_flow.runner.attempting import out_of_time, verify
from agentic_flow.runner.deps import Deps, Pricing
from agentic_flow.runner.proving import prove
from agentic_flow.runner.record import Record

__all__ = ["Deps", "Pricing", "run", "run_to_its_end"]


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
        result = record.ended(failure)
    except BaseException as failure:
        deps.remember(record.ended(failure))
        raise
    yield from map(Warned, deps.remember(result))
    yield RunFinished(result)


def run_to_its_end(task: Task, deps: Deps, warn: Callable[[str], None]) -> RunResult:
    """Run a task that nobody watches, and return how it ended; `warn` hears what a person should know."""
    with closing(run(task, deps)) as events:
        for event in events:
            if isinstance(event, RunFinished):
                return event.result
            if isinstance(event, Warned):
                warn(event.text)
    message = "a run ended without saying how"
    raise RuntimeError(message)


def _stages(task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    template = deps.template(task.agent)
    output = wanted_output(task, template)
    yield RunStarted(deps.run_id, template.name, output)
    record.decision = decision = deps.choose(task, template)
    yield from (Warned(text) for text in (*template.warnings, *decision.warnings))
    yield Routed(decision)
    if task.files and output is not template.output:
        why = why_words(task)
        yield Warned(f"the task {why}, so it is answered in words; ask for a file by name")
    if output is Output.FILES:
        yield from map(Warned, deps.require_room())
        if not (task.dry_run or task.preview):
            required = deps.required(task, template)
            yield from map(Warned, required.remarks)
            task = replace(task, checks=tuple(required.commands))
    if not (task.dry_run or task.preview):
        deps.require_tools(task.checks)
    if task.unreadable:
        first, *more = task.unreadable
        others = f" and {len(more):,} more" if more else ""
        yield Warned(f"{first}{others} of --context is no text, and is not shown to the model")
    if task.context:
        from agentic_flow.analysis import estimate_tokens
        from agentic_flow.condensing import condense

        context, outlined = condense(task.context, task.context_tokens, estimate_tokens)
        yield from map(Warned, outlined)
        task = replace(task, context=context)
    job = Job(task, template, record)
    turn = job.first(decision.target)
    if task.dry_run:
        yield Warned(f"dry run: nothing was called; the prompt has {_characters(turn.prompt):,} characters")
    elif output is Output.FILES:
        yield from prove(job, turn, decision, deps)
    else:
        yield from _speak(turn, task, deps, record)


def _speak(turn: Turn, task: Task, deps: Deps, record: Record) -> Generator[RunEvent]:
    """Answer in words; nothing that a check says could make them better."""
    try:
        yield from answer(turn.prompt, turn.target, deps, record)
    except FlowError:
        yield AttemptFailed(record.attempts[-1])
        raise
    try:
        yield from verify(task, deps, record)
    except CheckFailed as failure:
        if record.time_left() == 0:  # one that was stopped for want of time is no verdict
            raise out_of_time(failure) from failure
        raise


def _characters(prompt: Prompt) -> int:
    return sum(len(message.text) for message in prompt.messages)
