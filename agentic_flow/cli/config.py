"""`config check|show|schema`: whether the configuration is right, what it says, what it can say."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agentic_flow.cli.columns import put
from agentic_flow.cli.console import reported, say, visible
from agentic_flow.cli.options import AsJson, ConfigFile, ModelsDir

app = typer.Typer(help="Check, show and describe the configuration.", no_args_is_help=True)


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="A file to judge as a project's own.")] = None,
    config: ConfigFile = None,
) -> None:
    """Say of every file and variable in use that it is fine, or name each mistake and exit with 3.

    Models and the agent that they name are looked for as well.
    """
    with reported():
        from agentic_flow.config import Flags, check_settings
        from agentic_flow.core.errors import UsageMistake
        from agentic_flow.wiring.named import judge_names

        if file is not None and config is not None:
            raise UsageMistake("a FILE to check and --config were given; give one of them")
        fine, warnings = check_settings(Flags(config=config), file, judge_names)
        for warning in warnings:
            say(f"warning: {visible(warning)}")
        for source in fine:
            put(f"fine: {visible(source)}")


@app.command()
def show(
    as_json: AsJson = False,
    config: ConfigFile = None,
    models_dir: ModelsDir = None,
) -> None:
    """Print each setting with its value and where that came from. Keys stay hidden."""
    with reported():
        from agentic_flow.config import Flags, explain_settings

        origins = explain_settings(Flags(config=config, models_dir=models_dir))
        if as_json:
            rows = {origin.key: {"value": origin.value, "source": origin.source} for origin in origins}
            put(json.dumps(rows, indent=2))
            return
        for origin in origins:
            words = origin.value if isinstance(origin.value, str) else json.dumps(origin.value)
            said = origin.source if origin.value is None else f"{words} (from {origin.source})"
            put(visible(f"{origin.key}: {said}"))


class Described(StrEnum):
    """What has a JSON Schema."""

    CONFIG = "config"
    RESULT = "result"
    EVENT = "event"
    RUN = "run"
    BATCH = "batch"


@app.command()
def schema(
    what: Annotated[
        Described,
        typer.Argument(
            help="router.config.json, the object of `json`, a line of `stream-json`, a run of `history`,"
            " or a result of `batch`."
        ),
    ] = Described.CONFIG,
) -> None:
    """Print a JSON Schema, for editors, scripts and CI."""
    with reported():
        from agentic_flow.cli.schemas import batch_schema, event_schema, result_schema, run_schema
        from agentic_flow.config import schema as config_schema

        schemas = {
            Described.CONFIG: config_schema,
            Described.RESULT: result_schema,
            Described.EVENT: event_schema,
            Described.RUN: run_schema,
            Described.BATCH: batch_schema,
        }
        put(json.dumps(schemas[what](), indent=2))
