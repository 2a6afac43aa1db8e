"""Whatever order calls are reserved, sent, settled, released and orphaned in: the sums are those of a model.

The model is a list of calls and what each counts as; processes are played by marks that are told dead.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from agentic_flow.core.budgets import Ceiling, Limit, Period, PlannedCall
from agentic_flow.core.errors import OverBudget
from agentic_flow.core.values import Target, Usage
from agentic_flow.ledger.database import Database
from agentic_flow.ledger.money import pico
from agentic_flow.ledger.spending import Book

CENTS = st.integers(0, 60).map(lambda cents: Decimal(cents) / 100)
PROJECTS = ("/one", "/two")
DAILY, MONTHLY, PROJECT = Decimal(1), Decimal(2), Decimal("0.75")


@dataclass
class Call:
    """A call as the model has it."""

    number: int
    project: str
    day: str
    process: int
    worst: Decimal
    state: str = "reserved"
    spent: Decimal = Decimal(0)

    @property
    def open(self) -> bool:
        """Whether its worst case is held."""
        return self.state in ("reserved", "sent")

    def end(self, state: str, spent: Decimal) -> None:
        """Let it count as `spent`, unless somebody has settled it for good."""
        if self.open or self.state == "orphaned":
            self.state, self.spent = state, spent


def limits_of(project: str) -> list[Limit]:
    return [
        Limit(DAILY, "the daily budget", "daily", period=Period.DAY),
        Limit(MONTHLY, "the monthly budget", "monthly", period=Period.MONTH),
        Limit(PROJECT, "this project's daily budget", "project.daily", project, Period.DAY),
    ]


class Spending(RuleBasedStateMachine):
    """Random lives of many calls, by a few processes, over the turn of a month."""

    folder: Path
    numbers = count()

    def __init__(self) -> None:
        super().__init__()
        self.database = Database(self.folder / f"{next(self.numbers)}.sqlite3")
        self.now = datetime(2026, 3, 30, 22, tzinfo=UTC)
        self.calls: list[Call] = []

    def write(self, work: Callable[[Book], object]) -> None:
        """Do `work` in the ledger."""
        self.database.write(lambda db: work(Book(db, self.now)))

    @rule(worst=CENTS, project=st.sampled_from(PROJECTS), process=st.integers(1, 3))
    def reserve(self, worst: Decimal, project: str, process: int) -> None:
        """Set aside what fits every limit, and nothing else."""
        planned = PlannedCall("run", Target("openrouter", "m"), project, "coder")
        ceiling = Ceiling(worst, Decimal(0), tokens=1, least=1)

        def work(book: Book) -> None:
            booked = book.reserve(planned, ceiling, limits_of(project), process)
            self.calls.append(Call(booked.number, project, f"{self.now:%Y-%m-%d}", process, worst))

        if all(max(Decimal(0), left) >= worst for left in self.lefts(project)):
            self.write(work)
        else:
            with pytest.raises(OverBudget):
                self.write(work)

    @rule(data=st.data())
    def send(self, data: st.DataObject) -> None:
        """Send any call, at any time of its life."""
        if call := self.one(data):
            self.write(lambda book: book.send(call.number))
            call.state = "sent" if call.state == "reserved" else call.state

    @rule(data=st.data(), cost=st.one_of(st.none(), CENTS))
    def settle(self, data: st.DataObject, cost: Decimal | None) -> None:
        """Settle any call, also one that was taken for dead, also twice."""
        if call := self.one(data):
            stored = None if cost is None else pico(cost)
            self.write(lambda book: book.settle(call.number, stored, Usage()))
            call.end("settled", call.worst if cost is None else cost)

    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        """Release any call."""
        if call := self.one(data):
            self.write(lambda book: book.release(call.number))
            call.end("released", Decimal(0))

    @rule(process=st.integers(1, 3))
    def die(self, process: int) -> None:
        """Bury a process: what was sent counts in full, what was not counts for nothing."""
        self.write(lambda book: book.bury([process]))
        for call in self.calls:
            if call.process == process and call.open:
                if call.state == "sent":
                    call.end("orphaned", call.worst)
                else:
                    call.end("released", Decimal(0))

    @rule(hours=st.integers(1, 9))
    def wait(self, hours: int) -> None:
        """Let time go by; a call stays in the day it was reserved on."""
        self.now += timedelta(hours=hours)

    @invariant()
    def the_sums_are_those_of_the_model(self) -> None:
        """Every limit leaves what the model says."""
        for project in PROJECTS:
            rooms = self.database.read(partial(self.rooms, project=project))
            assert rooms == [max(Decimal(0), left) for left in self.lefts(project)]

    @invariant()
    def those_under_way_are_the_open_ones(self) -> None:
        """No dead process is remembered as having calls, and no living one forgotten."""
        marks = self.database.read(lambda db: Book(db, self.now).processes())
        assert set(marks) == {call.process for call in self.calls if call.open}

    def teardown(self) -> None:
        """Let the file go."""
        self.database.close()

    def rooms(self, db: object, project: str) -> list[Decimal]:
        """Return what the ledger leaves."""
        return [room.left for room in Book(db, self.now).room(limits_of(project))]  # type: ignore[arg-type]

    def one(self, data: st.DataObject) -> Call | None:
        """Pick a call, if there is one."""
        return data.draw(st.sampled_from(self.calls)) if self.calls else None

    def lefts(self, project: str) -> list[Decimal]:
        """Return what the model leaves; below 0 where a call did cost more than was set aside."""
        today = f"{self.now:%Y-%m-%d}"
        return [
            DAILY - self.counted(lambda call: call.day == today),
            MONTHLY - self.counted(lambda call: call.day[:7] == today[:7]),
            PROJECT - self.counted(lambda call: call.day == today and call.project == project),
        ]

    def counted(self, fits: Callable[[Call], bool]) -> Decimal:
        """Return what the calls that fit count as."""
        counting = (call.worst if call.open else call.spent for call in self.calls if fits(call))
        return sum(counting, Decimal(0))


def test_calls_live_and_die_as_the_model_says(tmp_path: Path) -> None:
    class Here(Spending):
        folder = tmp_path

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
