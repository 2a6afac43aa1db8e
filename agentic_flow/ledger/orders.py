"""Work that threads ask for at once, and that one of them carries out for all, in one transaction."""

import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from agentic_flow.core.errors import Interrupted
from agentic_flow.core.waiting import NAP

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class Order(Generic[T]):
    """One piece of work, all of it or nothing; what it came to is known when the transaction stands."""

    def __init__(self, work: Work[T], *, awaited: bool = True) -> None:
        self._work = work
        self._value: list[T] = []
        self._failure: Exception | None = None
        self._bell = threading.Lock()
        self._bell.acquire()
        self.awaited = awaited
        """Whether somebody waits until it is done."""
        self.done = False
        self.in_charge = False
        """Whether whoever placed it carries out all that are there."""

    def carry_out(self, db: sqlite3.Connection) -> None:
        """Do the work inside a transaction. What it refuses is kept for its own caller.

        Raises `Spoilt` where it had changed something before it refused, what the database itself says,
        which concerns all who share the transaction, and a signal, which is for the thread that is at it,
        not for whoever asked for this work.
        """
        self._value, self._failure = [], None
        before = db.total_changes
        try:
            self._value.append(self._work(db))
        except (sqlite3.Error, OSError, Interrupted):
            raise
        except Exception as failure:  # it is raised where the work was asked for
            self._failure = failure
            if db.total_changes != before:
                raise Spoilt(self) from failure

    def fail(self, failure: Exception) -> None:
        """Give the work up."""
        self._failure = failure
        self.done = True

    def result(self) -> T:
        """Return what the work returned, or raise what it raised."""
        if self._failure is not None:
            try:
                raise self._failure
            finally:
                self._failure = None  # its traceback leads back here, and holds all that the caller has
        return self._value[0]

    def ring(self) -> None:
        """Wake whoever waits for it: it is done, or it is theirs to see to."""
        self._bell.release()

    def wait(self) -> None:
        """Wait until it rings; a signal may have come to whoever was about to ring."""
        while not (self._bell.acquire(timeout=NAP) or self.done or self.in_charge):
            pass


class Spoilt(Exception):
    """Half of an order's work is in a transaction that must not hold it.

    It is rare, so the others' work is done again, and none of them pays for a savepoint.
    """

    def __init__(self, order: Order[Any]) -> None:
        super().__init__()
        self.order = order


class Orders:
    """Orders of many threads. One thread at a time carries out all that are there, and then calls the next.

    So a disk that takes its time for a transaction takes it once for all who came meanwhile, and whoever's
    order is done goes on at once.
    """

    def __init__(self, carry_out: Callable[[Sequence[Order[Any]]], None]) -> None:
        self._carry_out = carry_out
        self._door = threading.Lock()
        self._there: list[Order[Any]] = []
        self._manned = False

    def place(self, order: Order[Any]) -> None:
        """See an order carried out. One that nobody awaits may be left to the thread that is at it now."""
        try:
            with self._door:
                self._there.append(order)
                order.in_charge, self._manned = not self._manned, True
            if not order.in_charge:
                if not order.awaited:
                    return
                order.wait()
            while order.in_charge:
                self._serve(order)
        except BaseException:  # a signal: nobody waits for this one any more
            with self._door:
                if order in self._there:
                    self._there.remove(order)
                if order.in_charge:
                    self._hand_over(order)
            raise

    def flush(self) -> None:
        """Carry out what nobody awaited, where it is still to be done."""
        with self._door:
            left = [] if self._manned else self._there
            self._there = [] if left else self._there
        if left:
            self._carry_out(left)

    def _serve(self, own: Order[Any]) -> None:
        """Carry out what is there; go on with what nobody awaits, if it is all that is left."""
        with self._door:
            orders, self._there = self._there, []
        try:
            self._carry_out(orders)
        finally:
            with self._door:
                self._there[:0] = [order for order in orders if not (order.done or order is own)]
                if not self._there or any(order.awaited for order in self._there):
                    self._hand_over(own)
            for order in orders:
                if order.done and order is not own and order.awaited:
                    order.ring()

    def _hand_over(self, own: Order[Any]) -> None:
        following = next((order for order in self._there if order.awaited), None)
        own.in_charge, self._manned = False, following is not None  # between the two no signal may come
        if following is not None:
            following.in_charge = True
            following.ring()
