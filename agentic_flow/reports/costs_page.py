"""A report, and the newest runs -> one page that stands by itself: charts, and the numbers behind them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from agentic_flow.core.budgets import Room, dollars
from agentic_flow.core.frozen import frozen
from agentic_flow.reports.charts import Axis, Bar, Dot, columns, dots, legend, share
from agentic_flow.reports.markup import behind, facts, page, section, table, text
from agentic_flow.reports.summing import Grouping, Report, Sum

_MOST_DAYS = 400
_LEGEND = 5
"""Models with a colour of their own; the others share the last one."""


@frozen
class Seen:
    """One run as the page shows it."""

    run_id: str
    started: str
    agent: str
    model: str
    status: str
    reason: str
    cost_usd: Decimal | None
    seconds: float
    cached: bool


def costs_page(report: Report, runs: Sequence[Seen], made: str) -> str:
    """Return the page. `runs` are the newest first; `made` is when the page was made, in words."""
    span = f"{report.since} to {report.until}" if report.since <= report.until else f"From {report.since}"
    about = f"{span}, UTC. Made {made} from the ledger on this machine."
    return page("What agentic-flow used and spent", about, _sections(report, runs))


def _sections(report: Report, runs: Sequence[Seen]) -> Iterator[str]:
    yield section("short", "In short", facts(_facts(report.total)), *_unpriced(report.total))
    if report.budgets:
        yield section("budgets", "Budgets", *(_budget(at, room) for at, room in enumerate(report.budgets)))
    if not report.total.calls and not runs:
        yield "<p>Nothing was used in this time.</p>"
        return
    yield section("days", "Spend over time", *_days(report))
    yield section("providers", "Share by provider", *_providers(report.by[Grouping.PROVIDER]))
    for grouping in (Grouping.MODEL, Grouping.AGENT, Grouping.PROJECT):
        yield section(f"by-{grouping}", f"By {grouping}", _table(grouping, report.by[grouping]))
    yield section("latency", "Cost against latency", *_latency(runs))
    yield section("cache", "What the cache spared", *_cache(report, runs))
    yield section("routing", "Routing decisions", *_routing(runs))


def _facts(total: Sum) -> Iterator[tuple[str, str]]:
    yield "Spent", dollars(total.spent_usd)
    yield "Calls", f"{total.calls:,}"
    yield "Tokens read", f"{total.input_tokens:,}"
    yield "Tokens written", f"{total.output_tokens:,}"
    yield "Spared by the cache", dollars(total.saved_usd)


def _unpriced(total: Sum) -> Iterator[str]:
    if total.assumed_usd:
        yield (
            f"<p>{dollars(total.assumed_usd)} of the spend is assumed: what calls that broke off can have"
            " cost at the most.</p>"
        )
    if total.unpriced:
        of, they = (f"{total.unpriced:,} calls", "they are") if total.unpriced > 1 else ("one call", "it is")
        yield f"<p>Of {of} nobody knows the cost; {they} not in these sums.</p>"


def _budget(at: int, room: Room) -> str:
    limit = room.limit.amount
    used = min(limit, room.spent + room.held)
    part = 100 * used / limit if limit else Decimal(100)
    return (
        f'<p id="budget{at}">{text(room)}</p>'
        f'<meter aria-labelledby="budget{at}" min="0" max="100" high="80" optimum="0" value="{part:.2f}">'
        f"{part:.0f} %</meter>"
    )


def _days(report: Report) -> Iterator[str]:
    days = report.by[Grouping.DAY]
    spent = {day.name: day for day in days}
    bars = [
        Bar(day[5:], float(there.spent_usd), f"{dollars(there.spent_usd)}, {there.tokens:,} tokens")
        for day in _calendar(report)
        for there in [spent.get(day, Sum(day))]
    ]
    dearest = max(days, key=lambda day: day.spent_usd, default=None)
    top = f" The dearest day was {dearest.name} with {dollars(dearest.spent_usd)}." if dearest else ""
    says = f"Spend on each day: {dollars(report.total.spent_usd)} in all.{top}"
    if not report.total.spent_usd:
        yield "<p>Nothing was spent: all calls were free. The chart shows tokens.</p>"
        bars = [
            Bar(bar.name, float(spent.get(day, Sum(day)).tokens), bar.told)
            for bar, day in zip(bars, _calendar(report), strict=True)
        ]
        yield columns(bars, Axis("tokens", lambda value: f"{value:,.0f}"), f"Tokens on each day.{top}")
    else:
        yield columns(bars, Axis("US dollars", _money), says)
    yield behind("The days as a table", _table(Grouping.DAY, days))


def _providers(providers: Sequence[Sum]) -> Iterator[str]:
    paid = [each for each in providers if each.spent_usd]
    parts = [
        Bar(each.name, float(each.spent_usd), f"{dollars(each.spent_usd)}, {_percent(each, paid)}")
        for each in paid
    ]
    if parts:
        told = "; ".join(f"{part.name} {part.told}" for part in parts)
        yield '<p class="soft">Of what was spent:</p>'
        yield share(parts, f"Share of the spend: {told}")
    whole = sum(each.tokens for each in providers) or 1
    tokens = [
        Bar(each.name, each.tokens, f"{each.tokens:,} tokens, {100 * each.tokens / whole:.0f} %")
        for each in providers
    ]
    told = "; ".join(f"{part.name} {part.told}" for part in tokens)
    yield '<p class="soft">Of the tokens read and written:</p>'
    yield share(tokens, f"Share of the tokens: {told}")
    yield behind("The providers as a table", _table(Grouping.PROVIDER, providers))


def _percent(each: Sum, among: Sequence[Sum]) -> str:
    return f"{100 * each.spent_usd / sum(other.spent_usd for other in among):.0f} %"


def _latency(runs: Sequence[Seen]) -> Iterator[str]:
    known = [run for run in runs if run.cost_usd is not None and not run.cached]
    if not known:
        yield "<p>No run of a known cost is remembered from this time.</p>"
        return
    common = [model for model, _ in Counter(run.model for run in known).most_common()]
    kinds = {model: min(at, _LEGEND) for at, model in enumerate(common)}
    points = [
        Dot(
            run.model,
            run.seconds,
            float(run.cost_usd or 0),
            f"{run.seconds:.1f} s, {dollars(run.cost_usd or Decimal(0))}, {run.status}",
            kinds[run.model],
        )
        for run in reversed(known)
    ]
    across = Axis("seconds for the whole run", lambda value: f"{value:,.4g} s")
    yield dots(points, across, Axis("US dollars a run", _money), f"Cost and time of {len(points):,} runs.")
    yield legend([*common[:_LEGEND], *(["other models"] if len(common) > _LEGEND else [])])
    rows = [
        (model, len(each), f"{_median([run.seconds for run in each]):.1f}", _median_cost(each))
        for model in common
        for each in [[run for run in known if run.model == model]]
    ]
    head = ("Model", "Runs", "Median seconds", "Median cost")
    yield behind(
        "The models as a table", table("Cost and latency by model", head, rows, frozenset({1, 2, 3}))
    )


def _cache(report: Report, runs: Sequence[Seen]) -> Iterator[str]:
    hits = [run for run in runs if run.cached]
    saved = report.total.saved_usd
    if not saved and not hits:
        yield "<p>No answer came from the cache. <code>optimization.caching.enabled</code> turns it on.</p>"
        return
    days = {day.name: day.saved_usd for day in report.by[Grouping.DAY]}
    bars = [
        Bar(day[5:], float(amount), dollars(amount))
        for day in _calendar(report)
        for amount in [days.get(day, Decimal(0))]
    ]
    says = f"Kept answers spared {dollars(saved)}; {len(hits):,} of the newest runs were answered so."
    yield f"<p>{text(says)}</p>"
    if saved:
        yield columns(bars, Axis("US dollars spared", _money), says)
    rows = [(model.name, dollars(model.saved_usd)) for model in report.by[Grouping.MODEL] if model.saved_usd]
    yield behind(
        "What was spared as a table", table("Spared by model", ("Model", "Spared"), rows, frozenset({1}))
    )


def _routing(runs: Sequence[Seen]) -> Iterator[str]:
    if not runs:
        yield "<p>No run is remembered from this time.</p>"
        return
    counted = Counter(run.model for run in runs).most_common()
    bars = [Bar(model, count, f"{count:,} runs") for model, count in counted[:_LEGEND]]
    if rest := sum(count for _, count in counted[_LEGEND:]):
        bars.append(Bar("other models", rest, f"{rest:,} runs"))
    yield share(bars, "Where runs went: " + "; ".join(f"{bar.name} {bar.told}" for bar in bars))
    rows = [
        (
            run.started[:16].replace("T", " "),
            run.agent,
            run.model,
            run.reason,
            run.status,
            "unknown" if run.cost_usd is None else dollars(run.cost_usd),
            f"{run.seconds:.1f}",
        )
        for run in runs
    ]
    head = ("When", "Agent", "Model", "Why", "Ended", "Cost", "Seconds")
    yield behind(
        f"The newest {len(rows):,} decisions, with their reasons",
        table("Routing decisions", head, rows, frozenset({5, 6})),
    )


def _table(grouping: Grouping, rows: Sequence[Sum]) -> str:
    head = (grouping.capitalize(), "Calls", "Tokens read", "Tokens written", "Spent", "Spared")
    cells = [
        (
            each.name,
            f"{each.calls:,}",
            f"{each.input_tokens:,}",
            f"{each.output_tokens:,}",
            dollars(each.spent_usd),
            dollars(each.saved_usd),
        )
        for each in rows
    ]
    return table(f"By {grouping}", head, cells, frozenset(range(1, 6)))


def _calendar(report: Report) -> list[str]:
    """Return every day from the first on which anything was used, the quiet ones too."""
    last = date.fromisoformat(report.until)
    used = min((day.name for day in report.by[Grouping.DAY]), default=report.since)
    first = max(date.fromisoformat(max(used, report.since)), last - timedelta(days=_MOST_DAYS))
    return [(first + timedelta(days=at)).isoformat() for at in range((last - first).days + 1)]


def _money(value: float) -> str:
    return f"${value:,.2f}" if value >= 1 or value == 0 else f"${value:.3g}"


def _median(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def _median_cost(runs: Sequence[Seen]) -> str:
    return dollars(sorted(run.cost_usd or Decimal(0) for run in runs)[len(runs) // 2])
