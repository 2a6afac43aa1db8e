"""`batch`: many tasks at once, from a file or a pipe; a result a line, and a way to go on after a stop."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer

from agentic_flow.cli.amounts import dollars, rate
from agentic_flow.cli.completing import agent_names, model_names
from agentic_flow.cli.console import reported
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
from agentic_flow.core.budgets import Rate
from agentic_flow.core.values import Priority
from agentic_flow.core.wishes import EngineName, Form, Recall, Wish

_JOBS = 8


def batch(
    tasks: Annotated[str, typer.Argument(metavar="TASKS", help="JSON lines or CSV; `-` reads stdin.")],
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=1, max=1024, help="Tasks at once.")
    ] = _JOBS,
    results: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where results go, a JSON object a line; else stdout.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Leave out the tasks that --results has a good result of.")
    ] = False,
    fail_fast: Annotated[bool, typer.Option("--fail-fast", help="Begin nothing after a failure.")] = False,
    max_failures: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Begin nothing after N failures.")
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="How TASKS is written, where its name does not say.")
    ] = None,
    engine: Annotated[
        EngineName, typer.Option(help="Threads of this process, or a Ray cluster.")
    ] = EngineName.LOCAL,
    ray_address: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="The cluster; without it one is started on this machine."),
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option("--agent", "-a", help="Where a line names none.", autocompletion=agent_names),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="PROVIDER/MODEL",
            help="Where a line names none.",
            autocompletion=model_names,
        ),
    ] = None,
    auto_route: Annotated[
        bool, typer.Option("--auto-route", help="Let each task decide which model it needs.")
    ] = False,
    priority: Annotated[Priority | None, typer.Option(help="What --auto-route gives up last.")] = None,
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
        typer.Option(
            metavar="USD", parser=dollars, help="US dollars for the whole batch, with all that --resume adds."
        ),
    ] = None,
    rates: Annotated[
        list[Rate] | None,
        typer.Option(
            "--rate",
            metavar="PROVIDER=REQUESTS[/TOKENS]",
            parser=rate,
            help="The most to ask a provider for in a minute; repeatable.",
        ),
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
    quiet: Quiet = False,
    config: ConfigFile = None,
    models_dir: ModelsDir = None,
    agents_dir: AgentsDir = None,
) -> None:
    """Do the tasks of TASKS: one JSON object a line, with "task", an "id" and any option of a single task."""
    base = Wish(
        agent=agent,
        model=model,
        auto_route=auto_route,
        priority=priority,
        output_dir=output_dir,
        context=tuple(context or ()),
        context_tokens=context_tokens,
        check=tuple(check or ()),
        max_attempts=max_attempts,
        no_escalate=no_escalate,
        escalate_to=tuple(escalate_to or ()),
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
        timeout=timeout,
        no_log=no_log,
        preview=preview,
        dry_run=dry_run,
        overwrite=overwrite,
        no_files=no_files,
        no_syntax_check=no_syntax_check,
        no_added_imports=no_added_imports,
    )
    with reported():
        from agentic_flow.cli.batching import Request, run_batch

        request = Request(
            tasks=tasks,
            form=form,
            base=base,
            jobs=jobs,
            results=results,
            resume=resume,
            engine=engine,
            ray_address=ray_address,
            max_cost=max_cost,
            rates=rates or (),
            most_failures=1 if fail_fast else max_failures,
            quiet=quiet,
            config=config,
            models_dir=models_dir,
            agents_dir=agents_dir,
            trust_project=trust_project,
            recall=Recall(cache, record, replay),
        )
        raise typer.Exit(run_batch(request))
