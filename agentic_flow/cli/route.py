"""`route`: decide which model a task would go to, and explain; calls nothing and needs no key.

`route feedback` and `route train`: let the runs there were say how difficult tasks are.
"""

import json
from typing import Annotated

import typer

from agentic_flow.cli.columns import put
from agentic_flow.cli.completing import agent_names
from agentic_flow.cli.console import reported, say
from agentic_flow.cli.options import AgentsDir, AsJson, ConfigFile, Context, ModelsDir
from agentic_flow.core.remembered import Feedback
from agentic_flow.core.values import Priority

app = typer.Typer(
    help="Say which model a task would go to; learn from past runs.", invoke_without_command=True
)


@app.callback()
def route(
    ctx: typer.Context,
    task: Annotated[
        str | None, typer.Option("--task", "-t", help="What you want done; `-` reads stdin.")
    ] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", "-a", autocompletion=agent_names, help="An agent's name.")
    ] = None,
    context: Context = None,
    priority: Annotated[Priority | None, typer.Option(help="What to give up last.")] = None,
    as_json: AsJson = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every candidate.")] = False,
    config: ConfigFile = None,
    models_dir: ModelsDir = None,
    agents_dir: AgentsDir = None,
) -> None:
    """Say which model TASK would go to with --auto-route, and why."""
    if ctx.invoked_subcommand is not None:
        return
    with reported():
        from agentic_flow.cli.explaining import explain
        from agentic_flow.cli.piped import read_all
        from agentic_flow.cli.shapes import route_shape
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.core.errors import UsageMistake
        from agentic_flow.core.wishes import Wish
        from agentic_flow.wiring import choose_model, find_agent
        from agentic_flow.wiring.asking import preferring, task_of

        if task is None:
            raise UsageMistake('say what you want done: agentic-flow route --task "..."')
        settings = preferring(priority, load_settings(Flags(config, models_dir)))
        words = read_all() if task == "-" else task
        wish = Wish(task=words, agent=agent, context=context or (), auto_route=True)
        asked = task_of(wish, settings)
        decision = choose_model(asked, find_agent(asked.agent, settings, agents_dir), settings)
        for warning in (*settings.warnings, *decision.warnings):
            say(f"warning: {warning}")
        if as_json:
            put(json.dumps(route_shape(decision), ensure_ascii=False, indent=2))
            return
        put(str(decision.target))
        put(f"reason: {decision.reason}")
        if verbose:
            for line in explain(decision):
                put(line)


@app.command()
def feedback(
    run: Annotated[str, typer.Argument(help="A run's id or how it begins; see `history list`.")],
    verdict: Annotated[Feedback, typer.Argument(help="Whether its answer was of use.")],
) -> None:
    """Say whether a run's answer was good; `route train` learns from it."""
    with reported():
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring.remembering import open_history

        judged = open_history(load_settings(Flags())).judge(run, verdict)
        say(f"run {judged}: {verdict}")


@app.command()
def train(as_json: AsJson = False) -> None:
    """Learn from past runs which tasks are harder than they seem, and keep it where it proves better."""
    with reported():
        from agentic_flow.cli.telling_training import tell_training, training_shape
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring.learning import train_on_history, weights_file

        settings = load_settings(Flags())
        trained = train_on_history(settings)
        if as_json:
            put(json.dumps(training_shape(trained), ensure_ascii=False, indent=2))
            return
        for line in tell_training(trained, weights_file(settings)):
            put(line)
