"""One SQLite file that many processes share: opened, brought to this version, asked in transactions."""

import atexit
import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from agentic_flow.core.errors import LedgerProblem
from agentic_flow.ledger.orders import Order, Orders, Spoilt, Work
from agentic_flow.ledger.schema import APPLICATION, MIGRATIONS, VERSION

T = TypeVar("T")

_BUSY_SECONDS = 60.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_ASIDE = "-damaged-"
_COMPANIONS = ("", "-wal", "-shm")


class Database:
    """The file at `path`. Nothing is created before the first write; one connection a process serves all.

    With `mend`, a damaged file is moved aside and a new one begun; else it is left and refused.
    """

    def __init__(self, path: Path, *, mend: bool = False) -> None:
        self._path = path
        self._mend = mend
        self._turn = threading.RLock()
        self._orders = Orders(self._serve)
        self._connection: sqlite3.Connection | None = None
        self._process = 0
        self._inherited: list[sqlite3.Connection] = []
        self.remarks: list[str] = []
        """What a person should know of what was done to the file."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return self._path

    def write(self, work: Work[T]) -> T:
        """Do `work` in one transaction that no other process's can come between; all of it or nothing.

        What threads ask for while another's is written goes to the disk together.
        """
        order = Order(work)
        self._orders.place(order)
        return order.result()

    def write_soon(self, work: Work[object]) -> None:
        """Do `work` as `write` does, but do not wait where another thread is writing: it takes this along."""
        order = Order(work, awaited=False)
        self._orders.place(order)
        if order.done:
            order.result()

    def read(self, work: Work[T]) -> T:
        """Ask in one transaction. Where there is no file yet, an empty one is asked, and none is made."""
        with self._turn:
            if not self._lies_there():
                with closing(sqlite3.connect(":memory:", isolation_level=None)) as empty:
                    _migrate(empty, self._path)
                    return work(empty)
            return self._transaction("BEGIN", work)

    def _lies_there(self) -> bool:
        try:
            return self._path.exists()
        except OSError as failure:
            raise self._problem(failure) from failure

    def shrink(self) -> None:
        """Return the file's unused pages to the disk."""
        with self._turn:
            try:
                self._opened().executescript("PRAGMA incremental_vacuum;")  # `execute` would stop after one
            except sqlite3.Error as failure:
                raise self._problem(failure) from failure

    def close(self) -> None:
        """Let the file go."""
        with self._turn:
            with suppress(LedgerProblem):
                self._orders.flush()
            self._leave_to_parent()
            if self._connection is not None:
                self._connection.close()
                self._connection = None
                atexit.unregister(self.close)  # which would keep all this until the process ends

    def _serve(self, orders: Sequence[Order[Any]]) -> None:
        with self._turn:
            self._carry_out(orders)

    def _carry_out(self, orders: Sequence[Order[Any]]) -> None:
        try:
            self._written(orders)
        except LedgerProblem as problem:
            if problem.damaged and self._mend:
                self._set_aside()
                self._written(orders)
            elif len(orders) > 1:  # perhaps one of them spoils it for the others
                for order in orders:
                    self._carry_out([order])
            else:
                orders[0].fail(problem)

    def _written(self, orders: Sequence[Order[Any]]) -> None:
        """Carry out all of them in one transaction; once more, without it, for each that spoils it."""
        left = list(orders)

        def work(db: sqlite3.Connection) -> None:
            for order in left:
                order.carry_out(db)

        while left:
            try:
                self._transaction("BEGIN IMMEDIATE", work)
            except Spoilt as spoilt:
                left.remove(spoilt.order)
                spoilt.order.done = True
            else:
                break
        for order in left:
            order.done = True

    def _transaction(self, begin: str, work: Work[T]) -> T:
        try:
            db = self._opened()
            try:
                db.execute(begin)  # a signal may come as soon as it has begun
                done = work(db)
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise
        except (sqlite3.Error, OSError) as failure:
            raise self._problem(failure) from failure
        return done

    def _opened(self) -> sqlite3.Connection:
        self._leave_to_parent()
        if self._connection is None:
            _make_private(self._path)
            opened = _open(self._path)
            self._process = os.getpid()
            self._connection = opened
            atexit.register(self.close)
        return self._connection

    def _leave_to_parent(self) -> None:
        """Let a fork not use, nor even close, what belongs to its parent (sqlite.org/howtocorrupt.html)."""
        if self._connection is not None and self._process != os.getpid():
            self._inherited.append(self._connection)
            self._connection = None

    def spoilt(self, since: str) -> Path | None:
        """Return a damaged file set aside from a day (20261125) or month (202611) on, if it is there."""
        begin = f"{self._path.stem}{_ASIDE}"
        try:
            found = sorted(self._path.parent.glob(f"{begin}*{self._path.suffix}"))
        except OSError:  # whoever opens the ledger hears why
            return None
        return next((kept for kept in reversed(found) if kept.name.removeprefix(begin) >= since), None)

    def _set_aside(self) -> None:
        self.close()
        now = datetime.now(UTC)
        kept = self._path.with_name(f"{self._path.stem}{_ASIDE}{now:%Y%m%d-%H%M%S}{self._path.suffix}")
        for companion in _COMPANIONS:
            old = Path(f"{self._path}{companion}")
            if old.exists():
                old.rename(f"{kept}{companion}")
        self.remarks.append(f"the ledger was damaged and is kept as {kept}; a new one has begun")

    def _problem(self, failure: Exception) -> LedgerProblem:
        code = getattr(failure, "sqlite_errorcode", None)
        if code in _DAMAGED or (code is not None and code & 0xFF in _DAMAGED):
            self.close()
            return LedgerProblem(
                f"the ledger {self._path} is damaged ({failure}). It was left as it is;"
                " move it to another place, and the next run begins a new one",
                damaged=True,
            )
        return LedgerProblem(
            f"the ledger {self._path} cannot be used ({failure}); see to its folder and disk"
        )


def _make_private(path: Path) -> None:
    """Make the file, for nobody but its owner; SQLite gives its companions the same mode."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        _migrate(db, path)
        db.execute("PRAGMA synchronous = FULL")  # what was set aside must survive a power cut
        db.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        db.close()
        raise
    return db


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    """Bring the file to this version. One of a newer version, or of another program, is not touched."""
    if _version(db, path) == VERSION:
        return
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # acts on a new file only
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("BEGIN IMMEDIATE")
    try:
        for script in MIGRATIONS[_version(db, path) :]:  # another process may have been faster
            for statement in _statements(script):
                db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # a full disk has ended it already, and is what there is to say
            db.execute("ROLLBACK")
        raise


def _version(db: sqlite3.Connection, path: Path) -> int:
    (version,) = db.execute("PRAGMA user_version").fetchone()
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if version > VERSION and application == APPLICATION:
        raise LedgerProblem(
            f"the ledger {path} was written by a newer agentic-flow (its version {version}, this one knows"
            f" {VERSION}). Nothing in it was changed; upgrade agentic-flow to use it"
        )
    (tables,) = db.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION and (version or tables):
        raise LedgerProblem(f"{path} is the database of another program; move it to another place")
    return int(version)


def _statements(script: str) -> list[str]:
    """Part a script into its statements; a trigger holds semicolons of its own."""
    statements: list[str] = []
    current = ""
    for line in script.splitlines():
        current += f"{line}\n"
        if sqlite3.complete_statement(current):
            statements.append(current)
            current = ""
    return [*statements, current] if current.strip() else statements
