"""A run that has ended -> its rows, in one transaction. `retelling` reads them back."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Literal

from agentic_flow.core.remembered import RememberedRun
from agentic_flow.core.values import Decision, Usage
from agentic_flow.ledger import money
from agentic_flow.ledger.totals import Added, Totalled, add

Row = Mapping[str, object]
_Table = Literal["runs", "texts", "attempts", "files", "checks"]


def remember(db: sqlite3.Connection, run: RememberedRun) -> None:
    """Keep a run; once more for the same id replaces it."""
    again = db.execute("DELETE FROM runs WHERE id = ?", (run.result.run_id,)).rowcount
    if not again:
        _total(db, run)
    _put(db, "runs", [_run(run)])
    (number,) = db.execute("SELECT number FROM runs WHERE id = ?", (run.result.run_id,)).fetchone()
    if run.task is not None:
        _put(db, "texts", [{"task": run.task, "answer": run.result.text}], number)
    _put(db, "attempts", _attempts(run), number)
    _put(db, "files", _files(run), number)
    _put(db, "checks", _checks(run), number)


def _total(db: sqlite3.Connection, run: RememberedRun) -> None:
    """Add the calls that the ledger has not seen, those of local models, and what kept answers spared."""
    seen = db.execute("SELECT DISTINCT provider FROM calls WHERE run = ?", (run.result.run_id,)).fetchall()
    for each in run.result.attempts:
        key = Totalled(
            run.started[:10], run.project, run.result.agent, each.provider, each.asked or each.model
        )
        if each.saved is not None:
            add(db, key, each.usage, Added(calls=0, saved=_cost(each.saved.cost_usd) or 0))
        elif (each.provider,) not in seen and each.usage.known:
            cost = _cost(each.cost_usd)
            add(db, key, each.usage, Added(spent=cost or 0, unpriced=int(cost is None)))


def _put(db: sqlite3.Connection, table: _Table, rows: Iterable[Row], run: int | None = None) -> None:
    for part in rows:
        row = part if run is None else {"run": run, **part}
        names = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        db.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", row)  # noqa: S608  (all names are ours)


def _run(run: RememberedRun) -> Row:
    result = run.result
    served = result.attempts[-1] if result.attempts else None
    return {
        "id": result.run_id,
        "started": run.started,
        "project": run.project,
        "output_dir": run.output_dir,
        "agent": result.agent,
        "provider": served.provider if served else result.provider,
        "asked": served.asked or served.model if served else result.model,
        "model": result.model,
        "route": None if result.decision is None else _route(result.decision),
        "status": result.status,
        "exit_code": result.exit_code,
        "error": result.error,
        **_tokens(result.usage),
        "cost": _cost(result.cost_usd),
        "saved": _cost(run.saved_usd),
        "cached": result.cached,
        "escalated": run.escalated,
        "ttft_ms": result.ttft_ms,
        "duration_ms": result.duration_ms,
        "feedback": run.feedback,
    }


def _attempts(run: RememberedRun) -> list[Row]:
    return [
        {
            "place": place,
            "provider": each.provider,
            "asked": each.asked or each.model,
            "model": each.model,
            "outcome": each.outcome,
            "error": each.error,
            "started": each.started,
            "duration_ms": each.duration_ms,
            **_tokens(each.usage),
            "cost": _cost(each.cost_usd),
        }
        for place, each in enumerate(run.result.attempts)
    ]


def _files(run: RememberedRun) -> list[Row]:
    last = {each.path: each for each in run.result.files}
    return [
        {"path": each.path, "action": each.action.value, "bytes": each.size, "sha256": each.sha256}
        for each in last.values()
    ]


def _checks(run: RememberedRun) -> list[Row]:
    return [
        {
            "place": place,
            "command": each.command,
            "exit_code": each.exit_code,
            "output_tail": each.output_tail,
            "duration_ms": each.duration_ms,
        }
        for place, each in enumerate(run.result.checks)
    ]


def _tokens(usage: Usage) -> Row:
    return asdict(usage)


def _cost(amount: Decimal | None) -> int | None:
    return None if amount is None else money.pico(amount)


def _route(decision: Decision) -> str:
    return json.dumps(asdict(decision), ensure_ascii=False, default=str, separators=(",", ":"))
