"""`cache`: what is kept of answers given before, and the way to be rid of it."""

import json

import typer

from agentic_flow.cli.columns import put, put_columns
from agentic_flow.cli.console import reported, say
from agentic_flow.cli.options import AsJson, ConfigFile
from agentic_flow.core.budgets import dollars

app = typer.Typer(help="See and clear the answers that are kept.", no_args_is_help=True)


@app.command()
def stats(as_json: AsJson = False, config: ConfigFile = None) -> None:
    """Say how many answers are kept, how much room they take, and what they have spared."""
    with reported():
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.providers.kept.database import Contents, Unusable
        from agentic_flow.wiring import cache_of

        cache = cache_of(load_settings(Flags(config)))
        problem = None
        try:
            kept = cache.contents()
        except Unusable as trouble:
            kept, problem = Contents(), str(trouble)
        most = cache.limits
        if as_json:
            facts = {
                "path": str(cache.path),
                "answers": kept.answers,
                "max_answers": most.answers,
                "bytes": kept.bytes,
                "max_bytes": most.bytes,
                "hits": kept.hits,
                "saved_usd": float(kept.saved_usd),
                "saved_ms": kept.saved_ms,
                "problem": problem,
            }
            put(json.dumps(facts, indent=2))
            return
        if problem is not None:
            put(problem)
            return
        from agentic_flow.weights.sizes import size_in_words

        room = "" if most.bytes is None else f" of at most {size_in_words(most.bytes)}"
        put_columns(
            [
                ("answers", f"{kept.answers:,} of at most {most.answers:,}"),
                ("size", size_in_words(kept.bytes) + room),
                ("hits", f"{kept.hits:,}"),
                ("saved", f"{dollars(kept.saved_usd)} and {kept.saved_ms / 1000:.1f} s"),
                ("file", str(cache.path)),
            ]
        )


@app.command()
def clear(config: ConfigFile = None) -> None:
    """Remove every kept answer."""
    with reported():
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.core.errors import OutputProblem
        from agentic_flow.providers.kept.database import Unusable
        from agentic_flow.wiring import cache_of

        cache = cache_of(load_settings(Flags(config)))
        try:
            cache.clear()
        except Unusable as trouble:
            raise OutputProblem(str(trouble)) from trouble
        say(f"cleared: {cache.path}")
