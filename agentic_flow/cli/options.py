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
Context = Annotated[
    list[str] | None,
    typer.Option("--context", "-c", metavar="PATH", help="A file to read; globs, repeatable."),
]
ContextTokens = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Show the largest context in outline beyond this; else 16000."),
]
Checks = Annotated[
    list[str] | None, typer.Option(metavar="CMD", help="A command the files must pass; repeatable.")
]
MaxAttempts = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        max=20,
        help="Most answers of one model, else 3; 2 while a stronger one is left.",
    ),
]
TrustProject = Annotated[
    bool, typer.Option("--trust-project", help="Run the checks that this project's own files ask for.")
]
NoEscalate = Annotated[
    bool, typer.Option("--no-escalate", help="Turn to no stronger model where the files do not pass.")
]
EscalateTo = Annotated[
    list[str] | None,
    typer.Option(metavar="PROVIDER/MODEL", help="A model that takes over then; repeatable, in order."),
]
Seed = Annotated[
    int | None, typer.Option(metavar="N", min=0, help="Repeat a sampled answer of a local model.")
]
NoLog = Annotated[bool, typer.Option("--no-log", help="Keep only numbers of a run, no words.")]
Preview = Annotated[bool, typer.Option("--preview", help="Ask, and show what would change; write nothing.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Decide and explain; call nothing.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")]
NoSyntaxCheck = Annotated[
    bool, typer.Option("--no-syntax-check", help="Take files that are not Python, JSON, YAML or TOML.")
]
NoAddedImports = Annotated[
    bool,
    typer.Option(
        "--no-added-imports", help="Do not put in the imports that Python files of an answer forgot."
    ),
]
NoFiles = Annotated[bool, typer.Option("--no-files", help="Write no files; an answer is text.")]
Cache = Annotated[
    bool | None,
    typer.Option(
        "--cache/--no-cache", help="Use answers given before, or do not, whatever the configuration says."
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but failures.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
