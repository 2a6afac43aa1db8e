"""`costs report`: what was used and spent, against the budgets; for eyes, scripts, sheets, a browser."""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from agentic_flow.cli.amounts import moment
from agentic_flow.cli.columns import put, put_columns
from agentic_flow.cli.comparing import compare
from agentic_flow.cli.console import reported, say
from agentic_flow.cli.options import AsJson, ConfigFile
from agentic_flow.cli.pages import ReplacePage, require_place, write_page
from agentic_flow.core.errors import UsageMistake
from agentic_flow.reports.summing import Grouping, Report, Sum

if TYPE_CHECKING:
    from agentic_flow.cli.shapes import Shape
    from agentic_flow.core.budgets import Room
    from agentic_flow.core.remembered import Total

app = typer.Typer(help="See what was spent, and what else it could have cost.", no_args_is_help=True)

_BAR = 24
_SHOWN = (Grouping.DAY, Grouping.PROVIDER, Grouping.MODEL, Grouping.AGENT)


@app.callback()
def costs() -> None:
    """See what was spent, and what else it could have cost."""


app.command(name="compare")(compare)


@app.command()
def report(
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", metavar="WHEN", parser=moment, help="From a day on (2026-11-25), or 7d, 4w ago."
        ),
    ] = None,
    by: Annotated[list[Grouping] | None, typer.Option(help="Part the sums only by this; repeatable.")] = None,
    as_json: AsJson = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print a row for each day, project, agent and model.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with charts; - is stdout.")
    ] = None,
    overwrite: ReplacePage = False,
    config: ConfigFile = None,
) -> None:
    """Show spend and tokens by day, provider, model and agent, against the budgets."""
    with reported():
        from agentic_flow.config import Flags, load_settings
        from agentic_flow.wiring import reporting

        if sum((as_json, as_csv, html is not None)) > 1:
            raise UsageMistake("--json, --csv and --html are three forms; ask for one of them")
        if html is not None:
            require_place(html, overwrite=overwrite)
        settings = load_settings(Flags(config))
        if lost := reporting.lost(settings):
            say(f"warning: {lost}")
        if as_csv:
            _put_csv(reporting.totals_since(settings, since))
            return
        summed = reporting.report_since(settings, since)
        if html is not None:
            from agentic_flow.reports.costs_page import costs_page

            made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
            write_page(html, costs_page(summed, reporting.newest_runs(settings, since), made))
        elif as_json:
            put(json.dumps(_shape(summed, by or list(Grouping)), ensure_ascii=False, indent=2))
        else:
            _show(summed, by or _SHOWN)


def _show(summed: Report, groupings: Sequence[Grouping]) -> None:
    from agentic_flow.core.budgets import dollars

    total = summed.total
    if summed.since > summed.until:
        put(f"nothing was used: {summed.since} is still to come (today is {summed.until}, UTC)")
    elif not total.calls and not total.saved_usd:
        put(f"nothing was used from {summed.since} to {summed.until} (UTC)")
    else:
        put(
            f"{summed.since} to {summed.until} (UTC): {dollars(total.spent_usd)}, {total.calls:,} calls,"
            f" {total.input_tokens:,} tokens in, {total.output_tokens:,} out"
        )
    if total.saved_usd:
        put(f"answers kept from before spared {dollars(total.saved_usd)}")
    if total.assumed_usd:
        assumed = dollars(total.assumed_usd)
        put(f"{assumed} of that is assumed: what calls that broke off can have cost at the most")
    if total.unpriced:
        put(f"of {total.unpriced:,} calls nobody knows the cost; they are not in these sums")
    for room in summed.budgets:
        put(str(room))
    for grouping in groupings:
        if summed.by[grouping]:
            put("")
            put_columns(list(_rows(grouping, summed.by[grouping])))


def _rows(grouping: Grouping, sums: Sequence[Sum]) -> Iterator[tuple[str, ...]]:
    from agentic_flow.core.budgets import dollars

    dearest = max(each.spent_usd for each in sums)
    drawn = sys.stdout.isatty() and dearest > 0
    yield (grouping.upper(), "CALLS", "TOKENS IN", "TOKENS OUT", "COST", *(("",) if drawn else ()))
    for each in sums:
        numbers = (f"{each.calls:,}", f"{each.input_tokens:,}", f"{each.output_tokens:,}")
        bar = (_bar(each.spent_usd / dearest),) if drawn else ()
        yield (each.name or "-", *numbers, dollars(each.spent_usd), *bar)


def _bar(part: Decimal) -> str:
    """Return a bar; whatever was spent at all shows."""
    eighths = max(int(part * _BAR * 8), 1 if part else 0)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


_COLUMNS = """day project agent provider model calls input_tokens output_tokens cached_input_tokens
cache_write_tokens cost_usd unpriced_calls saved_usd assumed_usd"""


def _put_csv(totals: Sequence["Total"]) -> None:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS.split())
    for each in totals:
        words = (each.day, each.project, each.agent, each.target.provider, each.target.model)
        usage = each.usage
        writer.writerow(
            (
                *map(_cell, words),
                each.calls,
                *(usage.input_tokens, usage.output_tokens),
                *(usage.cached_input_tokens, usage.cache_write_tokens),
                *(f"{each.spent_usd.normalize():f}", each.unpriced, f"{each.saved_usd.normalize():f}"),
                f"{each.assumed_usd.normalize():f}",
            )
        )
    put(out.getvalue().rstrip("\n"))


def _cell(words: str) -> str:
    """Return words that no spreadsheet takes for a formula."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words


def _shape(summed: Report, groupings: Sequence[Grouping]) -> "Shape":
    return {
        "since": summed.since,
        "until": summed.until,
        "total": _sum(summed.total),
        "by": {grouping.value: [_sum(each) for each in summed.by[grouping]] for grouping in groupings},
        "budgets": [_room(room) for room in summed.budgets],
    }


def _sum(each: Sum) -> "Shape":
    return {
        "name": each.name,
        "calls": each.calls,
        "input_tokens": each.input_tokens,
        "output_tokens": each.output_tokens,
        "cost_usd": float(each.spent_usd),
        "assumed_usd": float(each.assumed_usd),
        "unpriced_calls": each.unpriced,
        "saved_usd": float(each.saved_usd),
    }


def _room(room: "Room") -> "Shape":
    return {
        "name": room.limit.name,
        "setting": room.limit.setting,
        "amount_usd": float(room.limit.amount),
        "spent_usd": float(room.spent),
        "held_usd": float(room.held),
        "left_usd": float(room.left),
        "resets": None if room.resets is None else room.resets.isoformat(),
    }
