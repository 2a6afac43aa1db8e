"""`costs compare`: what a month would cost each way, at prices that are said."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.core.values import Target
from agentic_flow.ledger import Ledger
from tests.ledger.conftest import run
from tests.program import Flow

OPUS, SONNET = "anthropic/claude-opus-5-5", "anthropic/claude-sonnet-5-5"
LLAMA, GEMINI = "openrouter/meta-llama/llama-3.1-8b-instruct", "openrouter/google/gemini-3.8-flash"
PRICES = {
    OPUS: {"input": 4, "output": 20},
    SONNET: {"input": 2, "output": 10},
    LLAMA: {"input": 0.05, "output": 0.08},
    GEMINI: {"input": 0.75, "output": 3.75},
}


def told(flow: Flow, *arguments: str, **settings: object) -> dict[str, Any]:
    """Compare with prices of this test, and return what was said."""
    (flow.cwd / "mine.json").write_text(json.dumps({"prices": PRICES, **settings}))
    done = flow("costs", "compare", "--json", "--config", "mine.json", *arguments)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def cost(said: dict[str, Any], name: str) -> float:
    """Return what a strategy costs."""
    (found,) = (each for each in said["strategies"] if each["name"] == name)
    return float(found["cost_usd"])


def test_a_month_of_chat_as_computed_by_hand(flow: Flow) -> None:
    """A million tokens of tasks that read 400 and write 57, 113 or 252, half, 35 and 15 of a hundred."""
    written = 0.5 * 57 + 0.35 * 113 + 0.15 * 252
    calls = 1_000_000 / (400 + written)
    opus = calls * (400 * 4 + written * 20) / 1e6
    sonnet = calls * (400 * 2 + written * 10) / 1e6
    llama = calls * (400 * 0.05 + written * 0.08) / 1e6
    gemini = calls * (400 * 0.75 + written * 3.75) / 1e6

    said = told(flow, "--mix", "chat=1")

    assert calls == pytest.approx(1976.87, abs=0.01)
    assert said["calls"] == pytest.approx(calls)
    assert said["input_tokens"] + said["output_tokens"] == pytest.approx(1_000_000)
    assert said["strategies"][0]["shares"] == {OPUS: 1.0}
    assert cost(said, "all strongest") == pytest.approx(opus) == pytest.approx(7.348, abs=0.001)
    assert cost(said, "smart routing") == pytest.approx(0.3 * llama + 0.2 * sonnet)
    assert cost(said, "budget") == pytest.approx(0.2 * llama)
    assert cost(said, "hybrid") == pytest.approx(0.4 * gemini + 0.2 * sonnet)
    assert said["strategies"][1]["saves"] == pytest.approx(1 - (0.3 * llama + 0.2 * sonnet) / opus)


def test_the_guide_s_month_is_told_with_todays_prices_and_their_date(flow: Flow) -> None:
    done = flow("costs", "compare", "--preset", "guide")

    assert done.returncode == 0
    assert done.stdout.startswith("a month of 1,000,000 tokens")
    names = ("all strongest", "smart routing", "budget", "hybrid", "as configured")
    for name in names:
        assert f"\n{name}  " in done.stdout
    assert "(the shipped table, 20" in done.stdout
    assert "a million tokens" in done.stdout


def test_what_is_configured_is_decided_by_the_router_itself(flow: Flow) -> None:
    rules = [{"condition": "default", "provider": "openrouter", "model": "fast"}]
    said = told(flow, "--mix", "chat=1", routing={"rules": rules})
    assert said["strategies"][-1]["shares"] == {LLAMA: 1.0}
    assert cost(said, "as configured") == pytest.approx(5 * cost(said, "budget"))


def test_the_past_is_compared_and_another_configuration_answers_what_if(flow: Flow) -> None:
    ledger, now = Ledger(Path(flow.env["HOME"]) / ".local/share/agentic-flow"), datetime.now(UTC)
    for number in range(3):
        name = f"{now - timedelta(days=number):%Y%m%d}-000000-000000-{number:06x}"
        ledger.remember(run(name, target=Target("anthropic", "claude-opus-5-5"), cost=Decimal("0.001")))
    ledger.close()

    rules = [{"condition": "default", "provider": "anthropic", "model": "balanced"}]
    said = told(flow, "--from-history", "30d", routing={"rules": rules})

    assert said["calls"] == pytest.approx(3)
    assert said["paid_usd"] == pytest.approx(0.003)
    assert cost(said, "all strongest") == pytest.approx(3 * (100 * 4 + 30 * 20) / 1e6)
    assert cost(said, "as configured") == pytest.approx(3 * (100 * 2 + 30 * 10) / 1e6)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--mix", "codng=1"), "--mix: found 'codng=1'"),
        (("--mix", "coding=0"), "--mix: found 'coding=0'"),
        (("--preset", "guide", "--tokens", "5"), "leave --tokens out"),
        (("--from-history", "30d", "--tokens", "5"), "leave the others out"),
        (("--from-history", "30d"), "no finished run is remembered"),
    ],
)
def test_what_cannot_be_compared_is_said(flow: Flow, arguments: tuple[str, ...], words: str) -> None:
    done = flow("costs", "compare", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
