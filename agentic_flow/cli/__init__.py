"""Arguments in, drawing out: one file a command. This one is the command line itself."""

from decimal import Decimal
from typing import Annotated

import typer

from agentic_flow.cli.amounts import dollars
from agentic_flow.cli.commands import Commands
from agentic_flow.cli.completing import agent_names, model_names
from agentic_flow.cli.mistyped import require_none_before_command
from agentic_flow.cli.options import (
    AgentsDir,
    Cache,
    Checks,
    ConfigFile,
    Context,
    ContextTokens,
    DryRun,
    EscalateTo,
    MaxAttempts,
    MaxTokens,
    ModelsDir,
    NoAddedImports,
    NoEscalate,
    NoFiles,
    NoLog,
    NoSyntaxCheck,
    OutputDir,
    Overwrite,
    Preview,
    Quiet,
    Record,
    Replay,
    Seed,
    Temperature,
    Timeout,
    TrustProject,
)
from agentic_flow.cli.run import Request, run_task
from agentic_flow.cli.show import OutputFormat
from agentic_flow.core.values import Priority
from agentic_flow.core.wishes import Recall, Wish

app = typer.Typer(
    name="agentic-flow",
    cls=Commands,
    help="Give one task to an agent, get checked files from a local or hosted model.",
    epilog='Example: agentic-flow --agent coder --model onnx/default --task "Create hello.py" -o out',
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    subcommand_metavar="[COMMAND [ARGS]...]",
    context_settings={"help_option_names": ["--help", "-h"]},
)


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
    context: Context = None,
    context_tokens: ContextTokens = None,
    check: Checks = None,
    max_attempts: MaxAttempts = None,
    trust_project: TrustProject = False,
    no_escalate: NoEscalate = False,
    escalate_to: EscalateTo = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    seed: Seed = None,
    timeout: Timeout = None,
    max_cost: Annotated[
        Decimal | None,
        typer.Option(metavar="USD", parser=dollars, help="US dollars for the whole run."),
    ] = None,
    no_log: NoLog = False,
    preview: Preview = False,
    dry_run: DryRun = False,
    overwrite: Overwrite = False,
    no_syntax_check: NoSyntaxCheck = False,
    no_added_imports: NoAddedImports = False,
    no_files: NoFiles = False,
    cache: Cache = None,
    record: Record = None,
    replay: Replay = None,
    output_format: Annotated[OutputFormat, typer.Option(help="What stdout carries.")] = OutputFormat.TEXT,
    quiet: Quiet = False,
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
        require_none_before_command(ctx)
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
