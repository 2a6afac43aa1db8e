"""A file that is empty, damaged, newer or somebody else's: clear words, and nothing lost."""

import sqlite3
import threading
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.core.budgets import Ceiling, PlannedCall
from agentic_flow.core.errors import LedgerProblem
from agentic_flow.core.remembered import Wanted
from agentic_flow.core.values import Target, Usage
from agentic_flow.ledger import FILE, History, Ledger
from agentic_flow.ledger.database import Database
from tests.ledger.conftest import run

GARBAGE = b"not a database, but long enough to be taken for one\n" * 400
CALL = PlannedCall("run", Target("openrouter", "m"), "/p", "coder")
CEILING = Ceiling(Decimal(1), Decimal(0), 1, 1)


def test_an_empty_file_is_a_new_ledger(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    assert History(tmp_path / FILE).lines(Wanted(), 10) == []
    Ledger(tmp_path).remember(run())
    assert len(History(tmp_path / FILE).lines(Wanted(), 10)) == 1


@pytest.mark.parametrize("garbage", [GARBAGE, b"SQLite format 3\x00" + GARBAGE], ids=["text", "headed"])
def test_a_damaged_file_is_told_of_and_left_as_it_is(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / FILE).write_bytes(garbage)
    with pytest.raises(LedgerProblem, match=r"is damaged.*move it"):
        History(tmp_path / FILE).run()
    with pytest.raises(LedgerProblem, match=r"is damaged.*move it"):
        Ledger(tmp_path).reserve(CALL, CEILING, ())
    assert (tmp_path / FILE).read_bytes() == garbage


def test_where_no_limit_holds_a_damaged_file_is_kept_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(GARBAGE)
    ledger = Ledger(tmp_path, mend=True)

    ledger.remember(run())

    (kept,) = tmp_path.glob("ledger-damaged-*.sqlite3")
    assert kept.read_bytes() == GARBAGE
    assert ledger.remarks() == [f"the ledger was damaged and is kept as {kept}; a new one has begun"]
    assert ledger.remarks() == []
    assert len(History(tmp_path / FILE).lines(Wanted(), 10)) == 1


def test_damage_inside_is_found_and_the_file_kept(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for number in range(200):
        ledger.remember(run(f"20260101-{number:03}"))
    ledger.close()
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))

    mending = Ledger(tmp_path, mend=True)
    mending.remember(run("20270101-1"))

    assert [line.run_id for line in History(tmp_path / FILE).lines(Wanted(), 10)] == ["20270101-1"]
    assert len(list(tmp_path.glob("ledger-damaged-*.sqlite3"))) == 1


def test_a_newer_ledger_is_not_touched(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.remember(run())
    ledger.close()
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = (tmp_path / FILE).read_bytes()

    for ask in (Ledger(tmp_path, mend=True).remember, lambda _: History(tmp_path / FILE).run()):
        with pytest.raises(LedgerProblem, match=r"newer agentic-flow.*upgrade"):
            ask(run())
    assert (tmp_path / FILE).read_bytes() == before


def test_another_programs_database_is_not_touched(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("CREATE TABLE theirs (x)")
    db.close()
    before = (tmp_path / FILE).read_bytes()
    with pytest.raises(LedgerProblem, match="another program"):
        Ledger(tmp_path, mend=True).remember(run())
    assert (tmp_path / FILE).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerProblem, match="cannot be used"):
        Ledger(tmp_path / "file" / "data").remember(run())


def test_what_nobody_waits_for_goes_along_with_who_is_writing(tmp_path: Path) -> None:
    database = Database(tmp_path / FILE)
    writing, go_on = threading.Event(), threading.Event()
    seen: list[str] = []

    def slow(_: sqlite3.Connection) -> None:
        writing.set()
        assert go_on.wait(10)
        seen.append("slow")

    thread = threading.Thread(target=database.write, args=(slow,))
    thread.start()
    assert writing.wait(10)
    database.write_soon(lambda _: seen.append("along"))  # returns at once
    assert seen == []
    go_on.set()
    thread.join(10)
    assert seen == ["slow", "along"]
    database.write_soon(lambda _: seen.append("alone"))
    assert seen == ["slow", "along", "alone"]
    database.close()


def test_what_a_call_cost_is_settled_before_its_run_is_remembered(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    kept = ledger.reserve(CALL, CEILING, ())
    ledger.sent(kept.number)
    ledger.settle(kept.number, Decimal("0.5"), Usage(1, 1))
    ledger.remember(run())
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("SELECT state, spent FROM calls").fetchall() == [("settled", 5 * 10**11)]
    db.close()
