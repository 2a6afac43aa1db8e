"""Settings -> what reports are made of: totals, budgets as they stand, the newest runs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice

from agentic_flow.core.budgets import Room
from agentic_flow.core.remembered import RememberedRun, Total, Wanted
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Task
from agentic_flow.reports.costs_page import Seen
from agentic_flow.reports.summing import Report, report
from agentic_flow.wiring.paying import limits_of, open_ledger
from agentic_flow.wiring.remembering import open_history

NEWEST = 500
"""Runs that a page shows one by one."""


def totals_since(settings: Settings, since: datetime | None) -> list[Total]:
    """Return what was used and spent since a day. Raises `LedgerProblem`."""
    from agentic_flow.ledger import Ledger

    Ledger(settings.places.user_data).count_dead()
    return open_history(settings).totals(None if since is None else f"{since:%Y-%m-%d}")


def report_since(settings: Settings, since: datetime | None) -> Report:
    """Sum up what was used and spent. Raises `LedgerProblem`."""
    first = None if since is None else f"{since:%Y-%m-%d}"
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    return report(totals_since(settings, since), list(_budgets(settings)), first, today)


def lost(settings: Settings) -> str | None:
    """Say what the sums cannot hold, as a damaged ledger was set aside."""
    from agentic_flow.ledger import Ledger

    return Ledger(settings.places.user_data).spoilt()


def newest_runs(settings: Settings, since: datetime | None) -> list[Seen]:
    """Return the newest runs, as a page shows them. Raises `LedgerProblem`."""
    wanted = Wanted(since=since)
    return [_seen(run) for run in islice(open_history(settings).runs(wanted), NEWEST)]


def _budgets(settings: Settings) -> Iterator[Room]:
    """Return what each budget of a day or a month leaves now."""
    limits = [limit for limit in limits_of(settings, Task("", ""), "report") if limit.period is not None]
    ledger = open_ledger(settings, limits)
    for limit in limits:
        room = ledger.room([limit])
        if room is not None:
            yield room


def _seen(run: RememberedRun) -> Seen:
    result = run.result
    return Seen(
        run_id=result.run_id,
        started=run.started,
        agent=result.agent,
        model=f"{result.provider}/{result.model}" if result.provider else "none",
        status=result.status,
        reason=result.decision.reason if result.decision else "",
        cost_usd=result.cost_usd,
        seconds=result.duration_ms / 1000,
        cached=result.cached,
    )
