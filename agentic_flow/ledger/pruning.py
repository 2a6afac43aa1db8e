"""What is forgotten of the past: the oldest runs first, words, files, checks and calls with them; no totals.

A little at a time: whoever is about to call a model waits for no spring cleaning.
"""

import sqlite3

from agentic_flow.ledger.handing import drop_before

STEP = 200
"""Runs that go in one transaction."""
_USED = """
SELECT (page_count - freelist_count) * page_size
FROM pragma_page_count, pragma_freelist_count, pragma_page_size
"""


def forget_before(db: sqlite3.Connection, day: str) -> list[str]:
    """Forget some of the runs that began before a day (20261125), and return which."""
    drop_before(db, day)
    rows = db.execute("SELECT id FROM runs WHERE id < ? ORDER BY id LIMIT ?", (day, STEP)).fetchall()
    return _forget(db, [name for (name,) in rows])


def forget_beyond(db: sqlite3.Connection, size: int) -> list[str]:
    """Forget some of the oldest runs where the file holds more than `size` bytes, and return which."""
    if used(db) <= size:
        return []
    rows = db.execute("SELECT id FROM runs ORDER BY id LIMIT ?", (STEP,)).fetchall()
    return _forget(db, [name for (name,) in rows])


def used(db: sqlite3.Connection) -> int:
    """Return how many bytes of the file are in use."""
    (size,) = db.execute(_USED).fetchone()
    return int(size)


def _forget(db: sqlite3.Connection, names: list[str]) -> list[str]:
    for name in names:
        db.execute("DELETE FROM calls WHERE run = ? AND state NOT IN ('reserved', 'sent')", (name,))
        db.execute("DELETE FROM runs WHERE id = ?", (name,))
        db.execute("DELETE FROM sums WHERE scope = ? AND period = '' AND held = 0", (f"run:{name}",))
    return names
