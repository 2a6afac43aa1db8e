"""Everything a run did is found again: by what it was, by its words, whole; totals outlive it."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.remembered import Feedback, Pace, RememberedRun, Wanted
from agentic_flow.core.values import Target, Usage
from agentic_flow.ledger import FILE, Ledger
from agentic_flow.ledger.history import History
from tests.ledger.conftest import FULL, LOCAL, SONNET, run


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / FILE)


def names(history: History, wanted: Wanted, limit: int = 100) -> list[str]:
    return [line.run_id[:8] for line in history.lines(wanted, limit)]


def remember(ledger: Ledger, *runs: RememberedRun) -> None:
    for each in runs:
        ledger.remember(each)


def test_a_run_is_told_as_it_was_remembered(ledger: Ledger, history: History) -> None:
    for _ in range(2):  # once more replaces it
        ledger.remember(FULL)
    assert history.run() == FULL
    assert list(history.runs(Wanted())) == [FULL]


def test_runs_are_listed_newest_first_and_by_what_they_were(ledger: Ledger, history: History) -> None:
    remember(
        ledger,
        run("20260101-000000-000000-aaaaaa", agent="sql", target=SONNET),
        run("20260301-000000-000000-cccccc", status="check"),
        run("20260201-000000-000000-bbbbbb"),
    )
    assert names(history, Wanted()) == ["20260301", "20260201", "20260101"]
    assert names(history, Wanted(), 1) == ["20260301"]
    assert names(history, Wanted(agent="sql")) == ["20260101"]
    assert names(history, Wanted(target=LOCAL, status="ok")) == ["20260201"]
    assert names(history, Wanted(status="check")) == ["20260301"]
    assert names(history, Wanted(since=datetime(2026, 2, 1, tzinfo=UTC))) == ["20260301", "20260201"]
    assert names(history, Wanted(agent="nobody")) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("hello", True),
        ("HELLO wanted", True),
        ("hello missing", False),
        ("want*", True),
        ("want", False),
        ('"hello', True),
        ("hello.py", True),
        ("NOT hello", False),
        ("a OR b", False),
        ("task:hello", False),
        ("*", False),
        ("()", False),
        ("uber", True),
    ],
)
def test_words_are_looked_for_as_they_stand(
    ledger: Ledger, history: History, words: str, *, found: bool
) -> None:
    ledger.remember(run(text="Hello.py, über-quick, as you wanted"))
    assert bool(history.lines(Wanted(words=words), 10)) is found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("\u5929\u6c17", True),  # a part of the sentence
        ("\u5929\u6c17*", True),
        ("\u6771\u4eac \u5929\u6c17 PY", True),
        ("api\u3092", True),
        ("\u5929\u6c17 missing", False),
        ("\u5927\u962a", False),
        ("\u6771%\u6c17", False),
        ("\u6771_\u306e", False),
        ("100%\u306e", True),
    ],
)
def test_parts_of_a_sentence_without_spaces_are_found(
    ledger: Ledger, history: History, words: str, *, found: bool
) -> None:
    ledger.remember(run(text="weather.py: \u6771\u4eac\u306e\u5929\u6c17API\u3092100%\u306e\u7cbe\u5ea6"))
    assert bool(history.lines(Wanted(words=words), 10)) is found
    assert not history.lines(Wanted(words=words, agent="nobody"), 10)


def test_words_and_other_wishes_go_together(ledger: Ledger, history: History) -> None:
    remember(
        ledger, run("20260101-a"), run("20260102-b", agent="sql"), run("20260103-c", task="Other", text="")
    )
    assert names(history, Wanted(words="hello")) == ["20260102", "20260101"]
    assert names(history, Wanted(words="hello", agent="sql")) == ["20260102"]
    assert names(history, Wanted(words="hello", since=datetime(2026, 1, 2, tzinfo=UTC))) == ["20260102"]


def test_a_run_kept_without_words_cannot_be_found_by_them(ledger: Ledger, history: History) -> None:
    ledger.remember(run(task=None, text="secret"))
    assert history.lines(Wanted(words="secret"), 10) == []
    assert (history.run().task, history.run().result.text) == (None, "")


def test_a_run_is_named_by_the_start_of_its_id(ledger: Ledger, history: History) -> None:
    remember(ledger, run("20260101-aaa"), run("20260101-aab"), run("20260102-b"))
    assert history.run("20260102").result.run_id == "20260102-b"
    assert history.run().result.run_id == "20260102-b"
    for start, complaint in (("20260101", "several runs begin"), ("2027", "no run '2027'"), ("%", "no run")):
        with pytest.raises(UsageMistake, match=complaint):
            history.run(start)


def test_many_runs_are_told_one_after_the_other(ledger: Ledger, history: History) -> None:
    remember(ledger, *(run(f"20260101-{number:04}") for number in range(450)))
    told = [each.result.run_id for each in history.runs(Wanted(words="hello"))]
    assert told == [f"20260101-{number:04}" for number in reversed(range(450))]


def test_what_a_person_thought_is_kept(ledger: Ledger, history: History) -> None:
    ledger.remember(run("20260101-a"))
    assert history.judge("2026", Feedback.BAD) == "20260101-a"
    assert history.run().feedback is Feedback.BAD
    history.judge(None, None)
    assert history.run().feedback is None


def test_totals_are_by_day_and_model_and_outlive_the_runs(ledger: Ledger, history: History) -> None:
    remember(ledger, run("20260101-a"), run("20260101-b"), run("20260102-c", agent="sql"))
    while ledger.tidy("20270101", None):
        pass

    assert names(history, Wanted()) == []
    first, second = history.totals()
    assert (first.day, first.agent, first.target, first.calls) == ("2026-01-01", "coder", LOCAL, 2)
    assert (first.usage, first.spent_usd, first.unpriced) == (Usage(200, 60), Decimal(0), 0)
    assert (second.day, second.agent, second.calls) == ("2026-01-02", "sql", 1)
    assert history.totals(since="2026-01-02") == [second]
    assert history.totals(until="2026-01-01") == [first]


def test_old_runs_go_first_and_only_as_many_as_asked_for(ledger: Ledger, history: History) -> None:
    remember(ledger, *(run(f"2026010{day}-x", text="words " * 2000) for day in range(1, 8)))
    assert len(ledger.tidy("20260104", None)) == 3
    assert names(history, Wanted())[-1] == "20260104"
    assert not ledger.tidy("20260104", 10**9)
    assert len(ledger.tidy(None, 10)) == 4
    assert names(history, Wanted()) == []


def test_a_process_looks_how_big_the_file_is_with_its_first_run_and_now_and_then(
    ledger: Ledger, history: History
) -> None:
    kept: list[int] = []
    for number in range(33):
        ledger.remember(run(f"20260101-{number:03}"), None, 1)
        kept.append(len(names(history, Wanted())))
    assert kept == [0, *range(1, 16), 0, *range(1, 16), 0]


def test_the_room_of_what_is_forgotten_goes_back_to_the_disk(tmp_path: Path, ledger: Ledger) -> None:
    remember(ledger, *(run(f"20260101-{number}", text="some words " * 20_000) for number in range(10)))
    ledger.close()
    before = (tmp_path / FILE).stat().st_size
    ledger.tidy("2027", None)
    ledger.close()
    assert (tmp_path / FILE).stat().st_size < before / 4


def test_a_models_pace_is_the_median_of_its_last_answers(ledger: Ledger, history: History) -> None:
    slow = [run(f"20260101-{number:03}", duration_ms=60_000) for number in range(60)]
    fast = [run(f"20260102-{number:03}", duration_ms=1000 + number) for number in range(60)]
    failed = run("20260103-f", status="check", duration_ms=9)
    remember(ledger, *slow, *fast, failed, run("20260104-s", target=SONNET, duration_ms=2000))

    paces = history.paces()

    assert set(paces) == {LOCAL, SONNET}
    assert paces[LOCAL].calls == 50
    assert 1.0 < paces[LOCAL].seconds < 1.1
    assert paces[SONNET] == Pace(1, 2.0, 15.0)


def test_nothing_is_remembered_before_the_first_run(history: History) -> None:
    assert not history.lines(Wanted(), 10)
    assert not list(history.runs(Wanted(words="x")))
    assert not history.totals()
    assert not history.paces()
    with pytest.raises(UsageMistake, match="nothing is remembered yet"):
        history.run()


def test_a_model_is_found_by_the_name_it_was_asked_for_by(ledger: Ledger, history: History) -> None:
    ledger.remember(FULL)
    assert names(history, Wanted(target=Target("anthropic", "claude-sonnet"))) == ["20260331"]
