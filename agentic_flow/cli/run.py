"""The one-task form: what was typed -> a Task and its Deps -> the run, drawn -> the exit code."""

import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from agentic_flow.cli.console import reported, say, visible
from agentic_flow.cli.show import OutputFormat, put_result, show
from agentic_flow.cli.signals import interruptible
from agentic_flow.cli.talk import Talk
from agentic_flow.core.errors import FlowError, ModelMissing, UsageMistake
from agentic_flow.core.events import RunEvent, RunFinished
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import FileAction, FileChange, Priority, RunResult, Task
from agentic_flow.runner import Deps, run


@dataclass(frozen=True, slots=True)
class Request:
    """The command line of a run, as it was typed."""

    agent: str | None
    task: str | None
    model: str | None
    output_dir: Path | None
    context: Sequence[str]
    checks: Sequence[str]
    max_tokens: int | None
    temperature: float | None
    seed: int | None
    timeout: float | None
    dry_run: bool
    overwrite: bool
    no_files: bool
    form: OutputFormat
    quiet: bool
    config: Path | None
    models_dir: Path | None
    agents_dir: Path | None
    no_stdin: bool
    auto_route: bool
    priority: Priority | None
    verbose: bool


def run_task(request: Request) -> None:
    """Run one task and leave with the exit code of its outcome."""
    talk = Talk(quiet=request.quiet, verbose=request.verbose)
    with reported(), interruptible():
        try:
            result = show(_events(request, talk), request.form, talk)
        except (FlowError, BrokenPipeError):
            raise
        except Exception as bug:
            from agentic_flow.cli.crash import report_crash

            code = report_crash(bug)
            if request.form is not OutputFormat.TEXT:
                put_result(_failed(request, Outcome.INTERNAL, type(bug).__name__), request.form)
            raise typer.Exit(code) from bug
        raise typer.Exit(result.exit_code)


def _events(request: Request, talk: Talk) -> Generator[RunEvent]:
    """Run the request. Whatever can fail in a foreseen way fails in here, so every run has its end."""
    try:
        task, deps = _prepare(request, talk)
    except FlowError as failure:
        yield RunFinished(_failed(request, failure.outcome, str(failure)))
        return
    yield from run(task, deps)


def _failed(request: Request, outcome: Outcome, error: str) -> RunResult:
    """Return the result of a run that never began, or whose end nobody foresaw."""
    return RunResult(
        run_id="",
        status=outcome.status,
        exit_code=outcome.exit_code,
        agent=request.agent or "",
        error=error,
    )


def _prepare(request: Request, talk: Talk) -> tuple[Task, Deps]:
    from agentic_flow.cli.context import read_context
    from agentic_flow.cli.explaining import flags_of
    from agentic_flow.config import Flags, load_settings
    from agentic_flow.wiring import RunOptions, wire

    _refuse_two_ways(request)
    _refuse_empty(request)
    settings = load_settings(Flags(request.config, request.models_dir, flags_of(request.priority)))
    for warning in settings.warnings:
        talk.warn(warning)
    text, piped = _words(request, talk)
    defaults = settings.defaults
    task = Task(
        text=text,
        piped=piped,
        agent=request.agent or defaults.agent,
        context=read_context(request.context),
        model=request.model,
        auto_route=request.auto_route or request.priority is not None,
        temperature=request.temperature if request.temperature is not None else defaults.temperature,
        max_tokens=request.max_tokens or defaults.max_tokens,
        seed=request.seed,
        timeout=request.timeout or defaults.timeout,
        files=not request.no_files,
        checks=tuple(request.checks),
        dry_run=request.dry_run,
    )
    interactive = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    options = RunOptions(
        output_dir=request.output_dir or Path(defaults.output_dir or "."),
        overwrite=request.overwrite,
        agents_dir=request.agents_dir,
        confirm=(lambda changes: _agreed(changes, talk)) if interactive else None,
        fetch=(lambda missing: _fetched(missing, request, talk)) if interactive else None,
    )
    return task, wire(settings, task, options)


def _refuse_two_ways(request: Request) -> None:
    """Refuse a model beside a wish that a model be chosen."""
    for asked, flag in ((request.auto_route, "--auto-route"), (request.priority, "--priority")):
        if asked and request.model is not None:
            raise UsageMistake(f"--model names a model and {flag} asks to choose one; give one of them")


def _refuse_empty(request: Request) -> None:
    """Refuse options that are there and empty: in a script that is a variable nobody set."""
    for option, values in (
        ("--agent", [request.agent]),
        ("--model", [request.model]),
        ("--check", request.checks),
    ):
        if any(value is not None and not value.strip() for value in values):
            raise UsageMistake(f"{option} is empty; give it a value or leave it out")


def _words(request: Request, talk: Talk) -> tuple[str, str | None]:
    """Return the task and what was piped beside it."""
    from agentic_flow.cli.piped import read_all, read_beside_task, stdin_kind

    text, piped = request.task, None
    if text == "-" or (text is None and not request.no_stdin and stdin_kind() != "nothing"):
        text = read_all()
    elif text is not None and not request.no_stdin:
        piped = read_beside_task(talk.warn)
    if text is None:
        raise UsageMistake('there is no task; say what you want done with --task "..." or through a pipe')
    if not text.strip():
        raise UsageMistake('the task is empty; say what you want done with --task "..." or through a pipe')
    return text, piped


def _agreed(changes: Sequence[FileChange], talk: Talk) -> bool:
    """Show what would be replaced, and ask."""
    talk.rest()
    for change in changes:
        if change.action is FileAction.REPLACED:
            say(visible(change.diff))
    names = ", ".join(change.path for change in changes if change.action is FileAction.REPLACED)
    try:
        return typer.confirm(f"Replace {visible(names)}?", default=False, err=True)
    except typer.Abort:  # Ctrl-D is no yes
        return False


def _fetched(missing: ModelMissing, request: Request, talk: Talk) -> bool:
    """Offer to download a model that is not there yet, and do it after a yes."""
    from agentic_flow.cli.download import offer_download

    talk.rest()
    return offer_download(missing.name, models_dir=request.models_dir, config=request.config)
