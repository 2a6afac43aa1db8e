"""`doctor`: what is configured and by whom, who could serve now, and what to do about the rest."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agentic_flow.cli.columns import put, put_columns
from agentic_flow.cli.console import reported, visible
from agentic_flow.cli.models import ModelProvider
from agentic_flow.cli.options import AsJson, ConfigFile, ModelsDir
from agentic_flow.core.budgets import dollars
from agentic_flow.core.names import HOSTED, LOCAL

if TYPE_CHECKING:
    from agentic_flow.wiring.examining import CallMade, Chosen, Examined, Machine


def doctor(
    provider: Annotated[ModelProvider | None, typer.Option(help="Look at this one alone.")] = None,
    call: Annotated[
        bool, typer.Option("--call", help="Make one real call of a few tokens; hosted ones cost a little.")
    ] = False,
    as_json: AsJson = False,
    config: ConfigFile = None,
    models_dir: ModelsDir = None,
) -> None:
    """Say what is configured, who could serve now, and what to do about the rest; 0 if anyone could."""
    with reported():
        from agentic_flow.config import Flags, explain_settings, load_settings
        from agentic_flow.wiring.examining import choices, examine, machine

        flags = Flags(config=config, models_dir=models_dir)
        settings = load_settings(flags)
        sources = {origin.key: origin.source for origin in explain_settings(flags)}
        names = (*HOSTED, LOCAL) if provider is None else (provider.value,)
        found = [examine(name, settings, sources, call=call) for name in names]
        has, would = machine(settings), choices(settings)
        if as_json:
            put(json.dumps(_shape(found, has, would, settings.warnings), indent=2))
        else:
            _draw(found, has, would, settings.warnings)
        problems = [each.problem for each in found if each.problem is not None]
        if len(problems) == len(found):
            raise problems[-1]


def _draw(found: list["Examined"], has: "Machine", would: list["Chosen"], warnings: tuple[str, ...]) -> None:
    from agentic_flow.weights.sizes import size_in_words

    for each in found:
        put(f"{each.provider}: {'can serve' if each.problem is None else 'cannot serve'}")
        rows = [(f"  {name}", visible(words)) for name, words in each.facts.items()]
        if each.call is not None:
            rows.append(("  call", _call(each.call)))
        rows += [("  warning", visible(warning)) for warning in each.warnings]
        if each.problem is not None:
            rows.append(("  problem", visible(str(each.problem))))
        put_columns(rows)
    memory = "unknown" if has.memory is None else size_in_words(has.memory)
    put("this machine")
    put_columns(
        [
            ("  memory", f"{memory} free"),
            ("  cores", str(has.cores)),
            ("  disk", f"{size_in_words(has.disk)} free for models in {visible(str(has.models))}"),
        ]
    )
    put("a run would go to")
    put_columns([(f"  {each.run}", visible(each.words)) for each in would])
    for warning in warnings:
        put(f"warning: {visible(warning)}")


def _call(made: "CallMade") -> str:
    cost = "unknown" if made.cost_usd is None else dollars(made.cost_usd)
    usage = made.usage
    tokens = f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"
    return f"{made.target.model} answered in {made.seconds:.1f} s, {tokens}, cost {cost}"


def _shape(
    found: list["Examined"], has: "Machine", would: list["Chosen"], warnings: tuple[str, ...]
) -> dict[str, Any]:
    return {
        "can_serve": any(each.problem is None for each in found),
        "providers": [_provider(each) for each in found],
        "machine": {
            "memory": has.memory,
            "cores": has.cores,
            "disk": has.disk,
            "models": str(has.models),
        },
        "choices": [{"run": each.run, "goes_to": each.words, "can_run": each.can_run} for each in would],
        "warnings": list(warnings),
    }


def _provider(each: "Examined") -> dict[str, Any]:
    made, problem = each.call, each.problem
    return {
        "provider": each.provider,
        "can_serve": problem is None,
        "facts": each.facts,
        "warnings": each.warnings,
        "problem": None
        if problem is None
        else {"status": problem.outcome.status, "exit_code": problem.outcome.exit_code, "text": str(problem)},
        "call": None
        if made is None
        else {
            "model": made.target.model,
            "seconds": round(made.seconds, 3),
            "input_tokens": made.usage.input_tokens,
            "output_tokens": made.usage.output_tokens,
            "cost_usd": None if made.cost_usd is None else float(made.cost_usd),
        },
    }
