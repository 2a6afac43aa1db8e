"""What is remembered of a run whose process died in a call, and of which nothing is."""

from decimal import Decimal
from pathlib import Path

from agentic_flow.core.budgets import PlannedCall
from agentic_flow.core.remembered import RememberedRun, Wanted
from agentic_flow.core.values import Usage
from agentic_flow.ledger import FILE, Ledger
from agentic_flow.ledger.database import Database
from agentic_flow.ledger.history import History
from agentic_flow.ledger.presence import own_mark
from tests.ledger.conftest import SONNET, run
from tests.ledger.test_spending import costing

NAME = "20260331-120000-000000-abc123"


def buried(
    folder: Path, agent: str = "coder", *, sent: bool = True, before: Decimal | None = None
) -> list[RememberedRun]:
    """Let a process die in a call, after one that cost `before`; return what is remembered then."""
    ledger = Ledger(folder)
    call = PlannedCall(NAME, SONNET, "/project", agent)
    if before is not None:
        ledger.settle(ledger.reserve(call, costing("0.50"), ()).number, before, Usage(100, 10))
    number = ledger.reserve(call, costing("0.50"), ()).number
    if sent:
        ledger.sent(number)
    die(folder)
    ledger.count_dead()
    return list(History(folder / FILE).runs(Wanted()))


def die(folder: Path) -> None:
    """Give this process's calls to one that is dead."""
    mark = own_mark(folder / "ledger.present")
    database = Database(folder / FILE)
    database.write(lambda db: db.execute("UPDATE calls SET process = ? WHERE process = ?", (mark ^ 1, mark)))
    database.close()


def test_a_run_that_had_sent_is_remembered_with_an_unknown_cost(tmp_path: Path) -> None:
    (lost,) = buried(tmp_path, before=Decimal("0.25"))
    result = lost.result
    assert (result.status, result.exit_code, result.cost_usd, lost.task) == ("killed", 137, None, None)
    assert [(each.model, each.outcome, each.cost_usd) for each in result.attempts] == [
        (SONNET.model, "killed", None)
    ]


def test_where_nothing_had_been_sent_the_cost_is_that_of_the_calls_before(tmp_path: Path) -> None:
    (lost,) = buried(tmp_path, sent=False, before=Decimal("0.25"))
    assert (lost.result.cost_usd, lost.result.attempts[0].cost_usd) == (Decimal("0.25"), Decimal(0))


def test_calls_through_the_library_that_remember_nothing_leave_no_run(tmp_path: Path) -> None:
    assert buried(tmp_path, agent="") == []


def test_one_that_was_taken_for_dead_tells_of_its_own_end(tmp_path: Path) -> None:
    assert len(buried(tmp_path)) == 1
    Ledger(tmp_path).remember(run(NAME, target=SONNET))
    (told,) = History(tmp_path / FILE).runs(Wanted())
    assert told.result.status == "ok"
