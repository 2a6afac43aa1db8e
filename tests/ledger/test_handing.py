"""What a batch goes on with: kept in one step with what it belongs to, given once, gone when it is safe."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.core.budgets import Ceiling, PlannedCall
from agentic_flow.core.remembered import Origin, PaidAnswer, Unwritten
from agentic_flow.core.values import StopReason, Target, Usage
from agentic_flow.ledger import FILE, Ledger
from agentic_flow.ledger.schema import APPLICATION, MIGRATIONS
from tests.ledger.conftest import run

TARGET = Target("openrouter", "m")
CEILING = Ceiling(Decimal(1), Decimal(0), 1, 1)
USED = Usage(10, 20, 3, 4)
TASK = Origin("b1", "t1", "d")
RUN = "20260331-120000-000000-abc123"


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def answer(text: str = "42", origin: Origin = TASK, question: str = "q") -> PaidAnswer:
    return PaidAnswer(origin, question, text, StopReason.END, "served", USED, Decimal("0.123456789012345"))


def pay(ledger: Ledger, paid: PaidAnswer, run_id: str = "run-1") -> None:
    booked = ledger.reserve(PlannedCall(run_id, TARGET, "/p", "coder"), CEILING, ())
    ledger.sent(booked.number)
    ledger.settle(booked.number, Decimal("0.1"), paid.usage, paid)


def owners(folder: Path) -> list[str]:
    with closing(sqlite3.connect(folder / FILE)) as db:
        return [owner for (owner,) in db.execute("SELECT run FROM calls ORDER BY number")]


def test_a_paid_answer_is_given_whole_and_to_each_run_once(ledger: Ledger, tmp_path: Path) -> None:
    pay(ledger, answer("first"))
    pay(ledger, answer("second"))

    assert [ledger.recall(TASK, "q", "run-2") for _ in range(3)] == [answer("first"), answer("second"), None]
    assert owners(tmp_path) == ["run-2", "run-2"], "the calls are in the books once, as the new run's"
    assert ledger.recall(TASK, "q", "run-3") == answer("first"), "that run was killed, too"


@pytest.mark.parametrize(
    "other", [Origin("b2", "t1", "d"), Origin("b1", "t2", "d"), Origin("b1", "t1", "changed")], ids=str
)
def test_nobody_gets_what_was_paid_for_another_task_or_question(ledger: Ledger, other: Origin) -> None:
    pay(ledger, answer())
    assert ledger.recall(other, "q", "run-2") is None
    assert ledger.recall(TASK, "another question", "run-2") is None
    assert ledger.answered("b1") == {TASK}
    assert ledger.answered("b2") == set()


def test_what_is_safe_is_forgotten_and_the_rest_stays(ledger: Ledger) -> None:
    other = Origin("b1", "t2", "d")
    for origin in (TASK, other, Origin("b2", "t1", "d")):
        pay(ledger, answer(origin=origin))
        ledger.remember(run(), unwritten=Unwritten(origin, "r", b'{"id": 1}'))
    ledger.remember(run(), unwritten=Unwritten(TASK, "r2", b"newer"))
    assert [each.line for each in ledger.unwritten("b1")] == [b'{"id": 1}', b"newer"]

    ledger.written("b1", ["t1"])
    assert ledger.unwritten("b1") == [Unwritten(other, "r", b'{"id": 1}')]
    assert ledger.answered("b1") == {other}
    ledger.abandon("b1")
    assert (ledger.unwritten("b1"), ledger.answered("b1")) == ([], set())
    assert (len(ledger.unwritten("b2")), len(ledger.answered("b2"))) == (1, 1)


def test_what_nobody_went_on_with_goes_with_its_day_and_does_not_with_the_room(ledger: Ledger) -> None:
    pay(ledger, answer(), RUN)
    unwritten = Unwritten(TASK, RUN, b"line")
    ledger.remember(run(RUN), size=1, unwritten=unwritten)
    assert ledger.unwritten("b1") == [unwritten]
    ledger.tidy("20260331", None)
    assert ledger.unwritten("b1") == [unwritten]
    pay(ledger, answer(), RUN)
    ledger.tidy("20260401", None)
    assert (ledger.unwritten("b1"), ledger.answered("b1")) == ([], set())


def test_who_may_have_left_files_is_known_until_it_ends_well(ledger: Ledger) -> None:
    other = Origin("b1", "t2", "d")
    ledger.writes(TASK, "run-1")
    ledger.writes(TASK, RUN)
    ledger.writes(other, "run-2")
    assert ledger.writer(Origin("b1", "t1", "changed")) == RUN, "the newest, whatever it was asked for"
    assert ledger.writer(Origin("b2", "t1", "d")) is None
    ledger.written("b1", ["t1"])
    ledger.remember(run(RUN, status="check"))
    assert ledger.written_for("b1") == {"t1", "t2"}, "its result may be safe, and none to keep"
    ledger.remember(run(RUN))
    assert ledger.writer(TASK) is None
    assert ledger.written_for("b1") == {"t2"}
    ledger.abandon("b1")
    assert ledger.written_for("b1") == set()
    ledger.writes(TASK, RUN)
    ledger.tidy("20260401", None)
    assert ledger.writer(TASK) is None


def test_an_answer_of_a_call_that_is_not_in_the_books_is_not_kept(ledger: Ledger) -> None:
    pay(ledger, answer("first"))
    ledger.settle(99, Decimal(1), USED, answer())
    assert ledger.recall(TASK, "q", "run-2") == answer("first")
    assert ledger.recall(TASK, "q", "run-2") is None


def test_nothing_is_asked_of_a_file_that_is_not_there(ledger: Ledger, tmp_path: Path) -> None:
    assert (ledger.unwritten("b1"), ledger.answered("b1")) == ([], set())
    ledger.abandon("b1")
    assert not (tmp_path / FILE).exists()


def test_a_ledger_from_before_takes_it(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE, isolation_level=None) as db:
        for script in MIGRATIONS[:2]:
            db.executescript(script)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute("PRAGMA user_version = 2")
    db.close()
    ledger = Ledger(tmp_path)
    pay(ledger, answer())
    assert ledger.recall(TASK, "q", "run-2") == answer()
