"""The one-task form: what was typed -> a Task and its Deps -> the run, drawn -> the exit code."""

import sys
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from agentic_flow.cli.console import agrees, reported, say, spelled, visible
from agentic_flow.cli.show import OutputFormat, put_result, show
from agentic_flow.cli.signals import interruptible
from agentic_flow.cli.talk import Talk
from agentic_flow.core.errors import FlowError, ModelMissing
from agentic_flow.core.events import RunEvent, RunFinished
from agentic_flow.core.frozen import frozen
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import FileAction, FileChange, Task
from agentic_flow.core.wishes import Recall, Wish

if TYPE_CHECKING:
    from agentic_flow.runner import Deps


@frozen
class Request:
    """The command line of a run, as it was typed."""

    wish: Wish
    form: OutputFormat
    quiet: bool
    config: Path | None
    models_dir: Path | None
    agents_dir: Path | None
    no_stdin: bool
    trust_project: bool
    recall: Recall
    verbose: bool


def run_task(request: Request) -> None:
    """Run one task and leave with the exit code of its outcome."""
    talk = Talk(quiet=request.quiet, verbose=request.verbose, preview=request.wish.preview)
    with reported(), interruptible():
        try:
            result = show(_events(request, talk), request.form, talk)
        except (FlowError, BrokenPipeError):
            raise
        except Exception as bug:
            from agentic_flow.cli.crash import report_crash
            from agentic_flow.runner.unbegun import unbegun

            code = report_crash(bug)
            if request.form is not OutputFormat.TEXT:
                put_result(unbegun(request.wish.agent, Outcome.INTERNAL, type(bug).__name__), request.form)
            raise typer.Exit(code) from bug
        raise typer.Exit(result.exit_code)


def _events(request: Request, talk: Talk) -> Generator[RunEvent]:
    """Run the request. Whatever can fail in a foreseen way fails in here, so every run has its end."""
    from agentic_flow.runner import run
    from agentic_flow.runner.unbegun import unbegun

    try:
        task, deps = _prepare(request, talk)
    except FlowError as failure:
        yield RunFinished(unbegun(request.wish.agent, failure.outcome, str(failure)))
        return
    yield from run(task, deps)


def _prepare(request: Request, talk: Talk) -> tuple[Task, "Deps"]:
    from agentic_flow.config import Flags, load_settings
    from agentic_flow.wiring import RunOptions, wire
    from agentic_flow.wiring.asking import output_folder, preferring, require_sense, task_of

    require_sense(request.wish)
    settings = preferring(request.wish.priority, load_settings(Flags(request.config, request.models_dir)))
    for warning in settings.warnings:
        talk.warn(warning)
    text, piped = _words(request, talk)
    task = task_of(replace(request.wish, task=text, piped=piped), settings)
    interactive = sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()
    options = RunOptions(
        output_dir=output_folder(request.wish, settings),
        overwrite=request.wish.overwrite,
        agents_dir=request.agents_dir,
        confirm=(lambda changes: _agreed(changes, talk)) if interactive else None,
        trust_project=request.trust_project,
        agree=(lambda file, commands: _trusts(file, commands, talk)) if interactive else None,
        fetch=(lambda missing: _fetched(missing, request, talk)) if interactive else None,
        recall=request.recall,
    )
    return task, wire(settings, task, options)


def _words(request: Request, talk: Talk) -> tuple[str | None, str | None]:
    """Return the task and what was piped beside it."""
    from agentic_flow.cli.piped import read_all, read_beside_task, stdin_kind

    text, piped = request.wish.task, None
    if text == "-" or (text is None and not request.no_stdin and stdin_kind() != "nothing"):
        text = read_all()
    elif text is not None and not request.no_stdin:
        piped = read_beside_task(talk.warn)
    return text, piped


def _agreed(changes: Sequence[FileChange], talk: Talk) -> bool:
    """Show what would be replaced, and ask."""
    talk.rest()
    for change in changes:
        talk.compare(change)
    names = ", ".join(change.path for change in changes if change.action is FileAction.REPLACED)
    return agrees(f"Replace {visible(names)}?")


def _trusts(file: Path, commands: Sequence[str], talk: Talk) -> bool:
    """Show the commands that a project asks for, and ask whether they may be run."""
    talk.rest()
    say(f"{_on_one_line(str(file))} asks for these commands to check the files:")
    for command in commands:
        say(f"  {_on_one_line(command)}")
    return agrees("Run them, now and as long as that file stays as it is?")


def _on_one_line(text: str) -> str:
    return "\\n".join(spelled(text).split("\n"))


def _fetched(missing: ModelMissing, request: Request, talk: Talk) -> bool:
    """Offer to download a model that is not there yet, and do it after a yes."""
    from agentic_flow.cli.download import offer_download

    talk.rest()
    return offer_download(missing.name, models_dir=request.models_dir, config=request.config)
