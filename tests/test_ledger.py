"""Money is set aside before a call and settled after it, by any number of processes, never past a limit."""

import multiprocessing
import os
import signal
import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentic_flow.core.errors import LedgerProblem, LimitReached
from agentic_flow.core.values import Usage
from agentic_flow.ledger import Call, Ledger, Limit, Period, process_mark

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
CALL = Call("run", "openrouter", "model", "/project")


def dollars(amount: str) -> Decimal:
    return Decimal(amount)


def day_limit(amount: str) -> list[Limit]:
    return [Limit(Period.DAY, Decimal(amount))]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "data" / "ledger.sqlite3")


def test_what_is_set_aside_counts_until_it_is_settled(ledger: Ledger) -> None:
    number = ledger.reserve(CALL, dollars("0.60"), day_limit("1"), NOON)
    with pytest.raises(LimitReached, match="Raise the limit"):
        ledger.reserve(CALL, dollars("0.60"), day_limit("1"), NOON)

    ledger.settle(number, dollars("0.10"), Usage(3, 4))
    ledger.reserve(CALL, dollars("0.60"), day_limit("1"), NOON)

    assert ledger.spent(Period.DAY, NOON) == dollars("0.70")
    assert ledger.left(day_limit("1"), NOON) == dollars("0.30")


def test_a_limit_holds_to_the_last_picodollar(ledger: Ledger) -> None:
    ledger.reserve(CALL, dollars("1"), day_limit("1"), NOON)
    with pytest.raises(LimitReached):
        ledger.reserve(CALL, dollars("1e-15"), day_limit("1"), NOON)


def test_a_call_whose_cost_nobody_knows_counts_as_its_worst_case(ledger: Ledger) -> None:
    ledger.settle(ledger.reserve(CALL, dollars("0.5"), (), NOON), None, Usage())
    assert ledger.spent(Period.DAY, NOON) == dollars("0.5")


def test_a_released_call_costs_nothing_and_nothing_is_settled_twice(ledger: Ledger) -> None:
    released = ledger.reserve(CALL, dollars("0.5"), (), NOON)
    ledger.release(released)
    ledger.settle(released, dollars("0.5"), Usage())
    settled = ledger.reserve(CALL, dollars("0.5"), (), NOON)
    for _ in range(3):
        ledger.settle(settled, dollars("0.2"), Usage())
    assert ledger.spent(Period.DAY, NOON) == dollars("0.2")


def test_days_and_months_are_utc(ledger: Ledger) -> None:
    ledger.settle(ledger.reserve(CALL, dollars("1"), (), NOON), dollars("1"), Usage())
    april = datetime(2026, 4, 1, tzinfo=UTC)

    assert ledger.spent(Period.MONTH, NOON) == 1
    assert ledger.spent(Period.DAY, april) == ledger.spent(Period.MONTH, april) == 0


def test_a_project_has_a_limit_of_its_own(ledger: Ledger) -> None:
    mine = [Limit(Period.MONTH, dollars("1"), "/project")]
    ledger.reserve(Call("run", "p", "m", "/elsewhere"), dollars("5"), mine, NOON)
    ledger.reserve(CALL, dollars("1"), mine, NOON)
    with pytest.raises(LimitReached, match="this project"):
        ledger.reserve(CALL, dollars("0.01"), mine, NOON)


def test_a_dead_process_gives_back_what_it_never_sent_and_pays_for_what_it_sent(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    child = os.fork()
    if child == 0:
        dying = Ledger(path)
        dying.reserve(CALL, dollars("0.25"), (), NOON)
        dying.sent(dying.reserve(CALL, dollars("0.50"), (), NOON))
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(child, 0)

    ledger = Ledger(path)
    living = ledger.reserve(CALL, dollars("0.125"), day_limit("0.625"), NOON)

    assert ledger.spent(Period.DAY, NOON) == dollars("0.625")
    ledger.release(living)
    assert ledger.spent(Period.DAY, NOON) == dollars("0.5")


def test_a_later_process_with_the_same_number_is_not_the_one_that_died(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    Ledger(path, process=f"{os.getpid()}:1").reserve(CALL, dollars("1"), (), NOON)
    assert process_mark(os.getpid()) != f"{os.getpid()}:1"

    Ledger(path).reserve(CALL, dollars("1"), day_limit("1"), NOON)


def _spend(path: Path, calls: int, kill_at: int | None) -> None:
    ledger = Ledger(path)
    for turn in range(calls):
        try:
            number = ledger.reserve(CALL, dollars("0.01"), day_limit("1"), NOON)
        except LimitReached:
            return
        ledger.sent(number)
        if turn == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        ledger.settle(number, dollars("0.007"), Usage(1, 1))


def test_many_processes_never_overspend_together_even_when_some_are_killed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    context = multiprocessing.get_context("fork")
    spenders = [context.Process(target=_spend, args=(path, 40, n if n % 3 == 0 else None)) for n in range(8)]
    for spender in spenders:
        spender.start()
    for spender in spenders:
        spender.join()

    ledger = Ledger(path)
    left = ledger.left(day_limit("1"), NOON)
    assert left is not None
    assert left < dollars("0.01")
    assert ledger.spent(Period.DAY, NOON) <= 1
    with sqlite3.connect(path) as db:
        billed = db.execute("SELECT count(*) FROM calls WHERE state = 'settled'").fetchone()[0]
    assert billed * dollars("0.007") <= ledger.spent(Period.DAY, NOON)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.decimals(0, 2, places=6),
            st.one_of(st.none(), st.decimals(0, 2, places=6)),
            st.sampled_from(["settle", "release", "leave"]),
        ),
        max_size=12,
    )
)
def test_the_sum_is_what_was_settled_and_what_is_set_aside(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[Decimal, Decimal | None, str]]
) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / "ledger.sqlite3")
    expected = Decimal(0)
    for worst, cost, end in calls:
        number = ledger.reserve(CALL, worst, (), NOON)
        if end == "settle":
            ledger.settle(number, cost, Usage())
            expected += worst if cost is None else cost
        elif end == "release":
            ledger.release(number)
        else:
            expected += worst
    assert ledger.spent(Period.DAY, NOON) == expected


def test_the_file_is_private(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    Ledger(path).spent(Period.DAY, NOON)
    assert path.stat().st_mode & 0o077 == 0


def test_a_damaged_and_a_newer_ledger_are_told_in_words_and_left_as_they_are(tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.sqlite3"
    damaged.write_bytes(b"not a database, but long enough to be read as one" * 100)
    before = damaged.read_bytes()
    with pytest.raises(LedgerProblem, match="cannot be used"):
        Ledger(damaged).spent(Period.DAY, NOON)
    assert damaged.read_bytes() == before

    newer = tmp_path / "newer.sqlite3"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LedgerProblem, match="newer agentic-flow"):
        Ledger(newer).spent(Period.DAY, NOON)
