"""What a batch goes on with when it was killed: results that are not in its file yet, answers that were paid.

Each is written in the transaction of what it belongs to: an answer as its call is settled, a line as its run
is remembered. So there is no moment at which a call is paid for and what it brought is lost. A run that is
about to write files is noted before it does, so that they can be taken back before its task is done again.
"""

import sqlite3
from collections.abc import Collection, Sequence
from decimal import Decimal

from agentic_flow.core.remembered import Origin, PaidAnswer, Unwritten
from agentic_flow.core.values import StopReason, Usage
from agentic_flow.ledger.words import storable

_SAFE = ("lines", "answers")
"""What nobody needs of a task whose result is safe."""
_TABLES = (*_SAFE, "writers")


def keep_answer(db: sqlite3.Connection, call: int, answer: PaidAnswer) -> None:
    """Keep what a call brought; nothing where the call is not in the books."""
    origin, cost = answer.origin, answer.cost_usd
    db.execute(
        "INSERT OR REPLACE INTO answers (call, batch, task, digest, question, text, stop_reason, model,"
        " cost_usd) SELECT number, ?, ?, ?, ?, ?, ?, ?, ? FROM calls WHERE number = ?",
        (
            *(origin.batch, origin.task, origin.digest, answer.question, answer.text),
            *(answer.stop_reason.value, answer.model and storable(answer.model)),
            *(None if cost is None else str(cost), call),
        ),
    )


def keep_line(db: sqlite3.Connection, unwritten: Unwritten) -> None:
    """Keep the line of a result, in the place of an earlier one of its task."""
    origin = unwritten.origin
    db.execute(
        "INSERT OR REPLACE INTO lines (batch, task, digest, run, line) VALUES (?, ?, ?, ?, ?)",
        (origin.batch, origin.task, origin.digest, unwritten.run_id, unwritten.line),
    )


def keep_writer(db: sqlite3.Connection, origin: Origin, run_id: str) -> None:
    """Note who is about to write files of a task, in the place of an earlier run of it."""
    row = (run_id, origin.batch, origin.task)
    db.execute("INSERT OR REPLACE INTO writers (run, batch, task) VALUES (?, ?, ?)", row)


def drop_writer(db: sqlite3.Connection, run_id: str) -> None:
    """Let the files of a run stay, whatever becomes of its task."""
    db.execute("DELETE FROM writers WHERE run = ?", (run_id,))


def writer(db: sqlite3.Connection, origin: Origin) -> str | None:
    """Return the run that may have left files of a task behind, however that read then."""
    key = (origin.batch, origin.task)
    row = db.execute("SELECT run FROM writers WHERE batch = ? AND task = ?", key).fetchone()
    return row and str(row[0])


def written_for(db: sqlite3.Connection, batch: str) -> frozenset[str]:
    """Return the tasks of a batch of which files may be there."""
    rows = db.execute("SELECT task FROM writers WHERE batch = ?", (batch,))
    return frozenset(task for (task,) in rows)


def adopt(db: sqlite3.Connection, origin: Origin, question: str, run_id: str) -> PaidAnswer | None:
    """Return the first answer to a question that a run was not given yet, and let its call be that run's."""
    row = db.execute(
        "SELECT number, text, stop_reason, answers.model, input_tokens, output_tokens, cached_input_tokens,"
        " cache_write_tokens, cost_usd FROM answers JOIN calls ON number = call"
        " WHERE batch = ? AND task = ? AND digest = ? AND question = ? AND run != ? ORDER BY number LIMIT 1",
        (origin.batch, origin.task, origin.digest, question, run_id),
    ).fetchone()
    if row is None:
        return None
    number, text, stop_reason, model, *usage, cost = row
    db.execute("UPDATE calls SET run = ? WHERE number = ?", (run_id, number))
    return PaidAnswer(
        origin=origin,
        question=question,
        text=text,
        stop_reason=StopReason(stop_reason),
        model=model,
        usage=Usage(*usage),
        cost_usd=None if cost is None else Decimal(cost),
    )


def lines(db: sqlite3.Connection, batch: str) -> Sequence[Unwritten]:
    """Return the lines of a batch, in the order in which they were kept."""
    rows = db.execute("SELECT task, digest, run, line FROM lines WHERE batch = ? ORDER BY number", (batch,))
    return [Unwritten(Origin(batch, task, digest), run, line) for task, digest, run, line in rows]


def answered(db: sqlite3.Connection, batch: str) -> Collection[Origin]:
    """Return the tasks of a batch that answers are kept of."""
    rows = db.execute("SELECT DISTINCT task, digest FROM answers WHERE batch = ?", (batch,))
    return {Origin(batch, task, digest) for task, digest in rows}


def holds(db: sqlite3.Connection, batch: str) -> bool:
    """Say whether anything of a batch is kept."""
    return any(db.execute(f"SELECT 1 FROM {table} WHERE batch = ?", (batch,)).fetchone() for table in _TABLES)  # noqa: S608


def drop(db: sqlite3.Connection, batch: str, tasks: Collection[str] | None = None) -> None:
    """Forget what is kept of tasks whose results are safe; without them, all that is kept of a batch."""
    if tasks is None:
        for table in _TABLES:
            db.execute(f"DELETE FROM {table} WHERE batch = ?", (batch,))  # noqa: S608
    else:
        for table in _SAFE:
            keys = ((batch, task) for task in tasks)
            db.executemany(f"DELETE FROM {table} WHERE batch = ? AND task = ?", keys)  # noqa: S608


def drop_before(db: sqlite3.Connection, day: str) -> None:
    """Forget what runs left that began before a day (20261125): nobody has gone on with them since."""
    for table in ("lines", "writers"):
        db.execute(f"DELETE FROM {table} WHERE run < ?", (day,))  # noqa: S608
    old = "SELECT call FROM answers JOIN calls ON number = call WHERE run < ?"
    db.execute(f"DELETE FROM answers WHERE call IN ({old})", (day,))  # noqa: S608
