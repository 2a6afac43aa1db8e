"""Work that threads ask for at once, and that one of them carries out for all, in one transaction."""

import sqlite3
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class Order(Generic[T]):
    """One piece of work, all of it or nothing; what it came to is known when the transaction stands."""

    def __init__(self, work: Work[T], *, awaited: bool = True) -> None:
        self._work = work
        self.awaited = awaited
        """Whether somebody waits until it is done."""
        self._value: list[T] = []
        self._failure: Exception | None = None
        self.done = False

    def carry_out(self, db: sqlite3.Connection) -> None:
        """Do the work inside a transaction. What it refuses is kept for its own caller.

        Raises what the database itself says: that concerns all who share the transaction.
        """
        self._value, self._failure = [], None
        db.execute("SAVEPOINT one")
        try:
            self._value.append(self._work(db))
        except (sqlite3.Error, OSError):
            raise
        except Exception as failure:  # noqa: BLE001  (it is raised where the work was asked for)
            self._failure = failure
            db.execute("ROLLBACK TO one")
        db.execute("RELEASE one")

    def fail(self, failure: Exception) -> None:
        """Give the work up."""
        self._failure = failure
        self.done = True

    def result(self) -> T:
        """Return what the work returned, or raise what it raised."""
        if self._failure is not None:
            raise self._failure
        return self._value[0]
