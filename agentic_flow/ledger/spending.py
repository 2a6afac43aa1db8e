"""Reserve, send, settle: a call's way through the ledger, each step inside somebody's transaction.

A call counts under every scope it belongs to: all calls and its project, each by day and by month, and what
its limits name (a run, a batch). Each scope keeps two sums, `spent` and `held`, that change with the call, so
a check reads a handful of rows however many calls there are. A call counts for the day it was reserved on.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain

from agentic_flow.core.budgets import (
    EVERYTHING,
    Ceiling,
    Limit,
    Period,
    PlannedCall,
    Reservation,
    Room,
    dollars,
)
from agentic_flow.core.errors import OverBudget
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Usage
from agentic_flow.ledger import money
from agentic_flow.ledger.totals import Added, Totalled, add
from agentic_flow.ledger.words import storable

Counter = tuple[str, str]
"""A scope and a period: one row of sums."""

_NO_USAGE = Usage()
_PERIODS = tuple(Period)
_MOST_SUM = 9 * 10**18
"""Where a sum stops growing: short of what 64 bits hold, and more than anybody's limit."""


@frozen
class Book:
    """The ledger inside one transaction, at one moment."""

    db: sqlite3.Connection
    now: datetime

    def reserve(
        self, call: PlannedCall, ceiling: Ceiling, limits: Sequence[Limit], process: int
    ) -> Reservation:
        """Set aside the most that a call can cost, shorter where a limit asks for it. Raises `OverBudget`."""
        rooms = self.room(limits)
        tightest = min(rooms, key=lambda room: room.left, default=None)
        tokens = ceiling.tokens if tightest is None else ceiling.affordable(tightest.left)
        passing = tightest is not None and tightest.limit.patient and tightest.held > 0
        if tightest is not None and (tokens is None or (passing and tokens < ceiling.tokens)):
            raise OverBudget(_refusal(ceiling, tightest), passing=passing)
        tokens = tokens or ceiling.tokens
        day, project = _day(self.now), storable(call.project)
        usual = list(_usual(project, day))
        also = sorted({_counter(limit, self.now) for limit in limits}.difference(usual))
        held = money.pico(ceiling.cost(tokens))
        number = self.db.execute(
            "INSERT INTO calls (run, agent, provider, model, project, day, scopes, state, process, reserved,"
            " started) VALUES (?, ?, ?, ?, ?, ?, ?, 'reserved', ?, ?, ?)",
            (
                *(call.run_id, call.agent, call.target.provider, storable(call.target.model), project, day),
                *(json.dumps(also) if also else None, process, held, _moment(self.now)),
            ),
        ).lastrowid
        assert number is not None  # noqa: S101  (one row was inserted)
        self._count((*usual, *also), held=held)
        shortened = tightest if tokens < ceiling.tokens else None
        return Reservation(number, money.dollars(held), tokens, shortened)

    def send(self, number: int) -> None:
        """Note that the request is on its way."""
        self.db.execute("UPDATE calls SET state = 'sent' WHERE number = ? AND state = 'reserved'", (number,))

    def settle(self, number: int, cost: int | None, usage: Usage) -> None:
        """Let `cost` count in the place of what was held; None, which nobody knows, is the whole of that.

        A call is settled once; only one that was taken for dead may still be.
        """
        self._end(number, "settled", cost, usage)

    def release(self, number: int) -> None:
        """Give back what was held: nothing was sent, or it is not billed."""
        self._end(number, "released", 0)

    def bury(self, dead: Iterable[int]) -> Sequence[str]:
        """End the calls that processes left open when they died: free where nothing had been sent.

        Returns the runs that made them, each once.
        """
        runs: dict[str, None] = {}
        for process in dead:
            rows = self.db.execute(
                "SELECT number, state, run FROM calls WHERE state IN ('reserved', 'sent') AND process = ?",
                (process,),
            ).fetchall()
            for number, state, run in rows:
                runs[run] = None
                if state == "sent":
                    self._end(number, "orphaned", None)
                else:
                    self.release(number)
        return list(runs)

    def processes(self) -> list[int]:
        """Return the marks of all processes that have calls under way."""
        rows = self.db.execute("SELECT DISTINCT process FROM calls WHERE state IN ('reserved', 'sent')")
        return [int(mark) for (mark,) in rows]

    def room(self, limits: Iterable[Limit]) -> list[Room]:
        """Return what each limit leaves now."""
        rooms: list[Room] = []
        for limit in limits:
            row = self.db.execute(
                "SELECT spent, held FROM sums WHERE scope = ? AND period = ?",
                _counter(limit, self.now),
            ).fetchone()
            spent, held = row or (0, 0)
            resets = limit.period.resets(self.now.astimezone(UTC)) if limit.period else None
            rooms.append(Room(limit, money.dollars(spent), money.dollars(held), resets))
        return rooms

    def _end(self, number: int, state: str, cost: int | None, usage: Usage = _NO_USAGE) -> None:
        row = self.db.execute(
            "SELECT state, project, day, scopes, reserved, spent, agent, provider, model FROM calls"
            " WHERE number = ? AND state IN ('reserved', 'sent', 'orphaned')",
            (number,),
        ).fetchone()
        if row is None:
            return
        before, project, day, scopes, reserved, counted, *whose = row
        spent = cost if cost is not None else (reserved or None)  # nothing held: no price, nobody knows
        self.db.execute(
            "UPDATE calls SET state = ?, spent = ?, ended = ?, input_tokens = ?, output_tokens = ?,"
            " cached_input_tokens = ?, cache_write_tokens = ? WHERE number = ?",
            (
                *(state, spent, _moment(self.now), usage.input_tokens, usage.output_tokens),
                *(usage.cached_input_tokens, usage.cache_write_tokens, number),
            ),
        )
        held = 0 if before == "orphaned" else -reserved
        counters = (*_usual(project, day), *map(tuple, json.loads(scopes or "[]")))
        self._count(counters, held=held, spent=(spent or 0) - (counted or 0))
        if state != "released":
            again = before == "orphaned"
            added = Added(
                calls=0 if again else 1,
                spent=(spent or 0) - (counted or 0),
                unpriced=int(spent is None) - int(again and counted is None),
                assumed=(spent or 0 if cost is None else 0) - (counted or 0 if again else 0),
            )
            add(self.db, Totalled(day, project, *whose), usage, added)

    def _count(self, counters: Iterable[Counter], *, held: int = 0, spent: int = 0) -> None:
        # One statement: threads take turns at the end of each, and many wait for this transaction.
        rows = [(scope, period, spent, held) for scope, period in counters]
        self.db.execute(
            f"INSERT INTO sums (scope, period, spent, held) VALUES {', '.join(['(?, ?, ?, ?)'] * len(rows))}"  # noqa: S608
            " ON CONFLICT DO UPDATE SET spent = min(spent + excluded.spent, ?), held = held + excluded.held",
            (*chain.from_iterable(rows), _MOST_SUM),
        )


def _usual(project: str, day: str) -> Iterator[Counter]:
    """Yield the counters of every call, whether anybody limits them now or not."""
    for scope in (EVERYTHING, project):
        for period in _PERIODS:
            yield scope, period.key(day)


def _counter(limit: Limit, now: datetime) -> Counter:
    return storable(limit.scope), limit.period.key(_day(now)) if limit.period else ""


def _refusal(ceiling: Ceiling, room: Room) -> str:
    most, least = (dollars(ceiling.cost(tokens)) for tokens in (ceiling.tokens, ceiling.least))
    short = f", {least} with a short answer" if least != most else ""
    passing = room.held and ceiling.affordable(room.left + room.held) is not None
    again = "what is set aside comes free, less what they cost, as those calls end: run it again then, or "
    return (
        f"the call could cost {most}{short}, and {room}; {again if passing else ''}raise"
        f" {room.limit.setting}, lower --max-tokens, shorten the task or choose a cheaper model"
    )


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _moment(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
