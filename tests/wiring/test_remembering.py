"""What becomes of a run's end when the ledger, or a person, is in the way."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentic_flow.config import Flags, load_settings
from agentic_flow.core.errors import Interrupted, LedgerProblem
from agentic_flow.core.remembered import RememberedRun, Wanted
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Task
from agentic_flow.ledger import FILE, Ledger
from agentic_flow.ledger.history import History
from agentic_flow.wiring.remembering import rememberer
from tests.ledger.conftest import run
from tests.wiring.failing import Failing

NOW = datetime.now(UTC)
RESULT = run().result


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    return load_settings(Flags())


def remember(ledger: object, settings: Settings, told: list[RememberedRun]) -> list[str]:
    def tell(run: RememberedRun) -> list[str]:
        told.append(run)
        return ["told"]

    return rememberer(ledger, Task("Look", "coder"), settings, Path(), NOW, tell)(RESULT)  # type: ignore[arg-type]  # a test's own


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
def test_a_signal_at_the_end_of_a_run_does_not_lose_it(
    settings: Settings, tmp_path: Path, *, after: bool
) -> None:
    ledger = Ledger(tmp_path / "data")

    remarks = remember(Failing(ledger, "remember", Interrupted("SIGINT"), after=after), settings, [])

    assert remarks == ["told"]
    (kept,) = History(tmp_path / "data" / FILE).lines(Wanted(), 10)
    assert kept.run_id == RESULT.run_id


def test_a_run_that_cannot_be_kept_is_said_to_be_lost_and_told_to_others_all_the_same(
    settings: Settings, tmp_path: Path
) -> None:
    told: list[RememberedRun] = []
    full = LedgerProblem("the disk is full")

    remarks = remember(Failing(Ledger(tmp_path / "data"), "remember", full, times=9), settings, told)

    assert remarks == ["the disk is full; this run is not in the history", "told"]
    assert [each.result.run_id for each in told] == [RESULT.run_id]
