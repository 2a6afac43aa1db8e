"""A file that is empty, damaged, newer or somebody else's: clear words, and nothing lost."""

import gc
import inspect
import sqlite3
import sys
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from itertools import count
from pathlib import Path
from queue import SimpleQueue
from types import FrameType

import pytest

from agentic_flow.core.budgets import Ceiling, PlannedCall
from agentic_flow.core.errors import Interrupted, LedgerProblem
from agentic_flow.core.remembered import Wanted
from agentic_flow.core.values import Target, Usage
from agentic_flow.ledger import FILE, Ledger
from agentic_flow.ledger.database import Database
from agentic_flow.ledger.history import History
from tests.ledger.conftest import run
from tests.room import room

GARBAGE = b"not a database, but long enough to be taken for one\n" * 400
CALL = PlannedCall("run", Target("openrouter", "m"), "/p", "coder")
CEILING = Ceiling(Decimal(1), Decimal(0), 1, 1)


def test_an_empty_file_is_a_new_ledger(tmp_path: Path) -> None:
    (tmp_path / FILE).touch()
    assert History(tmp_path / FILE).lines(Wanted(), 10) == []
    Ledger(tmp_path).remember(run())
    assert len(History(tmp_path / FILE).lines(Wanted(), 10)) == 1


def test_what_is_closed_is_let_go_and_opens_again_when_it_is_asked(tmp_path: Path) -> None:
    """A program that asks for a history with each of its calls keeps none of them."""
    ledger = Ledger(tmp_path)
    ledger.remember(run())
    ledger.close()
    ledger.remember(run("20270101-1"))
    assert len(History(tmp_path / FILE).lines(Wanted(), 10)) == 2
    ledger.close()

    gone = weakref.ref(ledger)
    database = weakref.ref(ledger._database)  # noqa: SLF001  (what `atexit` would hold)
    del ledger
    gc.collect()
    assert (gone(), database()) == (None, None)


def test_a_disk_that_is_full_while_a_ledger_is_made_is_told_of_as_that(tmp_path: Path) -> None:
    """SQLite has left the transaction by then; that there is none is no reason that helps anybody."""
    with room(40_000), pytest.raises(LedgerProblem, match=r"cannot be used \((disk|database or disk)"):
        Ledger(tmp_path).remember(run())

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


class Refusal(Exception):
    """What some work raises inside a transaction."""


@pytest.mark.parametrize("changed", [True, False])
def test_what_a_refusal_had_changed_is_undone_and_what_others_asked_for_meanwhile_stands(
    tmp_path: Path, *, changed: bool
) -> None:
    database = Database(tmp_path / FILE)
    database.write(lambda db: db.execute("CREATE TABLE done (name TEXT)"))
    writing, go_on = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO done VALUES ('slow')")
        writing.set()
        assert go_on.wait(10)

    def refuse_at_once(_: sqlite3.Connection) -> None:
        raise Refusal

    refuse = _change_and_refuse if changed else refuse_at_once

    def insert(name: str) -> None:
        database.write(lambda db: db.execute("INSERT INTO done VALUES (?)", (name,)))

    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(database.write, slow)
        assert writing.wait(10)
        along = [threads.submit(insert, "a"), threads.submit(insert, "b")]
        refused = [threads.submit(database.write, refuse) for _ in range(2)]
        time.sleep(0.05)  # they come while the first is written
        go_on.set()
        for each in (first, *along):
            each.result(10)
        for each in refused:
            with pytest.raises(Refusal):
                each.result(10)
    rows = database.read(lambda db: db.execute("SELECT name FROM done").fetchall())
    assert sorted(rows) == [("a",), ("b",), ("slow",)]
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


def test_refusals_may_be_more_than_python_goes_deep(tmp_path: Path) -> None:
    database = Database(tmp_path / FILE)
    database.write(lambda db: db.execute("CREATE TABLE done (name TEXT)"))
    writing, go_on = threading.Event(), threading.Event()

    def slow(_: sqlite3.Connection) -> None:
        writing.set()
        assert go_on.wait(10)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(database.write, slow)
        assert writing.wait(10)
        for _ in range(sys.getrecursionlimit()):
            database.write_soon(_change_and_refuse)
        last = threads.submit(database.write, lambda db: db.execute("INSERT INTO done VALUES ('good')"))
        go_on.set()
        first.result(10)
        last.result(10)
    assert database.read(lambda db: db.execute("SELECT name FROM done").fetchall()) == [("good",)]
    database.close()


def test_what_is_refused_in_a_file_that_takes_a_damaged_one_s_place_is_told_to_who_asked(
    tmp_path: Path,
) -> None:
    (tmp_path / FILE).write_bytes(GARBAGE)
    database = Database(tmp_path / FILE, mend=True)

    def refuse(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO sums VALUES ('scope', '', 1, 1)")
        raise Refusal

    with pytest.raises(Refusal):
        database.write(refuse)
    assert database.read(lambda db: db.execute("SELECT * FROM sums").fetchall()) == []
    assert "was damaged" in database.remarks[0]
    database.close()


def _change_and_refuse(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO done VALUES ('refused')")
    raise Refusal


class Signal(Interrupted):
    """Ctrl-C, as a thread of a batch hears of it: when it enters a function, or when one of C returns."""

    def __init__(self) -> None:
        super().__init__("stopped")


def test_a_signal_at_any_step_leaves_a_ledger_that_works_and_nothing_twice(tmp_path: Path) -> None:
    database = Database(tmp_path / FILE)
    database.write(lambda db: db.execute("CREATE TABLE done (name TEXT)"))
    for step in count():
        begun: SimpleQueue[None] = SimpleQueue()  # in C: a signal leaves it as it is
        names = [f"{name} {step}" for name in ("told", "beside", "after")]
        told, beside, after = (partial(_insert, name, begun) for name in names)
        companion = threading.Thread(target=_when, args=(begun, partial(database.write, beside)), daemon=True)
        companion.start()
        heard = _told_at(step, partial(database.write, told))
        begun.put(None)
        companion.join(10)
        assert not companion.is_alive()
        database.write(after)
        found = database.read(lambda db: db.execute("SELECT name FROM done").fetchall())
        times = [found.count((name,)) for name in names]
        assert times in ([0, 1, 1], [1, 1, 1]) if heard else times == [1, 1, 1]
        if not heard:
            break
    assert step > 20
    database.close()


def _insert(name: str, begun: SimpleQueue[None], db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO done VALUES (?)", (name,))
    begun.put(None)
    time.sleep(0.01)  # another thread's order comes meanwhile


def _when(begun: SimpleQueue[None], call: Callable[[], object]) -> None:
    begun.get(timeout=10)
    call()


def _told_at(step: int, call: Callable[[], object]) -> bool:
    """Call, with a signal at a step; say whether there were so many."""
    steps = iter(range(step))

    def hear(frame: FrameType, event: str, _: object) -> None:
        lost = frame.f_code.co_flags & inspect.CO_GENERATOR  # Python drops what is raised while it closes one
        if event in {"call", "c_return"} and not lost and next(steps, None) is None:
            sys.setprofile(None)
            raise Signal

    gc.disable()  # what looks on while it collects is no step of the ledger's
    try:
        sys.setprofile(hear)
        call()
    except Signal:
        return True
    finally:
        sys.setprofile(None)
        gc.enable()
    return False
