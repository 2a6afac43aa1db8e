"""What calls may cost and did cost, and what runs did: one SQLite file for all processes of a person.

Reserve the worst case before a call, settle after it, whatever happened: so any number of processes stay
within a limit together. `remembering` writes what `history` reads; money asks neither.
"""

import sqlite3
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path

from agentic_flow.core.budgets import Ceiling, Limit, PlannedCall, Reservation, Room
from agentic_flow.core.errors import LedgerProblem, OverBudget
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.remembered import Origin, PaidAnswer, RememberedRun, Unwritten
from agentic_flow.core.values import Usage
from agentic_flow.ledger import handing, money
from agentic_flow.ledger.database import Database
from agentic_flow.ledger.lost import lost_run
from agentic_flow.ledger.presence import is_alive, own_mark
from agentic_flow.ledger.pruning import forget_before, forget_beyond
from agentic_flow.ledger.remembering import remember
from agentic_flow.ledger.spending import Book

__all__ = ["FILE", "Ledger"]

FILE = "ledger.sqlite3"
_STRIDE = 16
"""Of so many runs of a process, one asks how big the file has become: far fewer than are forgotten then."""


def _today() -> datetime:
    return datetime.now(UTC)


class Ledger:
    """The file of all calls and runs, in `folder`.

    With `mend`, a damaged file is moved aside and a new one begun. Where a cost limit holds that would
    forget what has been spent, so there it is refused.
    """

    def __init__(self, folder: Path, *, mend: bool = False, now: Callable[[], datetime] = _today) -> None:
        self._database = Database(folder / FILE, mend=mend)
        self._present = folder / "ledger.present"
        self._now = now
        self._looked = False
        """Whether anybody has looked for what dead processes left."""
        self._remembered = count()

    def reserve(self, call: PlannedCall, ceiling: Ceiling, limits: Sequence[Limit]) -> Reservation:
        """Set aside the most that `call` can cost. Raises `OverBudget`, with nothing set aside."""
        self._require_whole(limits)

        def work(db: sqlite3.Connection) -> Reservation | OverBudget:
            book = self._book(db)
            if limits or not self._looked:  # without a limit it is enough that each process looks once
                self._bury(db)
            try:
                return book.reserve(call, ceiling, limits, own_mark(self._present))
            except OverBudget as full:  # nothing was set aside, but who is dead stays buried
                return full

        reserved = self._database.write(work)
        self._looked = True
        if isinstance(reserved, OverBudget):
            raise reserved
        return reserved

    def sent(self, number: int) -> None:
        """Note that the request of a reservation is on its way: from here on it may be billed."""
        self._database.write(lambda db: self._book(db).send(number))

    def settle(
        self, number: int, cost: Decimal | None, usage: Usage, answer: PaidAnswer | None = None
    ) -> None:
        """Let `cost` count in the place of a reservation; None, not known, counts the whole of that.

        `answer` is what it was paid for, where that is to outlive this process.
        """
        stored = None if cost is None else money.pico(cost)

        def work(db: sqlite3.Connection) -> None:
            self._book(db).settle(number, stored, usage)
            if answer is not None:
                handing.keep_answer(db, number, answer)

        self._database.write_soon(work)

    def release(self, number: int) -> None:
        """Give a reservation back: nothing was sent, or it is not billed."""
        self._database.write(lambda db: self._book(db).release(number))

    def room(self, limits: Sequence[Limit]) -> Room | None:
        """Return the tightest of `limits` as it stands; None without any."""
        if not limits:
            return None
        self.count_dead()
        rooms = self._database.read(lambda db: self._book(db).room(limits))
        return min(rooms, key=lambda room: room.left)

    def count_dead(self) -> None:
        """Let what processes that died had under way count: from now on, not from the next call on.

        The runs they were at are remembered then.
        """
        if self._database.read(lambda db: self._dead(self._book(db))):
            self._database.write(self._bury)

    def remember(
        self,
        run: RememberedRun,
        before: str | None = None,
        size: int | None = None,
        unwritten: Unwritten | None = None,
    ) -> Sequence[str]:
        """Keep what a run did; once more for the same id replaces it.

        Forgets a few others as `tidy` does, and returns which.

        `unwritten` is its result's line, where it is to outlive this process.
        """
        size = None if next(self._remembered) % _STRIDE else size

        def work(db: sqlite3.Connection) -> list[str]:
            remember(db, run)
            if unwritten is not None:
                handing.keep_line(db, unwritten)
            if run.result.status == Outcome.OK.status:
                handing.drop_writer(db, run.result.run_id)
            return _forget(db, before, size)

        gone = self._database.write(work)
        if gone:
            self._database.shrink()
        return gone

    def recall(self, origin: Origin, question: str, run_id: str) -> PaidAnswer | None:
        """Return what was paid for already and answers a question; the call is that run's from now on.

        Each answer is given to a run once.
        """
        return self._database.write(lambda db: handing.adopt(db, origin, question, run_id))

    def writes(self, origin: Origin, run_id: str) -> None:
        """Note that a run is about to write files of a task, until it ends well."""
        self._database.write(lambda db: handing.keep_writer(db, origin, run_id))

    def writer(self, origin: Origin) -> str | None:
        """Return the run of a task that may have left files behind and did not end well."""
        return self._database.read(lambda db: handing.writer(db, origin))

    def written_for(self, batch: str) -> frozenset[str]:
        """Return the tasks of a batch that such runs may have left files of."""
        return self._database.read(lambda db: handing.written_for(db, batch))

    def unwritten(self, batch: str) -> Sequence[Unwritten]:
        """Return the lines of a batch that are not known to be in its file."""
        return self._database.read(lambda db: handing.lines(db, batch))

    def answered(self, batch: str) -> Collection[Origin]:
        """Return the tasks of a batch of which an answer was paid for and no result is safe."""
        return self._database.read(lambda db: handing.answered(db, batch))

    def written(self, batch: str, tasks: Collection[str]) -> None:
        """Forget lines and answers of tasks: their results are safe. It may be done a little later."""
        self._database.write_soon(lambda db: handing.drop(db, batch, tasks))

    def abandon(self, batch: str) -> None:
        """Forget all lines and answers of a batch: nobody goes on with it."""
        if self._database.read(lambda db: handing.holds(db, batch)):
            self._database.write(lambda db: handing.drop(db, batch))

    def tidy(self, before: str | None, size: int | None) -> Sequence[str]:
        """Forget a few of the runs that began before a day (20261125), or that `size` bytes do not hold.

        Returns which; none when there is nothing left to forget.
        """
        gone = self._database.write(lambda db: _forget(db, before, size))
        if gone:
            self._database.shrink()
        return gone

    def spoilt(self, since: str = "") -> str | None:
        """Say which damaged file, set aside from a day (20261125) or month (202611) on, is still there."""
        kept = self._database.spoilt(since)
        if kept is None:
            return None
        return (
            f"the ledger was damaged, is kept as {kept}, and what it had counted is not in the new one;"
            " move that file to another place to count on from what is there now"
        )

    def _require_whole(self, limits: Sequence[Limit]) -> None:
        """Raise `LedgerProblem` where a part of what was spent in the time of a limit is not known."""
        today = f"{self._now():%Y-%m-%d}"
        begun = [limit.period.key(today).replace("-", "") for limit in limits if limit.period]
        if begun and (lost := self.spoilt(min(begun))):
            raise LedgerProblem(lost)

    def remarks(self) -> list[str]:
        """Return, once, what a person should know of what was done to the file."""
        said, self._database.remarks = self._database.remarks, []
        return said

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def _book(self, db: sqlite3.Connection) -> Book:
        return Book(db, self._now())

    def _dead(self, book: Book) -> list[int]:
        return [mark for mark in book.processes() if not is_alive(self._present, mark)]

    def _bury(self, db: sqlite3.Connection) -> None:
        """Let what dead processes had under way count, and remember the runs that they were at."""
        book = self._book(db)
        for name in book.bury(self._dead(book)):
            if (run := lost_run(db, name)) is not None:
                remember(db, run)


def _forget(db: sqlite3.Connection, before: str | None, size: int | None) -> list[str]:
    gone = [] if before is None else forget_before(db, before)
    return gone + ([] if size is None else forget_beyond(db, size))
