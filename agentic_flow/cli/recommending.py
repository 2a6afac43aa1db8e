"""`models recommend`: models for a kind of work -> a table, or JSON."""

import json

from agentic_flow.cli.columns import put, put_columns
from agentic_flow.core.settings import Settings
from agentic_flow.core.wishes import Purpose
from agentic_flow.routing import Recommended
from agentic_flow.wiring.recommending import recommended

_HEADINGS = ("MODEL", "USUAL JOB", "SECONDS", "CONTEXT", "WHY")


def put_recommended(purpose: Purpose, settings: Settings, *, as_json: bool) -> None:
    """Print the configured models for a purpose, best first."""
    models = recommended(purpose, settings)
    if as_json:
        put(json.dumps([_shape(each) for each in models], indent=2))
        return
    put_columns([_HEADINGS, *map(_row, models)])


def _row(each: Recommended) -> tuple[str, ...]:
    return (
        str(each.target),
        "unknown" if each.cost_usd is None else f"${each.cost_usd:.5f}",
        f"{each.latency_s:.0f}",
        "unknown" if each.context is None else f"{each.context:,}",
        f"{each.why}; now: {each.obstacle}" if each.obstacle else each.why,
    )


def _shape(each: Recommended) -> dict[str, object]:
    return {
        "provider": each.target.provider,
        "model": each.target.model,
        "cost_usd": None if each.cost_usd is None else float(each.cost_usd),
        "latency_s": round(each.latency_s, 1),
        "strength": each.strength,
        "context": each.context,
        "why": each.why,
        "obstacle": each.obstacle,
    }
