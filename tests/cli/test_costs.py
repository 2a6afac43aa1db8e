"""`costs report` on a ledger: for eyes, for scripts, for a spreadsheet, for a browser."""

import csv
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.cli.pages import write_page
from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.values import Saved, Target, Usage
from agentic_flow.ledger import FILE, Ledger
from tests.browser import browse
from tests.ledger.conftest import run
from tests.program import Flow
from tests.room import room

OPUS, LOCAL = Target("anthropic", "claude-opus-5-5"), Target("onnx", "qwen")
EVIL = "<script>document.title='caught'</script>"


def place(flow: Flow) -> Path:
    """Return the folder of the ledger."""
    return Path(flow.env["HOME"]) / ".local/share/agentic-flow"


@pytest.fixture
def spent(flow: Flow) -> Flow:
    """Return the program with a ledger of three runs: one paid, one local, one from the cache."""
    ledger, now = Ledger(place(flow)), datetime.now(UTC)
    runs = (
        (0, "coder", OPUS, Decimal("0.25"), None),
        (1, EVIL, LOCAL, Decimal(0), None),
        (2, "coder", OPUS, Decimal(0), Saved("the cache", Usage(100, 30), Decimal("0.125"), 900)),
    )
    for days, agent, target, cost, saved in runs:
        name = f"{now - timedelta(days=days):%Y%m%d}-000000-000000-{days:06x}"
        remembered = run(name, agent=agent, target=target, cost=cost)
        if saved is not None:
            attempt = replace(remembered.result.attempts[0], saved=saved, usage=Usage())
            result = replace(remembered.result, attempts=(attempt,), cached=True, saved=saved)
            remembered = replace(remembered, result=result)
        ledger.remember(remembered)
    ledger.close()
    return flow


def test_the_sums_are_shown_plain_in_a_pipe(spent: Flow) -> None:
    done = spent("costs", "report")

    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].endswith("(UTC): $0.25, 2 calls, 200 tokens in, 60 out")
    assert "spared $0.125" in lines[1]
    assert re.search(r"^anthropic/claude-opus-5-5 +1 +100 +30 +\$0\.25$", done.stdout, re.MULTILINE)
    assert "█" not in done.stdout
    assert "\x1b" not in done.stdout


def test_scripts_and_spreadsheets_get_numbers(spent: Flow) -> None:
    told = json.loads(spent("costs", "report", "--json").stdout)
    assert (told["total"]["cost_usd"], told["total"]["saved_usd"], told["total"]["calls"]) == (0.25, 0.125, 2)
    assert [each["name"] for each in told["by"]["provider"]] == ["anthropic", "onnx"]
    assert told["budgets"] == []

    rows = list(csv.DictReader(spent("costs", "report", "--csv").stdout.splitlines()))
    assert {row["model"] for row in rows} == {OPUS.model, LOCAL.model}
    assert sum(Decimal(row["cost_usd"]) for row in rows) == Decimal("0.25")


def test_since_leaves_out_what_was_before_and_budgets_are_told(spent: Flow) -> None:
    (spent.cwd / "router.config.json").write_text(
        '{"costOptimization": {"enabled": true, "budgetLimits": {"daily": 5, "monthly": 100}}}'
    )
    told = json.loads(spent("costs", "report", "--since", "0d", "--json", "--by", "agent").stdout)
    assert list(told["by"]) == ["agent"]
    assert told["total"]["calls"] == 1
    assert [(each["name"], each["amount_usd"]) for each in told["budgets"]] == [
        ("the daily budget", 5.0),
        ("the monthly budget", 100.0),
    ]


def test_a_day_that_is_still_to_come_is_said_to_be_so(spent: Flow) -> None:
    done = spent("costs", "report", "--since", "2999")

    assert done.returncode == 0
    assert done.stdout.startswith("nothing was used: 2999-01-01 is still to come (today is ")
    assert spent("costs", "report", "--since", "2999-01", "--html", "report.html").returncode == 0
    page = (spent.cwd / "report.html").read_text()
    assert "From 2999-01-01, UTC." in page
    assert "Nothing was used in this time." in page


def test_the_chart_begins_with_the_first_day_on_which_anything_was_used(spent: Flow) -> None:
    assert spent("costs", "report", "--since", "2020-01-01", "--html", "report.html").returncode == 0

    page = (spent.cwd / "report.html").read_text()

    assert "2020-01-01 to " in page
    chart = page.partition('id="days"')[2].partition("</section>")[0]
    assert 3 <= chart.count("<rect") <= 4  # a column a day; the fourth where midnight passed since


def test_the_page_holds_in_a_real_browser(spent: Flow, tmp_path: Path) -> None:
    page = spent.cwd / "report.html"
    assert spent("costs", "report", "--html", "report.html").returncode == 0

    picture = tmp_path / "report.png"
    dom = browse(page, tmp_path / "profile", f"--screenshot={picture}", "--window-size=390,3000")

    assert "<title>What agentic-flow used and spent</title>" in dom
    assert "&lt;script&gt;document.title" in dom
    for heading in ("Spend over time", "Share by provider", "Cost against latency", "What the cache spared"):
        assert f">{heading}</h2>" in dom
    assert dom.count("<svg") == dom.count('role="img"') >= 4
    assert dom.count("<details>") >= 4
    assert not re.search(r"(?:src|href)=\"(?!#)", dom)
    assert not re.search(r"NaN|Infinity|undefined", dom)


def test_an_empty_ledger_is_nothing_to_fear(flow: Flow) -> None:
    done = flow("costs", "report")
    assert (done.returncode, done.stdout[:21]) == (0, "nothing was used from")
    assert flow("costs", "report", "--html", "report.html").returncode == 0
    assert "Nothing was used in this time." in (flow.cwd / "report.html").read_text()
    assert not place(flow).exists()


def test_the_page_tells_of_what_was_free_of_budgets_and_of_what_nobody_can_price(flow: Flow) -> None:
    def report(*, limit: float | None = None) -> str:
        budget = {"enabled": limit is not None, "budgetLimits": {} if limit is None else {"daily": limit}}
        config = json.dumps({"costOptimization": budget})
        (flow.cwd / "router.config.json").write_text(config, encoding="utf-8")
        assert flow("costs", "report", "--html", "report.html").returncode == 0
        return (flow.cwd / "report.html").read_text()

    def remember(number: int, target: Target, cost: Decimal | None) -> None:
        ledger = Ledger(place(flow))
        ledger.remember(
            run(f"{datetime.now(UTC):%Y%m%d}-000000-000000-{number:06x}", target=target, cost=cost)
        )
        ledger.close()

    remember(1, LOCAL, Decimal(0))
    free = report()
    remember(2, Target("openrouter", "some/model"), None)
    unknown = report(limit=0)
    remember(3, OPUS, Decimal("0.5"))
    paid = report(limit=1)

    assert "Nothing was spent: all calls were free. The chart shows tokens." in free
    assert "No answer came from the cache." in free
    assert "nobody knows the cost" not in free
    assert "Of one call nobody knows the cost; it is not in these sums." in unknown
    assert re.search(r'<meter [^>]*value="100\.00"', unknown), "nothing may be spent, and nothing is left"
    assert re.search(r'<meter [^>]*value="(0|50)\.00"', paid)
    assert "the daily budget has $" in paid


@pytest.mark.parametrize(
    ("state", "words"), [("damaged", "is damaged"), ("newer", "written by a newer agentic-flow")]
)
def test_a_ledger_that_cannot_be_read_is_said_and_left_as_it_is(spent: Flow, state: str, words: str) -> None:
    path = place(spent) / FILE
    if state == "damaged":
        path.write_bytes(b"no database" * 1000)
    else:
        with closing(sqlite3.connect(path)) as database:
            database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()

    done = spent("costs", "report")

    assert done.returncode == 3
    assert words in done.stderr.splitlines()[-1]
    assert done.stdout == ""
    assert path.read_bytes() == before


def test_two_forms_at_once_and_a_page_that_cannot_be_written(flow: Flow) -> None:
    assert flow("costs", "report", "--json", "--csv").returncode == 2
    done = flow("costs", "report", "--html", "nowhere/report.html")
    assert done.returncode == 8
    assert "--html nowhere/report.html: cannot be written" in done.stderr


def test_a_page_of_before_stays_where_a_new_one_cannot_be_written(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("of yesterday")

    with room(50), pytest.raises(OutputProblem, match="cannot be written"):
        write_page(page, "of today " * 100)

    assert page.read_text() == "of yesterday"


def test_a_page_goes_where_a_link_leads_and_to_a_device(flow: Flow) -> None:
    page, link = flow.cwd / "page.html", flow.cwd / "link.html"
    link.symlink_to(page)

    assert flow("costs", "report", "--html", "link.html").returncode == 0  # where nothing is yet
    assert flow("costs", "report", "--html", "link.html").returncode == 0
    assert link.is_symlink()
    assert page.read_text().startswith("<!doctype html>")
    assert flow("costs", "report", "--html", "/dev/stdout").stdout.startswith("<!doctype html>")


def test_a_page_replaces_no_file_of_somebody_elses_unless_told_to(flow: Flow) -> None:
    thesis = flow.cwd / "thesis.html"
    thesis.write_text("<p>years of work</p>")

    done = flow("costs", "report", "--html", "thesis.html")
    assert done.returncode == 2
    assert "--overwrite" in done.stderr
    assert thesis.read_text() == "<p>years of work</p>"

    assert flow("costs", "report", "--html", "thesis.html", "--overwrite").returncode == 0
    assert flow("costs", "report", "--html", "thesis.html").returncode == 0  # its own page


def test_a_page_goes_to_stdout_where_a_dash_says_so(flow: Flow) -> None:
    done = flow("costs", "report", "--html", "-")
    assert done.stdout.startswith("<!doctype html>")
    assert not (flow.cwd / "-").exists()
