"""Answers in one SQLite file that processes share: by key, the least recently used leaving first.

It keeps what models said and what that took, and of the prompts only digests. It is never in the way of an
answer: whatever is wrong with the file is `Unusable`, which the one who asks turns into a warning. It waits
for no disk: a power cut may damage the file, and each text has a digest, so that none is told damaged.
"""

import hashlib
import os
import secrets
import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_there
from agentic_flow.core.values import StopReason, Target, Usage
from agentic_flow.providers.kept.answers import KeptAnswer

VERSION = 1
_ROW_BYTES = 300
"""What an answer takes beside its text: a row, its key, its place in two indexes."""
_PATIENCE = 2.0
"""Seconds to wait for another process's turn."""
_SCHEMA = """
CREATE TABLE answers (
    key TEXT PRIMARY KEY, provider TEXT NOT NULL, model TEXT NOT NULL, text TEXT NOT NULL,
    digest TEXT NOT NULL,
    stop_reason TEXT NOT NULL, served TEXT, input INTEGER NOT NULL, output INTEGER NOT NULL,
    cache_read INTEGER NOT NULL, cache_write INTEGER NOT NULL, cost_usd TEXT, duration_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL, used INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_used ON answers (used);
CREATE TABLE totals (
    answers INTEGER NOT NULL, bytes INTEGER NOT NULL,
    hits INTEGER NOT NULL, saved_usd TEXT NOT NULL, saved_ms INTEGER NOT NULL
) STRICT;
INSERT INTO totals VALUES (0, 0, 0, '0', 0);
CREATE TRIGGER answer_added AFTER INSERT ON answers BEGIN
    UPDATE totals SET answers = answers + 1, bytes = bytes + new.bytes;
END;
CREATE TRIGGER answer_removed AFTER DELETE ON answers BEGIN
    UPDATE totals SET answers = answers - 1, bytes = bytes - old.bytes;
END;
"""
_NEXT = "(SELECT coalesce(max(used), 0) + 1 FROM answers)"


_PLACES = ", ".join("?" * 14)


class Unusable(Exception):
    """The cache cannot be read or written now. Its text says why and what to do."""


@frozen
class Limits:
    """How much is kept. None: no limit."""

    answers: int | None = None
    bytes: int | None = None


@frozen
class Contents:
    """What is kept, and what it was good for so far."""

    answers: int = 0
    bytes: int = 0
    hits: int = 0
    saved_usd: Decimal = Decimal(0)
    saved_ms: int = 0


class AnswerDatabase:
    """The answers in `path`. The file is made by the first answer that is kept."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path = path
        self.limits = limits

    def get(self, key: str) -> KeptAnswer | None:
        """Return the answer kept under `key`, now the most recently used. Raises `Unusable`."""
        if not is_there(self.path):
            return None
        with self._opened() as database:
            row: tuple[Any, ...] | None = database.execute(
                "SELECT text, digest, stop_reason, served, input, output, cache_read, cache_write, cost_usd,"
                " duration_ms FROM answers WHERE key = ?",
                (key,),
            ).fetchone()
            if row is None:
                return None
            text, digest, stop_reason, served, *usage, cost, duration = row
            if digest != _digest(key, text):
                raise sqlite3.DatabaseError("an answer is damaged")
            answer = KeptAnswer(
                text, StopReason(stop_reason), served, Usage(*usage), cost and Decimal(cost), duration
            )
            self._note_use(database, key, answer)
        return answer

    def put(self, key: str, target: Target, answer: KeptAnswer) -> None:
        """Keep an answer, and let go of the least recently used beyond the limits. Raises `Unusable`."""
        size = len(answer.text.encode()) + _ROW_BYTES
        if self.limits.bytes is not None and size > self.limits.bytes:
            return
        usage = answer.usage
        with self._opened() as database, database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM answers WHERE key = ?", (key,))
            database.execute(
                f"INSERT INTO answers VALUES ({_PLACES}, {_NEXT})",  # noqa: S608
                (
                    key,
                    target.provider,
                    target.model,
                    answer.text,
                    _digest(key, answer.text),
                    answer.stop_reason.value,
                    answer.model,
                    usage.input_tokens,
                    usage.output_tokens,
                    usage.cached_input_tokens,
                    usage.cache_write_tokens,
                    None if answer.cost_usd is None else str(answer.cost_usd),
                    answer.duration_ms,
                    size,
                ),
            )
            self._make_room(database)

    def contents(self) -> Contents:
        """Return what is kept. Raises `Unusable`."""
        if not is_there(self.path):
            return Contents()
        with self._opened() as database:
            answers, size, hits, usd, ms = database.execute("SELECT * FROM totals").fetchone()
        return Contents(answers, size, hits, Decimal(usd), ms)

    def clear(self) -> None:
        """Remove every answer; a file that cannot be used goes as a whole. Raises `Unusable`."""
        if not is_there(self.path):
            return
        try:
            with self._opened() as database:
                with database:
                    database.execute("BEGIN IMMEDIATE")
                    database.execute("DELETE FROM answers")
                    database.execute("UPDATE totals SET hits = 0, saved_usd = '0', saved_ms = 0")
                database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except Unusable:
            try:
                for end in ("", "-wal", "-shm"):
                    self.path.with_name(self.path.name + end).unlink(missing_ok=True)
            except OSError as failure:
                raise Unusable(f"the cache {self.path} cannot be removed ({failure})") from failure

    def _note_use(self, database: sqlite3.Connection, key: str, answer: KeptAnswer) -> None:
        try:
            with database:
                database.execute("BEGIN IMMEDIATE")
                database.execute(f"UPDATE answers SET used = {_NEXT} WHERE key = ?", (key,))  # noqa: S608
                (usd,) = database.execute("SELECT saved_usd FROM totals").fetchone()
                database.execute(
                    "UPDATE totals SET hits = hits + 1, saved_usd = ?, saved_ms = saved_ms + ?",
                    (str(Decimal(usd) + (answer.cost_usd or 0)), answer.duration_ms),
                )
        except sqlite3.OperationalError:
            return  # read-only, or another process's turn takes long: the answer is there all the same

    def _make_room(self, database: sqlite3.Connection) -> None:
        while True:
            answers, size = database.execute("SELECT answers, bytes FROM totals").fetchone()
            too_many = self.limits.answers is not None and answers > self.limits.answers
            too_much = self.limits.bytes is not None and size > self.limits.bytes
            if not too_many and not too_much:
                return
            database.execute(
                "DELETE FROM answers WHERE key = (SELECT key FROM answers ORDER BY used LIMIT 1)"
            )

    @contextmanager
    def _opened(self) -> Generator[sqlite3.Connection]:
        try:
            if not is_there(self.path):
                _make(self.path)
            with closing(sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)) as database:
                self._require_version(database)
                database.execute("PRAGMA synchronous = OFF")
                yield database
        except sqlite3.DatabaseError as failure:
            raise Unusable(
                f"the cache {self.path} cannot be used ({failure}); `agentic-flow cache clear` renews it"
            ) from failure
        except (OSError, ValueError, ArithmeticError, TypeError) as failure:
            raise Unusable(f"the cache {self.path} cannot be used ({failure})") from failure

    def _require_version(self, database: sqlite3.Connection) -> None:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            made = "a newer version of agentic-flow" if version > VERSION else "another program"
            raise Unusable(
                f"the cache {self.path} was made by {made} and is left alone;"
                " `agentic-flow cache clear` renews it"
            )


def _digest(key: str, text: str) -> str:
    return hashlib.sha256(f"{key}{text}".encode()).hexdigest()


def _make(path: Path) -> None:
    """Make the file in one step, so that of many processes that begin at once none sees half of it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))  # SQLite gives -wal the same mode
        with closing(sqlite3.connect(fresh)) as database:
            database.executescript(f"PRAGMA auto_vacuum = FULL; PRAGMA journal_mode = WAL; {_SCHEMA}")
            database.execute(f"PRAGMA user_version = {VERSION}")
        with suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
