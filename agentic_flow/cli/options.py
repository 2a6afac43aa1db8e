"""Options that several commands share, each said once."""

from math import isnan
from pathlib import Path
from typing import Annotated

import typer

from agentic_flow.cli.amounts import seconds


def _some_path(words: str) -> Path:
    """Return the path that was named. An empty one is a variable nobody set, and no way to say `.`."""
    if not words.strip():
        raise typer.BadParameter("it is empty; name a path, or leave the option out")
    return Path(words)


def _no_nan(number: float | None) -> float | None:
    """Refuse `nan`, which lies within all bounds."""
    if number is not None and isnan(number):
        raise typer.BadParameter("found nan, expected a number")
    return number


MaxTokens = Annotated[int | None, typer.Option(metavar="N", min=1, help="Longest answer, in tokens.")]
Temperature = Annotated[
    float | None, typer.Option(metavar="X", min=0, max=2, callback=_no_nan, help="0 is deterministic.")
]
Timeout = Annotated[
    float | None,
    typer.Option(metavar="TIME", parser=seconds, help="For a whole run, checks included: 90, 90s, 5m, 1h."),
]
OutputDir = Annotated[
    Path | None,
    typer.Option("--output-dir", "-o", metavar="DIR", parser=_some_path, help="Where files are written."),
]
ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", parser=_some_path, help="A config of your own."),
]
ModelsDir = Annotated[
    Path | None,
    typer.Option("--models-dir", metavar="DIR", parser=_some_path, help="Where local models live."),
]
AgentsDir = Annotated[
    Path | None,
    typer.Option(
        "--agents-dir", metavar="DIR", parser=_some_path, help="Search this folder for agents first."
    ),
]
Record = Annotated[
    Path | None,
    typer.Option("--record", metavar="DIR", parser=_some_path, help="Record each answer in this folder."),
]
Replay = Annotated[
    Path | None,
    typer.Option(
        "--replay", metavar="DIR", parser=_some_path, help="Answer from this folder only: no network, no key."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
