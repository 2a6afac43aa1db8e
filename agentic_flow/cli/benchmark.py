"""`benchmark providers`: the same tasks through each configured model, measured on this machine."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentic_flow.cli.amounts import dollars
from agentic_flow.cli.columns import put, put_columns
from agentic_flow.cli.console import reported, say, say_failure, visible
from agentic_flow.cli.options import AsJson, ConfigFile, ModelsDir
from agentic_flow.cli.pages import ReplacePage, require_place, write_page
from agentic_flow.cli.signals import go_on, interruptible
from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.outcome import Outcome

if TYPE_CHECKING:
    from agentic_flow.cli.shapes import Shape
    from agentic_flow.reports.measured import Measured, Spread

app = typer.Typer(help="Measure models on this machine.", no_args_is_help=True)


@app.callback()
def benchmark() -> None:
    """Measure models on this machine."""


@app.command()
def providers(
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--models", "-m", metavar="A,B", help="Which models; else all that can serve. Repeatable."
        ),
    ] = None,
    tasks: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Tasks of your own, a JSON object a line.")
    ] = None,
    repeat: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="Each task so often.")] = 1,
    max_cost: Annotated[
        Decimal | None,
        typer.Option(metavar="DOLLARS", parser=dollars, help="For all of it; needed where it costs money."),
    ] = None,
    as_json: AsJson = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with plots; - is stdout.")
    ] = None,
    overwrite: ReplacePage = False,
    config: ConfigFile = None,
    models_dir: ModelsDir = None,
) -> None:
    """Give the same small tasks to each model: first word, speed, time, cost, and how many pass."""
    with reported(), interruptible():
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.reports.providers_page import HEAD, providers_page, rows
        from agentic_flow.wiring.measuring import measured, plan

        if as_json and html is not None:
            raise UsageMistake("--json and --html are two forms; ask for one of them")
        if html is not None:
            require_place(html, overwrite=overwrite)
        settings = load_settings(Flags(config, models_dir))
        planned = plan(settings, tasks, _names(models or ()), repeat, max_cost)
        done = list(measured(settings, planned, _step))
        go_on()
        for each in done:
            for failure in (*each.failures, *((each.stopped,) if each.stopped else ())):
                say(visible(f"{each.target}: {failure}"))
        if as_json:
            put(json.dumps([_shape(each, done) for each in done], ensure_ascii=False, indent=2))
        elif html is not None:
            made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
            about = f"{len(planned.wishes)} tasks, each {repeat} times; made {made} on this machine."
            write_page(html, providers_page(done, about))
        else:
            put_columns([HEAD, *rows(done)])
        _require_answers(done)


def _require_answers(done: "Sequence[Measured]") -> None:
    """End with what kept the first model from answering, where none answered at all."""
    if any(each.seconds for each in done):
        return
    ended = next((each.unanswered for each in done if each.unanswered), Outcome.BUDGET)
    say_failure(ended.status, "nothing was measured: no model answered, as said above")
    raise typer.Exit(ended.exit_code)


def _names(options: Sequence[str]) -> list[str]:
    """Read the models that are named. One that names none is a variable nobody set, and no way to say all."""
    read = [[name.strip() for name in said.split(",") if name.strip()] for said in options]
    if not all(read):
        raise UsageMistake("--models is empty; name models, or leave the option out for all that can serve")
    return [name for names in read for name in names]


def _step(words: str) -> None:
    """Tell of the next run, which a signal that ended the one before ends as well."""
    go_on()
    say(words)


def _shape(each: "Measured", all_of_them: "list[Measured]") -> "Shape":
    from agentic_flow.reports.measured import unbeaten

    return {
        "model": str(each.target),
        "runs": each.runs,
        "passed": each.passed,
        "first_word_s": _spread(each.first_word),
        "tokens_per_second": _spread(each.speed),
        "seconds": _spread(each.seconds),
        "cost_usd": None if each.cost_usd is None else float(each.cost_usd),
        "unbeaten": each in unbeaten(all_of_them),
        "failures": list(each.failures),
        "stopped": each.stopped,
    }


def _spread(spread: "Spread | None") -> "Shape | None":
    if spread is None:
        return None
    return {"median": spread.median, "least": spread.least, "most": spread.most}
