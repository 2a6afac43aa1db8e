"""A run that has ended -> its rows, in one transaction. `retelling` reads them back."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Literal

from agentic_flow.core.remembered import RememberedRun
from agentic_flow.core.values import Alone, Decision, RunResult, Saved, Usage
from agentic_flow.ledger import money
from agentic_flow.ledger.totals import Added, Totalled, add, row_of
from agentic_flow.ledger.words import storable

Row = Mapping[str, object]
_STANDING = """
SELECT
  EXISTS (SELECT 1 FROM runs WHERE number = :number AND id != :name),
  EXISTS (SELECT 1 FROM runs WHERE id = :name),
  (SELECT group_concat(DISTINCT provider) FROM calls WHERE run = :name)
"""
_Table = Literal["runs", "texts", "attempts", "files", "checks"]


def remember(db: sqlite3.Connection, run: RememberedRun) -> None:
    """Keep a run; once more for the same id replaces it."""
    number, again, paid = _standing(db, run)
    if again:
        db.execute("DELETE FROM runs WHERE id = ?", (run.result.run_id,))
    else:
        _total(db, run, paid)
    _put(db, "runs", [{"number": number, **_run(run)}])
    if run.task is not None:
        words = {"task": run.task, "answer": run.result.text, "facts": " ".join(_facts(run.result))}
        _put(db, "texts", [words], number)
    _put(db, "attempts", _attempts(run), number)
    _put(db, "files", _files(run), number)
    _put(db, "checks", _checks(run), number)


def _standing(db: sqlite3.Connection, run: RememberedRun) -> tuple[int, bool, Collection[str]]:
    """Return the number for a run, whether it is known already, and which providers' calls it paid for.

    The number is when it began, or the next millisecond that is free. One question for all three: many wait
    for this transaction, and threads take turns at each.
    """
    number, name = number_of(datetime.fromisoformat(run.started)), run.result.run_id
    while True:
        taken, again, paid = db.execute(_STANDING, {"number": number, "name": name}).fetchone()
        if not taken:
            return number, bool(again), paid.split(",") if paid else ()
        number += 1


def number_of(moment: datetime) -> int:
    """Return the number of a run that began at a moment."""
    return int(moment.timestamp() * 1000)


def fact(kind: str, value: str) -> str:
    """Return one word that stands for a fact about a run, whatever signs are in it."""
    return "x" + sha256(f"{kind} {storable(value)}".encode()).hexdigest()[:12]


def _facts(result: RunResult) -> Iterator[str]:
    yield fact("agent", result.agent)
    yield fact("status", result.status)
    if asked := _asked(result):
        yield fact("model", asked)


def _asked(result: RunResult) -> str | None:
    served = result.attempts[-1] if result.attempts else None
    return served.asked or served.model if served else result.model


def _total(db: sqlite3.Connection, run: RememberedRun, paid: Collection[str]) -> None:
    """Add what the ledger has not seen: calls of local models, which cost nothing, and what was spared."""
    for each in run.result.attempts:
        model = each.asked or each.model
        key = Totalled(run.started[:10], run.project, run.result.agent, each.provider, model)
        cost = _cost(each.cost_usd)
        if each.saved is not None:
            add(db, key, Usage(), Added(calls=0, saved=_cost(each.saved.cost_usd) or 0))
        elif each.usage.known and each.provider not in paid:
            add(db, key, each.usage, Added(spent=cost or 0, unpriced=int(cost is None)))


def _put(db: sqlite3.Connection, table: _Table, rows: Iterable[Row], run: int | None = None) -> None:
    for part in rows:
        row = {name: storable(value) if isinstance(value, str) else value for name, value in part.items()}
        if run is not None:
            row["run"] = run
        names = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        db.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", row)  # noqa: S608  (all names are ours)


def _run(run: RememberedRun) -> Row:
    result = run.result
    return {
        "id": result.run_id,
        "started": run.started,
        "project": run.project,
        "output_dir": run.output_dir,
        "agent": result.agent,
        "provider": result.provider,
        "asked": _asked(result),
        "model": result.model,
        "route": _json(result.decision),
        "status": result.status,
        "exit_code": result.exit_code,
        "error": result.error,
        **row_of(result.usage),
        "cost": _cost(result.cost_usd),
        "strongest": _json(result.strongest),
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
            **row_of(each.usage),
            "cost": _cost(each.cost_usd),
            "saved": _json(each.saved),
        }
        for place, each in enumerate(run.result.attempts)
    ]


def _files(run: RememberedRun) -> list[Row]:
    last = {each.path: each for each in run.result.files}
    return [
        {
            "path": each.path,
            "action": each.action.value,
            "bytes": each.size,
            "sha256": each.sha256,
            "added": json.dumps(each.added),
            "preview": each.preview,
            "needs_leave": each.needs_leave,
        }
        for each in last.values()
    ]


def _checks(run: RememberedRun) -> list[Row]:
    return [
        {
            "place": place,
            "command": each.command,
            "exit_code": each.exit_code,
            "output_tail": each.output_tail,
            "built_in": each.built_in,
            "duration_ms": each.duration_ms,
        }
        for place, each in enumerate(run.result.checks)
    ]


def _cost(amount: Decimal | None) -> int | None:
    return None if amount is None else money.pico(amount)


def _json(value: Decision | Alone | Saved | None) -> str | None:
    if value is None:
        return None
    return json.dumps(asdict(value), ensure_ascii=False, default=str, separators=(",", ":"))
