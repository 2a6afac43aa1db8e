"""Arguments in, drawing out: one file a command. This one is the command line itself."""

from decimal import Decimal
from typing import Annotated

import typer

from agentic_flow.cli.agents import app as agents
from agentic_flow.cli.amounts import dollars
from agentic_flow.cli.batch import batch
from agentic_flow.cli.benchmark import app as benchmark
from agentic_flow.cli.cache import app as cache_commands
from agentic_flow.cli.completing import agent_names, model_names
from agentic_flow.cli.config import app as config
from agentic_flow.cli.costs import app as costs
from agentic_flow.cli.doctor import doctor
from agentic_flow.cli.download import download_model
from agentic_flow.cli.history import app as history
from agentic_flow.cli.models import app as models
from agentic_flow.cli.options import (
    AgentsDir,
    ConfigFile,
    MaxTokens,
    ModelsDir,
    OutputDir,
    Record,
    Replay,
    Temperature,
    Timeout,
)
from agentic_flow.cli.route import app as route
from agentic_flow.cli.run import Request, run_task
from agentic_flow.cli.show import OutputFormat
from agentic_flow.core.values import Priority
from agentic_flow.core.wishes import Recall, Wish

app = typer.Typer(
    name="agentic-flow",
    help="Give one task to an agent, get checked files from a local or hosted model.",
    epilog='Example: agentic-flow --agent coder --model onnx/default --task "Create hello.py" -o out',
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    subcommand_metavar="[COMMAND [ARGS]...]",
)
app.add_typer(agents, name="agents")
app.add_typer(models, name="models")
app.add_typer(config, name="config")
app.add_typer(history, name="history")
app.add_typer(route, name="route")
app.add_typer(cache_commands, name="cache")
app.add_typer(costs, name="costs")
app.add_typer(benchmark, name="benchmark")
app.command(name="download-model")(download_model)
app.command(name="batch")(batch)
app.command(name="doctor")(doctor)


@app.command(name="-", hidden=True)
def dash() -> None:
    """Read the task from stdin: `agentic-flow --agent coder - < task.txt`."""


def _version(asked: bool) -> None:
    if asked:
        from agentic_flow import __version__

        typer.echo(f"agentic-flow {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def one_task(
    ctx: typer.Context,
    agent: Annotated[
        str | None,
        typer.Option(
            "--agent",
            "-a",
            metavar="NAME",
            autocompletion=agent_names,
            help="An agent's name (see `agents list`).",
        ),
    ] = None,
    task: Annotated[
        str | None, typer.Option("--task", "-t", metavar="TEXT", help="What you want done; `-` reads stdin.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="PROVIDER/MODEL",
            autocompletion=model_names,
            help="For example onnx/default.",
        ),
    ] = None,
    auto_route: Annotated[
        bool, typer.Option("--auto-route", help="Let the task decide which model it needs.")
    ] = False,
    priority: Annotated[
        Priority | None, typer.Option(help="What --auto-route gives up last; alone it means --auto-route.")
    ] = None,
    output_dir: OutputDir = None,
    context: Annotated[
        list[str] | None,
        typer.Option("--context", "-c", metavar="PATH", help="A file to read; globs, repeatable."),
    ] = None,
    context_tokens: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="Show the largest context in outline beyond this; else 16000."),
    ] = None,
    check: Annotated[
        list[str] | None, typer.Option(metavar="CMD", help="A command the files must pass; repeatable.")
    ] = None,
    max_attempts: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=20, help="Answers of one model until its files pass; else 3."),
    ] = None,
    trust_project: Annotated[
        bool, typer.Option("--trust-project", help="Run the checks that this project's own files ask for.")
    ] = False,
    no_escalate: Annotated[
        bool, typer.Option("--no-escalate", help="Turn to no stronger model where the files do not pass.")
    ] = False,
    escalate_to: Annotated[
        list[str] | None,
        typer.Option(metavar="PROVIDER/MODEL", help="A model that takes over then; repeatable, in order."),
    ] = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", min=0, help="Repeat a sampled answer of a local model.")
    ] = None,
    timeout: Timeout = None,
    max_cost: Annotated[
        Decimal | None,
        typer.Option(metavar="USD", parser=dollars, help="US dollars for the whole run."),
    ] = None,
    no_log: Annotated[
        bool, typer.Option("--no-log", help="Keep only numbers of this run, no words.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Ask, and show what would change; write nothing.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Decide and explain; call nothing.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    no_syntax_check: Annotated[
        bool, typer.Option("--no-syntax-check", help="Take files that are not Python, JSON, YAML or TOML.")
    ] = False,
    no_added_imports: Annotated[
        bool,
        typer.Option(
            "--no-added-imports", help="Do not put in the imports that Python files of an answer forgot."
        ),
    ] = False,
    no_files: Annotated[bool, typer.Option("--no-files", help="Write no files; the answer is text.")] = False,
    cache: Annotated[
        bool | None,
        typer.Option(
            "--cache/--no-cache", help="Use answers given before, or do not, whatever the configuration says."
        ),
    ] = None,
    record: Record = None,
    replay: Replay = None,
    output_format: Annotated[OutputFormat, typer.Option(help="What stdout carries.")] = OutputFormat.TEXT,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but failures.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say what the choice of the model was made from.")
    ] = False,
    config_file: ConfigFile = None,
    models_dir: ModelsDir = None,
    agents_dir: AgentsDir = None,
    no_stdin: Annotated[bool, typer.Option("--no-stdin", help="Do not read stdin.")] = False,
    version: Annotated[  # noqa: ARG001  (acts through its callback)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Give one task to an agent, get checked files from a local or hosted model."""
    if ctx.invoked_subcommand not in (None, "-"):
        return
    run_task(
        Request(
            wish=Wish(
                agent=agent,
                task="-" if ctx.invoked_subcommand == "-" else task,
                model=model,
                auto_route=auto_route,
                priority=priority,
                output_dir=output_dir,
                context=context or (),
                context_tokens=context_tokens,
                check=check or (),
                max_attempts=max_attempts,
                no_escalate=no_escalate,
                escalate_to=escalate_to or (),
                max_tokens=max_tokens,
                temperature=temperature,
                seed=seed,
                timeout=timeout,
                max_cost=max_cost,
                no_log=no_log,
                preview=preview,
                dry_run=dry_run,
                overwrite=overwrite,
                no_files=no_files,
                no_syntax_check=no_syntax_check,
                no_added_imports=no_added_imports,
            ),
            form=output_format,
            quiet=quiet,
            verbose=verbose,
            config=config_file,
            models_dir=models_dir,
            agents_dir=agents_dir,
            no_stdin=no_stdin,
            trust_project=trust_project,
            recall=Recall(cache, record, replay),
        )
    )
