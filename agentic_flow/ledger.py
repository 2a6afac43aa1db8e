"""What calls may cost, and what they did cost: reserve, settle, report. One SQLite file, many processes.

A call's worst case is reserved, in the same transaction that checks the limits, before anything is
sent; it is settled afterwards, whatever happened. So any number of processes together stay within a
limit. Amounts are stored as whole picodollars (1e-12 USD): a token of the cheapest hosted model still
is a whole number of them, and SQLite's 64-bit integers hold nine million dollars. Days and months are
UTC, as both hosted providers count them.

A reservation whose process has died is judged by how far it came: one that was never sent is released;
one that was sent counts as spent, since the provider may have billed it.
"""

import os
import sqlite3
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from agentic_flow.core.errors import LedgerProblem, LimitReached
from agentic_flow.core.values import Usage

_PICO = Decimal(10) ** 12
_VERSION = 1
_BUSY_SECONDS = 30.0

_SCHEMA = """
CREATE TABLE calls (
  id INTEGER PRIMARY KEY,
  run_id TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  project TEXT NOT NULL,
  day TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('reserved', 'sent', 'settled', 'released')),
  process TEXT NOT NULL,
  reserved_pico INTEGER NOT NULL CHECK (reserved_pico >= 0),
  spent_pico INTEGER,
  input_tokens INTEGER NOT NULL DEFAULT 0,
  output_tokens INTEGER NOT NULL DEFAULT 0,
  cached_input_tokens INTEGER NOT NULL DEFAULT 0,
  started TEXT NOT NULL
) STRICT;
CREATE INDEX open_calls ON calls (state) WHERE state IN ('reserved', 'sent');
CREATE INDEX calls_by_run ON calls (run_id);
-- Sums kept as calls come and go, so that a check costs the same with a million calls as with ten.
CREATE TABLE spent (
  day TEXT NOT NULL,
  project TEXT NOT NULL,
  pico INTEGER NOT NULL,
  PRIMARY KEY (day, project)
) STRICT, WITHOUT ROWID;
"""


class Period(StrEnum):
    """The time over which a limit counts."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` US dollars a `period`, over all projects or over one."""

    period: Period
    amount: Decimal
    project: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """What is about to be called, and for which run and project."""

    run_id: str
    provider: str
    model: str
    project: str


class Ledger:
    """The file of all calls. Each method is one transaction; any number of processes may hold one open."""

    def __init__(self, path: Path, *, process: str | None = None) -> None:
        self._path = path
        self._process = process or process_mark(os.getpid())

    def reserve(self, call: Call, worst: Decimal, limits: Sequence[Limit], now: datetime) -> int:
        """Set aside the worst-case cost of `call`, in US dollars, and return the reservation's number.

        Raises LimitReached, with nothing set aside, if any limit would be passed.
        """
        day = _day(now)
        with self._transaction() as db:
            _bury(db)
            for limit in limits:
                if limit.project not in (None, call.project):
                    continue
                used = _used(db, limit, day)
                if used + _pico(worst) > _pico(limit.amount):
                    raise LimitReached(_passed(limit, used, worst))
            row = db.execute(
                "INSERT INTO calls"
                " (run_id, provider, model, project, day, state, process, reserved_pico, started)"
                " VALUES (?, ?, ?, ?, ?, 'reserved', ?, ?, ?) RETURNING id",
                (
                    *(call.run_id, call.provider, call.model, call.project, day),
                    *(self._process, _pico(worst), now.astimezone(UTC).isoformat()),
                ),
            ).fetchone()
            return int(row[0])

    def sent(self, number: int) -> None:
        """Note that the request is on its way: from here on it may be billed."""
        with self._transaction() as db:
            db.execute("UPDATE calls SET state = 'sent' WHERE id = ? AND state = 'reserved'", (number,))

    def settle(self, number: int, cost: Decimal | None, usage: Usage) -> None:
        """Replace a reservation by what the call did cost; None, not known, counts the whole reservation."""
        with self._transaction() as db:
            _settle(db, number, None if cost is None else _pico(cost), usage)

    def release(self, number: int) -> None:
        """Give a reservation back: nothing was sent, or the provider said that it does not bill."""
        with self._transaction() as db:
            db.execute(
                "UPDATE calls SET state = 'released', spent_pico = 0"
                " WHERE id = ? AND state IN ('reserved', 'sent')",
                (number,),
            )

    def left(self, limits: Iterable[Limit], now: datetime) -> Decimal | None:
        """Return what the tightest limit leaves, in US dollars, never below 0; None without limits."""
        with self._transaction() as db:
            _bury(db)
            rests = [_pico(limit.amount) - _used(db, limit, _day(now)) for limit in limits]
        return max(Decimal(0), _dollars(min(rests))) if rests else None

    def spent(self, period: Period, now: datetime, project: str | None = None) -> Decimal:
        """Return what has been spent or set aside in the current period, in US dollars."""
        with self._transaction() as db:
            return _dollars(_used(db, Limit(period, Decimal(0), project), _day(now)))

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        try:
            with closing(self._open()) as db:
                db.execute("BEGIN IMMEDIATE")
                try:
                    yield db
                except BaseException:
                    db.execute("ROLLBACK")
                    raise
                db.execute("COMMIT")
        except sqlite3.Error as failure:
            raise LedgerProblem(
                f"the ledger {self._path} cannot be used ({failure}); nothing was spent."
                " Move it away to begin a new one"
            ) from failure

    def _open(self) -> sqlite3.Connection:
        if not self._path.exists():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self._path, os.O_CREAT | os.O_WRONLY, 0o600))  # nobody else's business
        db = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")  # a settled call must survive a power cut
        _migrate(db, self._path)
        return db


def process_mark(pid: int) -> str:
    """Name a process so that a later one with the same number is not taken for it: pid and start time.

    The start time is field 22 of /proc/PID/stat (proc(5)); where there is no /proc the number alone serves.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return str(pid)
    return f"{pid}:{fields[19].decode()}"


def _alive(mark: str) -> bool:
    pid = int(mark.partition(":")[0])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process_mark(pid) == mark


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise LedgerProblem(f"the ledger {path} was written by a newer agentic-flow; upgrade to use it")
    if version == _VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    (version,) = db.execute("PRAGMA user_version").fetchone()  # another process may have been faster
    if version == 0:
        for statement in _SCHEMA.split(";\n"):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_VERSION}")
    db.execute("COMMIT")


def _bury(db: sqlite3.Connection) -> None:
    """Judge the reservations of processes that have died."""
    rows = db.execute("SELECT id, state, process FROM calls WHERE state IN ('reserved', 'sent')").fetchall()
    dead = {mark for mark in {row[2] for row in rows} if not _alive(mark)}
    for number, state, mark in rows:
        if mark not in dead:
            continue
        if state == "sent":
            _settle(db, number, None, Usage())
        else:
            db.execute("UPDATE calls SET state = 'released', spent_pico = 0 WHERE id = ?", (number,))


def _settle(db: sqlite3.Connection, number: int, pico: int | None, usage: Usage) -> None:
    row = db.execute(
        "UPDATE calls SET state = 'settled', spent_pico = coalesce(?, reserved_pico),"
        " input_tokens = ?, output_tokens = ?, cached_input_tokens = ?"
        " WHERE id = ? AND state IN ('reserved', 'sent') RETURNING day, project, spent_pico",
        (pico, usage.input_tokens, usage.output_tokens, usage.cached_input_tokens, number),
    ).fetchone()
    if row is not None:
        db.execute(
            "INSERT INTO spent (day, project, pico) VALUES (?, ?, ?)"
            " ON CONFLICT (day, project) DO UPDATE SET pico = pico + excluded.pico",
            row,
        )


def _used(db: sqlite3.Connection, limit: Limit, day: str) -> int:
    since = day if limit.period is Period.DAY else f"{day[:7]}-01"
    where, values = ("day >= ?", [since])
    if limit.project is not None:
        where, values = (f"{where} AND project = ?", [since, limit.project])
    (spent,) = db.execute(f"SELECT coalesce(sum(pico), 0) FROM spent WHERE {where}", values).fetchone()  # noqa: S608
    (open_,) = db.execute(
        "SELECT coalesce(sum(reserved_pico), 0) FROM calls"  # noqa: S608  (`where` is one of two constants)
        f" WHERE state IN ('reserved', 'sent') AND {where}",
        values,
    ).fetchone()
    return int(spent) + int(open_)


def _passed(limit: Limit, used: int, worst: Decimal) -> str:
    whose = "" if limit.project is None else " of this project"
    return (
        f"the call could cost up to ${worst:.6f} and the limit{whose} is ${limit.amount} a {limit.period};"
        f" ${_dollars(used):.6f} of it is used or set aside. Raise the limit, lower --max-tokens"
        f" or wait for the next {limit.period} (UTC)"
    )


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _pico(dollars: Decimal) -> int:
    # Rounded up: a limit holds even by the last picodollar.
    return int((dollars * _PICO).to_integral_value(rounding="ROUND_CEILING"))


def _dollars(pico: int) -> Decimal:
    return Decimal(pico) / _PICO
