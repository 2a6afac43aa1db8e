"""What is remembered, to look at: runs by what they were, by their words, one in full; totals; speeds."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median

from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.remembered import Feedback, Pace, RememberedRun, RunLine, Total, Wanted
from agentic_flow.core.values import Target
from agentic_flow.ledger import money, searching
from agentic_flow.ledger.database import Database
from agentic_flow.ledger.remembering import fact, number_of
from agentic_flow.ledger.retelling import retell
from agentic_flow.ledger.totals import totals

_BATCH = 200
"""Runs that are read in one transaction while many are told: nobody else waits longer."""
_RECENT = 50
"""Calls of a model that its pace is the median of."""
_SERVED = "FROM attempts WHERE outcome = 'ok' AND saved IS NULL"
_Conditions = list[tuple[str, str | int]]
"""Each with its value."""


class History:
    """The runs in a ledger's file. It changes nothing but what a person says of a run."""

    def __init__(self, file: Path) -> None:
        self._database = Database(file)

    def lines(self, wanted: Wanted, limit: int) -> list[RunLine]:
        """Return the newest runs of a kind, a line each."""
        return self._database.read(lambda db: list(_lines(db, wanted, limit)))

    def runs(self, wanted: Wanted) -> Iterator[RememberedRun]:
        """Yield the runs of a kind in full, the newest first."""
        before: int | None = None
        while runs := self._database.read(partial(_told, wanted=wanted, before=before)):
            yield from (run for _, run in runs)
            before = runs[-1][0]

    def run(self, start: str | None = None) -> RememberedRun:
        """Return the run whose id begins with `start`, the newest without it. Raises `UsageMistake`."""
        return self._database.read(lambda db: retell(db, _number(db, start)))

    def judge(self, start: str | None, feedback: Feedback | None) -> str:
        """Keep what a person thought of a run, None for nothing more, and return its id."""

        def work(db: sqlite3.Connection) -> str:
            number = _number(db, start)
            db.execute("UPDATE runs SET feedback = ? WHERE number = ?", (feedback, number))
            (name,) = db.execute("SELECT id FROM runs WHERE number = ?", (number,)).fetchone()
            return str(name)

        return self._database.write(work)

    def totals(self, since: str | None = None, until: str | None = None) -> list[Total]:
        """Return what was used and spent on the days from `since` up to `until` (2026-11-25, UTC)."""
        return self._database.read(lambda db: list(totals(db, since, until)))

    def paces(self) -> Mapping[Target, Pace]:
        """Return how fast each model answered lately: medians over its last calls."""
        return self._database.read(_paces)

    def difficulties(self, limit: int) -> tuple[float, ...]:
        """Return how difficult the newest tasks were that were routed by what they are."""
        query = (
            "SELECT json_extract(route, '$.profile.difficulty') AS said FROM runs"
            " WHERE said IS NOT NULL ORDER BY id DESC LIMIT ?"
        )
        rows = self._database.read(lambda db: db.execute(query, (limit,)).fetchall())
        return tuple(float(said) for (said,) in rows)

    def close(self) -> None:
        """Let the file go."""
        self._database.close()


def _lines(db: sqlite3.Connection, wanted: Wanted, limit: int) -> Iterator[RunLine]:
    columns = (
        "runs.id, runs.started, runs.status, runs.agent, runs.provider, runs.asked, runs.cost,"
        " runs.duration_ms, texts.task"
    )
    for row in _select(db, columns, _conditions(wanted), limit):
        run_id, started, status, agent, provider, asked, cost, duration, task = row
        yield RunLine(
            run_id=run_id,
            started=started,
            status=status,
            agent=agent,
            target=None if provider is None else Target(provider, asked),
            cost_usd=money.maybe_dollars(cost),
            duration_ms=duration,
            task=task,
        )


def _told(db: sqlite3.Connection, wanted: Wanted, before: int | None) -> list[tuple[int, RememberedRun]]:
    conditions = _conditions(wanted)
    if before is not None:
        conditions.append(("runs.number < ?", before))
    rows = _select(db, "runs.number", conditions, _BATCH).fetchall()
    return [(number, retell(db, number)) for (number,) in rows]


def _conditions(wanted: Wanted) -> _Conditions:
    target = wanted.target
    model = target.model if target else None
    facts = {"agent": wanted.agent, "status": wanted.status, "model": model}
    named = [fact(kind, value) for kind, value in facts.items() if value is not None]
    searched = [] if wanted.words is None else list(searching.conditions(wanted.words, named))
    since = None if wanted.since is None else number_of(wanted.since)
    said = (
        ("runs.agent = ?", wanted.agent),
        ("runs.provider = ?", target.provider if target else None),
        ("runs.asked = ?", model),
        ("runs.status = ?", wanted.status),
        ("runs.number >= ?", since),
        ("words.rowid >= ?", since if _asks_index(searched) else None),
        *searched,
    )
    return [(condition, value) for condition, value in said if value is not None]


def _asks_index(conditions: Iterable[tuple[str, object]]) -> bool:
    return any(condition == searching.MATCH for condition, _ in conditions)


def _select(db: sqlite3.Connection, columns: str, conditions: _Conditions, limit: int) -> sqlite3.Cursor:
    """Ask for runs, the newest first; all but the values of `conditions` is written in this folder."""
    found, order = "runs", "runs.number"
    if _asks_index(conditions):
        found, order = "words JOIN runs ON runs.number = words.rowid", "words.rowid"
    where = f"WHERE {' AND '.join(condition for condition, _ in conditions)}" if conditions else ""
    return db.execute(
        f"SELECT {columns} FROM {found} LEFT JOIN texts ON texts.run = runs.number"  # noqa: S608
        f" {where} ORDER BY {order} DESC LIMIT ?",
        (*(value for _, value in conditions), limit),
    )


def _paces(db: sqlite3.Connection) -> dict[Target, Pace]:
    paces: dict[Target, Pace] = {}
    target = _next_served(db, Target("", ""))
    while target is not None:
        calls = db.execute(
            f"SELECT duration_ms, output_tokens {_SERVED} AND provider = ? AND asked = ?"
            " ORDER BY run DESC LIMIT ?",
            (target.provider, target.model, _RECENT),
        ).fetchall()
        seconds = [duration / 1000 for duration, _ in calls]
        speeds = [tokens * 1000 / max(duration, 1) for duration, tokens in calls]
        paces[target] = Pace(len(calls), median(seconds), median(speeds))
        target = _next_served(db, target)
    return paces


def _next_served(db: sqlite3.Connection, after: Target) -> Target | None:
    """Return the next model in the index, by provider and id: a step, however many calls each has."""
    for condition, values in (
        ("provider = ? AND asked > ?", (after.provider, after.model)),
        ("provider > ?", (after.provider,)),
    ):
        row = db.execute(
            f"SELECT provider, asked {_SERVED} AND {condition} ORDER BY provider, asked LIMIT 1", values
        ).fetchone()
        if row is not None:
            return Target(*row)
    return None


def _number(db: sqlite3.Connection, start: str | None) -> int:
    if start is None:
        newest = db.execute("SELECT number FROM runs ORDER BY number DESC LIMIT 1").fetchone()
        if newest is None:
            raise UsageMistake("nothing is remembered yet")
        return int(newest[0])
    found: Sequence[tuple[int, str]] = db.execute(
        "SELECT number, id FROM runs WHERE id >= ? AND id < ? ORDER BY id LIMIT 2",
        (start, f"{start}\U0010ffff"),
    ).fetchall()
    if not (start and found):
        raise UsageMistake(f"no run {start!r} is remembered; see `agentic-flow history list`")
    if len(found) > 1 and found[0][1] != start:
        raise UsageMistake(
            f"several runs begin with {start!r}, such as {found[0][1]} and {found[1][1]}; say more"
        )
    return found[0][0]
