"""`route`: decide which model a task would go to, and explain; calls nothing and needs no key."""

import json
from typing import Annotated

import typer

from agentic_flow.cli.columns import put
from agentic_flow.cli.completing import agent_names
from agentic_flow.cli.console import reported, say
from agentic_flow.cli.options import AgentsDir, AsJson, ConfigFile, ModelsDir
from agentic_flow.core.values import Priority


def route(
    task: Annotated[str, typer.Option("--task", "-t", help="What you want done; `-` reads stdin.")],
    agent: Annotated[
        str | None, typer.Option("--agent", "-a", autocompletion=agent_names, help="An agent's name.")
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option("--context", "-c", metavar="PATH", help="A file to read; globs, repeatable."),
    ] = None,
    priority: Annotated[Priority | None, typer.Option(help="What to give up last.")] = None,
    as_json: AsJson = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Show every candidate.")] = False,
    config: ConfigFile = None,
    models_dir: ModelsDir = None,
    agents_dir: AgentsDir = None,
) -> None:
    """Say which model TASK would go to with --auto-route, and why."""
    with reported():
        from agentic_flow.cli.explaining import explain
        from agentic_flow.cli.piped import read_all
        from agentic_flow.cli.shapes import route_shape
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.core.wishes import Wish
        from agentic_flow.wiring import choose_model, find_agent
        from agentic_flow.wiring.asking import preferring, task_of

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
