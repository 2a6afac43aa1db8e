"""`costs compare`: what each strategy would cost a month, at today's prices."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from agentic_flow.cli.amounts import moment
from agentic_flow.cli.columns import put, put_columns
from agentic_flow.cli.console import reported
from agentic_flow.cli.options import AsJson, ConfigFile
from agentic_flow.core.errors import UsageMistake

if TYPE_CHECKING:
    from agentic_flow.cli.shapes import Shape
    from agentic_flow.core.profiles import TaskType
    from agentic_flow.reports.scenarios import Costing
    from agentic_flow.wiring.comparing import Comparison, Priced

_GUIDE_TOKENS = 1_000_000


class Preset(StrEnum):
    """A scenario that has a name."""

    GUIDE = "guide"


def compare(
    preset: Annotated[
        Preset | None, typer.Option(help="A known scenario; guide: a million tokens a month.")
    ] = None,
    tokens: Annotated[
        int | None, typer.Option(metavar="N", min=1, max=10**15, help="Tokens a month, read and written.")
    ] = None,
    mix: Annotated[
        str | None,
        typer.Option(metavar="MIX", help="How many tasks are of a kind, such as coding=40,chat=60."),
    ] = None,
    from_history: Annotated[
        datetime | None,
        typer.Option("--from-history", metavar="WHEN", parser=moment, help="Your own runs: since 30d ago."),
    ] = None,
    as_json: AsJson = False,
    config: ConfigFile = None,
) -> None:
    """Compare what a month costs with the strongest model alone, with fixed shares, and as configured.

    With --config OTHER.json the last line answers what another configuration would cost.
    """
    with reported():
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring.comparing import compare_month, compare_past

        if from_history is not None and (preset or tokens or mix):
            raise UsageMistake("--from-history takes tokens and tasks from your runs; leave the others out")
        if preset is not None and tokens is not None:
            raise UsageMistake(f"--preset {preset} says how many tokens; leave --tokens out")
        settings = load_settings(Flags(config))
        if from_history is not None:
            told = compare_past(settings, from_history)
        else:
            told = compare_month(settings, tokens or _GUIDE_TOKENS, None if mix is None else _read_mix(mix))
        if as_json:
            put(json.dumps(_shape(told), ensure_ascii=False, indent=2))
        else:
            _show(told)


def _read_mix(said: str) -> "Mapping[TaskType, int]":
    from agentic_flow.core.profiles import TaskType

    kinds = {kind.value: kind for kind in TaskType}
    read: dict[TaskType, int] = {}
    for part in said.split(","):
        name, _, weight = part.partition("=")
        kind = kinds.get(name.strip())
        if kind is None or not weight.strip().isdecimal() or not 0 < int(weight) <= 10**6:
            raise UsageMistake(
                f"--mix: found {part.strip()!r}, expected KIND=NUMBER with a kind of {', '.join(kinds)}"
            )
        read[kind] = int(weight)
    return read


def _show(told: "Comparison") -> None:
    calls = sum((load.calls for load in told.loads), Decimal(0))
    read = sum((load.calls * load.usage.input_tokens for load in told.loads), Decimal(0))
    written = sum((load.calls * load.usage.output_tokens for load in told.loads), Decimal(0))
    put(f"a month of {read + written:,.0f} tokens: {read:,.0f} in, {written:,.0f} out, {calls:,.0f} calls")
    if told.paid_usd is not None:
        put(f"what was done did cost {_month(told.paid_usd)} a month")
    put("")
    base = told.costings[0]
    rows = [
        (each.name, _month(each.cost_usd), _saving(each, base), ", ".join(_shares(each)))
        for each in told.costings
    ]
    put_columns([("STRATEGY", "A MONTH", "SAVES", "MODELS, BY TOKENS"), *rows])
    put("")
    for priced in told.prices:
        put(_price(priced))
    put("as configured: as if every key were set and every local model downloaded")


def _month(cost: Decimal | None) -> str:
    if cost is None:
        return "unknown"
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.4f}"


def _saving(each: "Costing", base: "Costing") -> str:
    part = None if each is base else each.saves(base)
    return "-" if part is None else f"{100 * part:.1f} %"


def _shares(each: "Costing") -> Iterator[str]:
    for target, share in each.shares.items():
        yield f"{100 * share:.0f} % {target}"


def _price(priced: "Priced") -> str:
    if priced.price is None:
        return f"{priced.target}: nobody knows its price; say it under `prices` in your configuration"
    if priced.day is None and not priced.price.input.base and not priced.price.output.base:
        return f"{priced.target}: free, it runs on this machine"
    day = "" if priced.day is None else f", {priced.day}"
    rates = f"${priced.price.input.base} in, ${priced.price.output.base} out a million tokens"
    return f"{priced.target}: {rates} ({priced.source}{day})"


def _shape(told: "Comparison") -> "Shape":
    base = told.costings[0]
    return {
        "calls": float(sum((load.calls for load in told.loads), Decimal(0))),
        "input_tokens": float(sum((load.calls * load.usage.input_tokens for load in told.loads), Decimal(0))),
        "output_tokens": float(
            sum((load.calls * load.usage.output_tokens for load in told.loads), Decimal(0))
        ),
        "paid_usd": None if told.paid_usd is None else float(told.paid_usd),
        "strategies": [
            {
                "name": each.name,
                "cost_usd": None if each.cost_usd is None else float(each.cost_usd),
                "saves": None if (part := each.saves(base)) is None else float(part),
                "shares": {str(target): float(share) for target, share in each.shares.items()},
            }
            for each in told.costings
        ],
        "prices": [
            {
                "model": str(priced.target),
                "input_usd": None if priced.price is None else float(priced.price.input.base),
                "output_usd": None if priced.price is None else float(priced.price.output.base),
                "source": priced.source,
                "date": None if priced.day is None else priced.day.isoformat(),
            }
            for priced in told.prices
        ],
    }
