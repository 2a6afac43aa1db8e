"""Money is set aside before a call and settled after it, by any number of processes, never past a limit."""

import multiprocessing
import os
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.core.budgets import Ceiling, Limit, Period, PlannedCall
from agentic_flow.core.errors import OverBudget
from agentic_flow.core.values import Target, Usage
from agentic_flow.ledger import FILE, Ledger

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
NOTHING = Usage()


def call(project: str = "/project", run: str = "run") -> PlannedCall:
    return PlannedCall(run, Target("openrouter", "maker/model"), project, "coder")


def costing(amount: str) -> Ceiling:
    """Return the ceiling of a call that costs this, whatever the length of its answer."""
    return Ceiling(Decimal(amount), Decimal(0), tokens=1000, least=100)


def daily(amount: str) -> list[Limit]:
    return [Limit(Decimal(amount), "the daily budget", "budgetLimits.daily", period=Period.DAY)]


def left(ledger: Ledger, limits: list[Limit]) -> Decimal:
    room = ledger.room(limits)
    assert room is not None
    return room.left


def at(folder: Path, moment: datetime = NOON) -> Ledger:
    return Ledger(folder, now=lambda: moment)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return at(tmp_path / "data")


def test_what_is_set_aside_counts_until_it_is_settled(ledger: Ledger) -> None:
    first = ledger.reserve(call(), costing("0.60"), daily("1"))
    with pytest.raises(OverBudget, match=r"the daily budget has \$0.40 left of \$1.00"):
        ledger.reserve(call(), costing("0.60"), daily("1"))

    ledger.settle(first.number, Decimal("0.10"), Usage(3, 4))
    ledger.reserve(call(), costing("0.60"), daily("1"))

    assert left(ledger, daily("1")) == Decimal("0.30")


def test_a_refusal_says_what_is_spent_what_is_set_aside_and_when_it_counts_anew(ledger: Ledger) -> None:
    spent = ledger.reserve(call(), costing("0.50"), ())
    ledger.settle(spent.number, None, NOTHING)
    ledger.reserve(call(), costing("0.25"), ())

    with pytest.raises(OverBudget) as refused:
        ledger.reserve(call(), costing("0.5"), daily("1"))

    assert "$0.50 spent and $0.25 set aside" in str(refused.value)
    assert "counts anew from 2026-04-01 00:00 UTC" in str(refused.value)
    assert "raise budgetLimits.daily" in str(refused.value)


def test_an_answer_is_as_long_as_the_tightest_limit_pays_for(ledger: Ledger) -> None:
    ceiling = Ceiling(Decimal("0.10"), Decimal("0.001"), tokens=1000, least=256)

    shortened = ledger.reserve(call(), ceiling, [*daily("1"), *daily("0.50")])
    assert (shortened.tokens, shortened.amount) == (400, Decimal("0.500"))
    assert shortened.tightest is not None
    ledger.release(shortened.number)

    whole = ledger.reserve(call(), ceiling, daily("1.10"))
    assert (whole.tokens, whole.tightest) == (1000, None)
    ledger.release(whole.number)

    with pytest.raises(OverBudget):
        ledger.reserve(call(), ceiling, daily("0.35"))


def test_a_limit_holds_to_the_last_picodollar_and_lets_free_calls_pass(ledger: Ledger) -> None:
    ledger.reserve(call(), costing("1"), daily("1"))
    with pytest.raises(OverBudget):
        ledger.reserve(call(), costing("0.000000000000001"), daily("1"))
    ledger.reserve(call(), costing("0"), daily("1"))


def test_nothing_is_settled_twice(ledger: Ledger) -> None:
    released = ledger.reserve(call(), costing("0.5"), ())
    ledger.release(released.number)
    ledger.settle(released.number, Decimal("0.5"), NOTHING)
    settled = ledger.reserve(call(), costing("0.5"), ())
    for _ in range(3):
        ledger.settle(settled.number, Decimal("0.2"), NOTHING)
    assert left(ledger, daily("1")) == Decimal("0.8")


def test_a_call_counts_for_the_day_and_the_month_it_was_reserved_in_in_utc(tmp_path: Path) -> None:
    monthly = [Limit(Decimal(10), "the monthly budget", "monthly", period=Period.MONTH)]
    late = datetime.fromisoformat("2026-03-31T23:59:59+00:00")
    early = datetime.fromisoformat("2026-04-01T01:00:00+02:00")  # still March in UTC
    april = datetime.fromisoformat("2026-04-01T00:00:00+00:00")
    booked = at(tmp_path, late).reserve(call(), costing("1"), daily("10"))
    at(tmp_path, april).settle(booked.number, Decimal(1), NOTHING)

    assert left(at(tmp_path, early), daily("10")) == left(at(tmp_path, early), monthly) == 9
    assert left(at(tmp_path, april), daily("10")) == left(at(tmp_path, april), monthly) == 10


def test_projects_runs_and_batches_have_limits_of_their_own(ledger: Ledger) -> None:
    project = [Limit(Decimal(1), "this project's monthly budget", "m", "/project", Period.MONTH)]
    batch = [Limit(Decimal(2), "the batch's --max-cost", "--max-cost", "batch:7")]
    ledger.reserve(call("/elsewhere"), costing("5"), ())
    ledger.reserve(call(), costing("1"), project)
    with pytest.raises(OverBudget, match="this project's"):
        ledger.reserve(call(), costing("0.01"), project)

    for run in ("one", "two"):
        ledger.reserve(call("/elsewhere", run), costing("1"), batch)
    with pytest.raises(OverBudget, match="the batch's"):
        ledger.reserve(call("/elsewhere", "three"), costing("0.01"), batch)


def test_a_dead_process_gives_back_what_it_never_sent_and_pays_for_what_it_sent(tmp_path: Path) -> None:
    _let_one_die(tmp_path)
    assert left(at(tmp_path), daily("1")) == Decimal("0.50")
    at(tmp_path).reserve(call(), costing("0.50"), daily("1"))


def test_what_a_process_left_that_dies_later_is_given_back_too_where_a_limit_holds(tmp_path: Path) -> None:
    ledger = at(tmp_path)
    ledger.reserve(call(), costing("0.10"), daily("1"))
    _let_one_die(tmp_path)  # it held 0.75, of which 0.50 count
    ledger.reserve(call(), costing("0.40"), daily("1"))
    with pytest.raises(OverBudget):
        ledger.reserve(call(), costing("0.01"), daily("1"))


def test_a_refused_call_leaves_the_dead_buried(tmp_path: Path) -> None:
    _let_one_die(tmp_path)
    with pytest.raises(OverBudget):
        at(tmp_path).reserve(call(), costing("0.60"), daily("1"))
    with sqlite3.connect(tmp_path / FILE) as db:
        states = db.execute("SELECT state FROM calls ORDER BY number").fetchall()
    db.close()
    assert states == [("released",), ("orphaned",)]


def _let_one_die(folder: Path) -> None:
    dying = multiprocessing.get_context("fork").Process(target=_die_with_two_calls, args=(folder,))
    dying.start()
    dying.join()
    assert dying.exitcode == -signal.SIGKILL


def _die_with_two_calls(folder: Path) -> None:
    ledger = at(folder)
    ledger.reserve(call(), costing("0.25"), ())
    ledger.sent(ledger.reserve(call(), costing("0.50"), ()).number)
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_living_process_keeps_what_it_set_aside_whoever_else_looks(tmp_path: Path) -> None:
    mine = at(tmp_path).reserve(call(), costing("0.75"), daily("1"))
    other = multiprocessing.get_context("fork").Process(target=_look, args=(tmp_path,))
    other.start()
    other.join()
    assert other.exitcode == 0

    at(tmp_path).settle(mine.number, Decimal("0.10"), NOTHING)
    assert left(at(tmp_path), daily("1")) == Decimal("0.90")


def _look(folder: Path) -> None:
    assert left(at(folder), daily("1")) == Decimal("0.25")


def test_one_that_was_taken_for_dead_is_settled_to_what_it_did_cost(tmp_path: Path) -> None:
    _let_one_die(tmp_path)
    ledger = at(tmp_path)
    assert left(ledger, daily("1")) == Decimal("0.50")

    ledger.settle(2, Decimal("0.125"), NOTHING)

    assert left(ledger, daily("1")) == Decimal("0.875")


LIMIT, WORST, BILLED = Decimal(1), Decimal("0.01"), Decimal("0.007")


def _spend(folder: Path, calls: int, kill_at: int | None, bills: Path) -> None:
    ledger = at(folder)
    for turn in range(calls):
        try:
            booked = ledger.reserve(call(), costing(str(WORST)), daily(str(LIMIT)))
        except OverBudget:
            return
        ledger.sent(booked.number)
        with bills.open("ab") as bill:
            bill.write(b"x")
        if turn == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        ledger.settle(booked.number, BILLED, Usage(1, 1))


def test_many_processes_never_overspend_together_even_when_some_are_killed(tmp_path: Path) -> None:
    bills = tmp_path / "bills"
    context = multiprocessing.get_context("fork")
    spenders = [
        context.Process(target=_spend, args=(tmp_path, 200, 0 if n % 3 == 0 else None, bills))
        for n in range(8)
    ]
    first, *others = spenders
    first.start()
    first.join()  # killed while there is money left, however busy the machine is
    for spender in others:
        spender.start()
    for spender in others:
        spender.join()

    billed = len(bills.read_bytes()) * BILLED
    assert billed <= LIMIT
    assert 0 <= left(at(tmp_path), daily(str(LIMIT))) < WORST  # and no more was refused than had to be
    assert -signal.SIGKILL in [spender.exitcode for spender in spenders]


def test_the_file_and_its_companions_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    ledger = at(folder)
    ledger.reserve(call(), costing("1"), ())
    assert {path.name: path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())} == dict.fromkeys(
        ("data", FILE, f"{FILE}-wal", f"{FILE}-shm", "ledger.present"), 0
    )


def test_looking_makes_no_file(tmp_path: Path) -> None:
    assert left(at(tmp_path / "data"), daily("1")) == 1
    assert not (tmp_path / "data" / FILE).exists()


def test_sums_are_those_of_the_calls(tmp_path: Path) -> None:
    ledger = at(tmp_path)
    for cost in ("0.1", "0.02", "0.003"):
        ledger.settle(ledger.reserve(call(), costing("0.5"), ()).number, Decimal(cost), Usage(1, 2))
    with closing(sqlite3.connect(tmp_path / FILE)) as db:
        calls = db.execute("SELECT sum(spent) FROM calls").fetchone()
        sums = db.execute("SELECT spent FROM sums WHERE scope = '' AND period = '2026-03'").fetchone()
    assert calls == sums
