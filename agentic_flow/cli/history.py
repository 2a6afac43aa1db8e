"""`history undo`: a run's files back to what they were before it."""

from pathlib import Path
from typing import Annotated

import typer

from agentic_flow.cli.columns import put
from agentic_flow.cli.console import reported, say, visible
from agentic_flow.core.errors import UsageMistake

app = typer.Typer(help="Take back what runs did to files.", no_args_is_help=True)


@app.callback()
def history() -> None:
    """Take back what runs did to files."""


@app.command()
def undo(
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="A run's id; the newest that wrote files, if not given."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also where a file has changed since the run.")
    ] = False,
) -> None:
    """Bring back the bytes and modes from before a run; a run can be taken back once."""
    with reported():
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring import undo_folder
        from agentic_flow.writing import restore

        place = _kept(run, undo_folder(load_settings(Flags())))
        for change in restore(place, force=force):
            say(visible(f"{change.action.value}: {change.path}"))
        put(place.name)


def _kept(run: str | None, folder: Path) -> Path:
    """Return where a run's old bytes are kept."""
    runs = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if not runs:
        raise UsageMistake("there is nothing to take back: no run has written a file since the last undo")
    if run is None:
        return folder / runs[-1]
    if run not in runs:
        raise UsageMistake(f"no run {run!r} can be taken back; the newest that can is {runs[-1]}")
    return folder / run
