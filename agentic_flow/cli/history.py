"""`history list|show|export|prune|undo`: what runs did, found again, and taken back."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentic_flow.cli.amounts import moment, size
from agentic_flow.cli.columns import put, put_columns
from agentic_flow.cli.completing import agent_names, model_names
from agentic_flow.cli.console import reported, say, visible
from agentic_flow.cli.options import AsJson
from agentic_flow.core.errors import FlowError, OutputProblem, UsageMistake
from agentic_flow.core.outcome import Outcome

if TYPE_CHECKING:
    from agentic_flow.core.remembered import Wanted
    from agentic_flow.core.settings import Settings
    from agentic_flow.core.values import Target

app = typer.Typer(help="Find again what runs did, and take it back.", no_args_is_help=True)


def _status(said: str) -> str:
    statuses = list(dict.fromkeys(outcome.status for outcome in Outcome))
    if said not in statuses:
        raise typer.BadParameter(f"found {said!r}, expected {' | '.join(statuses)}")
    return said


Agent = Annotated[
    str | None,
    typer.Option("--agent", "-a", metavar="NAME", help="Runs of this agent.", autocompletion=agent_names),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        "-m",
        metavar="PROVIDER/MODEL",
        help="Runs that asked this model.",
        autocompletion=model_names,
    ),
]
Status = Annotated[
    str | None,
    typer.Option(
        "--status", metavar="STATUS", parser=_status, help="Runs that ended so: ok, check, budget, ..."
    ),
]
Since = Annotated[
    datetime | None,
    typer.Option(
        "--since", metavar="WHEN", parser=moment, help="Begun since a day (2026-11-25), or 12h, 7d, 2w ago."
    ),
]
Words = Annotated[
    str | None,
    typer.Option(
        "--search", "-s", metavar="WORDS", help="All of these in task or answer; begin* finds starts."
    ),
]


@app.callback()
def history() -> None:
    """Find again what runs did, and take it back."""


@app.command(name="list")
def list_runs(
    agent: Agent = None,
    model: Model = None,
    status: Status = None,
    since: Since = None,
    search: Words = None,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=100_000, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """Show the newest runs, a line each."""
    with reported():
        from agentic_flow.cli.shapes import line_shape
        from agentic_flow.cli.telling import HEAD, row
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring.remembering import open_up_to_date

        settings = load_settings(Flags())
        wanted = _wanted(settings, agent, model, status, since, search)
        lines = open_up_to_date(settings).lines(wanted, limit)
        if as_json:
            put(json.dumps([line_shape(line) for line in lines], ensure_ascii=False, indent=2))
        elif lines:
            put_columns([HEAD, *map(row, lines)])
        else:
            say("no run is remembered" + (" that fits" if wanted != type(wanted)() else " yet"))


@app.command()
def show(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="A run's id or how it begins; the newest, if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show all that is kept of a run."""
    with reported():
        from agentic_flow.cli.shapes import remembered_shape
        from agentic_flow.cli.telling import tell
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring.remembering import open_up_to_date

        remembered = open_up_to_date(load_settings(Flags())).run(run)
        if as_json:
            put(json.dumps(remembered_shape(remembered), ensure_ascii=False, indent=2))
            return
        for line in tell(remembered):
            put(line)


@app.command()
def export(
    agent: Agent = None,
    model: Model = None,
    status: Status = None,
    since: Since = None,
    search: Words = None,
) -> None:
    """Print all runs, newest first, as JSON objects, one a line (`config schema run`)."""
    with reported():
        from agentic_flow.cli.shapes import remembered_shape
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring.remembering import open_up_to_date

        settings = load_settings(Flags())
        wanted = _wanted(settings, agent, model, status, since, search)
        for run in open_up_to_date(settings).runs(wanted):
            put(json.dumps(remembered_shape(run), ensure_ascii=False))


@app.command()
def prune(
    keep_days: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=36_500, help="Forget older runs; else history.keepDays."),
    ] = None,
    max_size: Annotated[
        int | None,
        typer.Option(
            metavar="SIZE", parser=size, help="Forget the oldest until the rest fits; else history.maxSize."
        ),
    ] = None,
) -> None:
    """Forget old runs now. What was spent stays counted."""
    with reported():
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring.remembering import forget

        gone = forget(load_settings(Flags()), keep_days, max_size)
        put(f"{gone} {'run' if gone == 1 else 'runs'} forgotten")


@app.command()
def undo(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="[RUN]",
            help="A run's id or how it begins; this folder's newest that wrote files, if not given.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also where a file has changed since the run.")
    ] = False,
) -> None:
    """Bring back the bytes and modes from before a run; a run can be taken back once."""
    with reported():
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring import undo_folder
        from agentic_flow.writing import kept_from, restore

        place = _kept(run, undo_folder(load_settings(Flags())))
        folder = kept_from(place)
        changes = restore(place, force=force)
        say(visible(f"output: {folder}"))
        for change in changes:
            say(visible(f"{change.action.value}: {change.path}"))
        typer.echo(place.name)


def _wanted(
    settings: "Settings",
    agent: str | None,
    model: str | None,
    status: str | None,
    since: datetime | None,
    search: str | None,
) -> "Wanted":
    from agentic_flow.core.remembered import Wanted

    return Wanted(
        agent=agent,
        target=None if model is None else _target(model, settings),
        status=status,
        since=since,
        words=search,
    )


def _target(name: str, settings: "Settings") -> "Target":
    """Return what a model's name stands for today; one that is not known any more is taken as it is."""
    from agentic_flow.core.values import Target
    from agentic_flow.wiring import resolve_model

    provider, _, model = name.partition("/")
    try:
        return resolve_model(name, settings).target
    except FlowError as unknown:
        if not model:
            raise UsageMistake(
                f"--model: found {name!r}, expected PROVIDER/MODEL, such as onnx/default"
            ) from unknown
        return Target(provider, model)


def _kept(run: str | None, folder: Path) -> Path:
    """Return where a run's old bytes are kept."""
    try:
        runs = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        runs = []
    except OSError as failure:
        raise OutputProblem(
            f"what runs replaced is in {folder}, which cannot be read: {failure.strerror}"
        ) from failure
    if not runs:
        raise UsageMistake("there is nothing to take back: no run has written a file, or each is taken back")
    if run is None:
        return _newest_here([folder / name for name in reversed(runs)])
    found = [name for name in runs if run and name.startswith(run)]
    if not found:
        raise UsageMistake(
            f"no run {run!r} can be taken back: it wrote no file, or was taken back already; "
            f"the newest that can is {runs[-1]}"
        )
    if len(found) > 1 and run not in found:
        raise UsageMistake(f"several runs begin with {run!r}, such as {found[0]} and {found[1]}; say more")
    return folder / (run if run in found else found[0])


def _newest_here(places: Sequence[Path]) -> Path:
    """Return the first place of a run that was begun, or wrote, in the working folder or below it."""
    from agentic_flow.writing import kept_for, kept_from

    here = Path.cwd()
    if found := kept_for(here, places):
        return found
    newest = places[0]
    raise UsageMistake(
        f"no run of this folder is left to take back; the newest of all wrote to {kept_from(newest)}: "
        f"`agentic-flow history undo {newest.name}`"
    )
