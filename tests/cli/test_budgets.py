"""What a run may cost is held to before the call: shortened, handed to a cheaper model, or exit 6."""

import json
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.program import Flow
from tests.providers.loopback import Answer, Loopback, head, says

MODEL = "openrouter/maker/model"
PRICES = {MODEL: {"input": 1, "output": 10}}
"""US dollars a million tokens: 1,000 tokens of an answer are a cent."""
ASK = ["-a", "reviewer", "-m", MODEL, "-t", "Look at this", "--no-stdin", "--quiet"]


def answering(cost: float | None = 0.004, text: str = "fine") -> Answer:
    usage: dict[str, object] = {"prompt_tokens": 100, "completion_tokens": 30}
    if cost is not None:
        usage["cost"] = cost
    events = (
        {"model": "maker/model", "choices": [{"delta": {"content": text}, "finish_reason": None}]},
        {"model": "maker/model", "choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage},
    )
    return says(head(), *(f"data: {json.dumps(event)}\n\n".encode() for event in events), b"data: [DONE]\n\n")


@pytest.fixture
def provider(flow: Flow) -> Iterator[Loopback]:
    with Loopback([answering()]) as peer:
        flow.env.update(OPENROUTER_API_KEY="sk-or-0123456789", OPENROUTER_BASE_URL=peer.url)
        yield peer


def configure(flow: Flow, budget: dict[str, object] | None = None, **more: object) -> None:
    """Write the person's own configuration."""
    folder = Path(flow.env["HOME"]) / ".config" / "agentic-flow"
    folder.mkdir(parents=True, exist_ok=True)
    said = {"prices": PRICES, "costOptimization": {"enabled": True, **(budget or {})}, **more}
    (folder / "router.config.json").write_text(json.dumps(said))


def spent(flow: Flow) -> list[tuple[str, str, int, int]]:
    """Return scope, period, spent and held of every sum, in microdollars."""
    (file,) = Path(flow.env["HOME"]).rglob("ledger.sqlite3")
    with sqlite3.connect(file) as db:
        rows = db.execute("SELECT scope, period, spent / 1000000, held / 1000000 FROM sums").fetchall()
    db.close()
    return rows


def test_a_call_is_reserved_and_settled_at_what_the_provider_says_it_charged(
    flow: Flow, provider: Loopback
) -> None:
    done = flow(*ASK, "--output-format", "json")
    assert json.loads(done.stdout)["cost_usd"] == 0.004
    assert len(provider.asked) == 1
    project = str(flow.cwd)
    assert {(scope, amount, held) for scope, _, amount, held in spent(flow)} == {
        ("", 4000, 0),
        (project, 4000, 0),
    }


@pytest.mark.parametrize(
    ("budget", "flags", "named"),
    [
        ({"budgetLimits": {"daily": 0.001}}, [], "the daily budget has $0.001 left"),
        ({"budgetLimits": {"monthly": 0.001}}, [], "the monthly budget has"),
        ({"budgetLimits": {"project": {"daily": 0.001}}}, [], "this project's daily budget has"),
        ({"budgetLimits": {"project": {"monthly": 0.001}}}, [], "this project's monthly budget has"),
        ({"maxCostPerRequest": 0.001}, [], "raise costOptimization.maxCostPerRequest"),
        ({}, ["--max-cost", "0.001"], "raise --max-cost"),
    ],
    ids=["daily", "monthly", "project daily", "project monthly", "per request", "--max-cost"],
)
def test_over_budget_ends_before_the_call_with_exit_6_and_names_the_limit(
    flow: Flow, provider: Loopback, budget: dict[str, object], flags: list[str], named: str
) -> None:
    configure(flow, budget)
    done = flow(*ASK, *flags)

    assert done.returncode == 6
    assert named in done.stderr
    assert "$0.00 spent" in done.stderr
    assert provider.asked == []


def test_a_prompt_that_cannot_fit_the_model_is_not_sent(flow: Flow, provider: Loopback) -> None:
    """Where its window is known; the count is an estimate, so only what is beyond doubt is refused."""
    words = "def function(argument): return argument + 1\n"
    known = ["-a", "reviewer", "-m", "openrouter/deepseek/deepseek-v4.1-flash", "-t", "Look at this"]
    unknown = ["-a", "reviewer", "-m", MODEL, "-t", "Look at this"]
    configure(flow)

    done = flow(*known, stdin=words * 40_000)

    assert done.returncode == 7
    assert "and the context window of openrouter/deepseek/deepseek-v4.1-flash holds 131,072" in done.stderr
    assert (provider.asked, spent(flow)) == ([], [])
    assert flow(*known, stdin=words * 8_000).returncode == 0
    assert flow(*unknown, stdin=words * 40_000).returncode == 0


def test_a_damaged_ledger_that_was_set_aside_lets_no_budget_begin_anew_unsaid(
    flow: Flow, provider: Loopback
) -> None:
    assert flow(*ASK).returncode == 0
    (file,) = Path(flow.env["HOME"]).rglob("ledger.sqlite3")
    file.write_bytes(b"nothing that a database would hold " * 400)
    assert flow(*ASK).returncode == 0  # no limit holds, so a new one is begun
    configure(flow, {"budgetLimits": {"monthly": 1}})

    done = flow(*ASK)

    (kept,) = file.parent.glob("ledger-damaged-*.sqlite3")
    assert (done.returncode, len(provider.asked)) == (3, 2)
    assert f"is kept as {kept}, and what it had counted is not in the new one" in done.stderr
    assert "The monthly budget holds" in done.stderr
    assert f"warning: the ledger was damaged, is kept as {kept}" in flow("costs", "report").stderr
    configure(flow)
    assert flow(*ASK, "--max-cost", "1").returncode == 0  # a run's own limit asks for no past
    configure(flow, {"budgetLimits": {"monthly": 1}})
    kept.rename(flow.cwd / "settled")
    assert (flow(*ASK).returncode, flow("costs", "report").stderr) == (0, "")


def test_what_was_spent_counts_for_the_next_run(flow: Flow, provider: Loopback) -> None:
    configure(flow, {"budgetLimits": {"daily": 0.01}})
    asked = [*ASK, "--max-tokens", "500"]
    *_, last = runs = [flow(*asked) for _ in range(3)]
    assert [run.returncode for run in runs] == [0, 0, 6]
    assert len(provider.asked) == 2
    assert "$0.008 spent" in last.stderr
    assert "counts anew from" in last.stderr


def test_an_answer_is_shortened_to_what_is_left_and_the_run_says_so(flow: Flow, provider: Loopback) -> None:
    configure(flow, {"budgetLimits": {"daily": 0.02}})
    done = flow(*(word for word in ASK if word != "--quiet"))

    assert done.returncode == 0
    (asked,) = provider.asked
    assert 1000 < asked.json["max_tokens"] < 2000
    assert f"warning: the answer may have {asked.json['max_tokens']:,} tokens" in done.stderr
    assert "the daily budget has $0.02 left" in done.stderr


def test_limits_that_are_not_enabled_hold_nothing_and_a_flag_always_does(
    flow: Flow, provider: Loopback
) -> None:
    configure(flow, {"enabled": False, "budgetLimits": {"daily": 0}, "maxCostPerRequest": 0})
    assert flow(*ASK).returncode == 0
    assert flow(*ASK, "--max-cost", "0").returncode == 6
    assert len(provider.asked) == 1


def test_an_unknown_price_fails_closed_under_a_limit_only(flow: Flow, provider: Loopback) -> None:
    configure(flow, {"budgetLimits": {"daily": 100}}, prices={})
    done = flow(*ASK)
    assert done.returncode == 6
    assert f"the price of {MODEL} is not known, and the daily budget holds" in done.stderr
    assert "under `prices`" in done.stderr
    assert provider.asked == []

    configure(flow, {"enabled": False}, prices={})
    assert flow(*ASK).returncode == 0


def test_each_try_is_a_reservation_and_what_may_have_been_billed_counts_in_full(flow: Flow) -> None:
    broken = says(head(500, content_type="application/json"), b'{"error": {"message": "oops"}}')
    refused = says(head(503, content_type="application/json"), b'{"error": {"message": "busy"}}')
    configure(flow, {"budgetLimits": {"daily": 5}}, fallback={"backoffMs": 1})
    with Loopback([refused, broken, answering(0.001)]) as peer:
        flow.env.update(OPENROUTER_API_KEY="sk-or-0123456789", OPENROUTER_BASE_URL=peer.url)
        assert flow(*ASK, "--max-tokens", "1000").returncode == 0

    (file,) = Path(flow.env["HOME"]).rglob("ledger.sqlite3")
    with sqlite3.connect(file) as db:
        calls = db.execute("SELECT state, spent, reserved FROM calls ORDER BY number").fetchall()
    db.close()
    states = [state for state, _, _ in calls]
    assert states == ["released", "settled", "settled"]
    assert [paid for _, paid, _ in calls] == [0, calls[1][2], 10**9]
    assert calls[1][2] > 10**10  # a cent and the prompt


def test_a_try_that_was_still_waited_for_costs_nothing(flow: Flow) -> None:
    """Ctrl-C between two tries: what was refused is not billed, and the next one was not made."""
    refused = says(head(503, content_type="application/json"), b'{"error": {"message": "busy"}}')
    configure(flow, {"enabled": False}, fallback={"backoffMs": 60_000})
    with Loopback([refused]) as peer:
        flow.env.update(OPENROUTER_API_KEY="sk-or-0123456789", OPENROUTER_BASE_URL=peer.url)
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with flow.start(*ASK[:-1], "--output-format", "json", **pipes) as process:
            assert process.stderr is not None
            assert process.stdout is not None
            assert any(b"trying again in" in line for line in process.stderr)
            process.send_signal(signal.SIGINT)
            result = json.loads(process.stdout.read())

    assert [(each["outcome"], each["cost_usd"]) for each in result["attempts"]] == [
        ("provider", 0),
        ("interrupted", 0),
    ]
    assert (result["exit_code"], result["cost_usd"]) == (130, 0)


def test_a_request_that_never_left_costs_nothing(flow: Flow) -> None:
    configure(flow, {"budgetLimits": {"daily": 5}}, fallback={"retryAttempts": 0})
    with Loopback([answering()]) as peer:
        nobody = peer.url
    flow.env.update(OPENROUTER_API_KEY="sk-or-0123456789", OPENROUTER_BASE_URL=nobody)
    assert flow(*ASK).returncode == 5
    assert {(amount, held) for _, _, amount, held in spent(flow)} == {(0, 0)}


def test_a_damaged_ledger_stops_a_run_under_a_limit_and_is_left_as_it_is(
    flow: Flow, provider: Loopback
) -> None:
    assert flow(*ASK).returncode == 0
    (file,) = Path(flow.env["HOME"]).rglob("ledger.sqlite3")
    file.write_bytes(b"garbage " * 1000)

    configure(flow, {"budgetLimits": {"daily": 5}})
    done = flow(*ASK)
    assert done.returncode == 3
    assert "is damaged" in done.stderr
    assert "nobody knows what has been spent, so nothing was sent" in done.stderr
    assert file.read_bytes() == b"garbage " * 1000
    assert len(provider.asked) == 1

    configure(flow, {"enabled": False})
    done = flow(*(word for word in ASK if word != "--quiet"))
    assert done.returncode == 0
    assert "was damaged and is kept as" in done.stderr


def test_where_nobody_named_a_model_one_that_is_affordable_answers_instead(
    flow: Flow, provider: Loopback
) -> None:
    models = {"anthropic": {"defaultModel": "claude-dear"}, "openrouter": {"defaultModel": "maker/model"}}
    prices = {**PRICES, "anthropic/claude-dear": {"input": 100, "output": 1000}}
    chain = {"chain": ["openrouter"]}
    configure(flow, {"budgetLimits": {"daily": 0.004}}, providers=models, fallback=chain, prices=prices)
    asked = ["-a", "reviewer", "-t", "Look at this", "--no-stdin", "--max-tokens", "300"]

    with Loopback([answering()]) as dear:
        done = flow(*asked, ANTHROPIC_API_KEY="sk-ant-0123456789", ANTHROPIC_BASE_URL=dear.url)

    assert done.returncode == 0, done.stderr
    assert done.stdout == "fine"
    assert "warning: anthropic/claude-dear: the call could cost $0." in done.stderr
    assert "falling back to openrouter/maker/model" in done.stderr
    assert dear.asked == []
    assert len(provider.asked) == 1


def test_a_stronger_model_that_is_too_dear_leaves_the_files_and_says_so(
    flow: Flow, provider: Loopback
) -> None:
    configure(flow)
    weak = flow.script("weak", {"text": "sums.py\n```\nassert 0\n```\n"}, {"finish": "end"})
    asked = ["-a", "coder", "-t", "Create sums.py", "-m", weak, "--no-stdin", "--check", "python3 sums.py"]

    done = flow(*asked, "--escalate-to", MODEL, "--max-cost", "0.001")

    assert done.returncode == 6
    assert f"escalating to {MODEL}" in done.stderr
    last = done.stderr.splitlines()[-1]
    assert "'python3 sums.py' ended with status 1; " in last
    assert "raise --max-cost" in last
    _, left, undo = last.partition("as the last of 2 attempts left them (sums.py), `agentic-flow ")
    assert left, last
    assert provider.asked == []
    assert (flow.cwd / "sums.py").exists()
    assert flow(*undo.partition("`")[0].split()).returncode == 0
    assert not (flow.cwd / "sums.py").exists()


def test_max_cost_holds_over_all_attempts_of_a_run(flow: Flow) -> None:
    """The first attempt costs 0.4 of 0.5 cents; its repair could cost more than is left."""
    configure(flow)
    asked = ["-a", "coder", "-t", "Create sums.py", "-m", MODEL, "--no-stdin", "--check", "python3 sums.py"]
    with Loopback([answering(text="sums.py\n```\nassert 0\n```\n")]) as peer:
        flow.env.update(OPENROUTER_API_KEY="sk-or-0123456789", OPENROUTER_BASE_URL=peer.url)
        done = flow(*asked, "--max-cost", "0.005", "--max-tokens", "300", "--output-format", "json")

    result = json.loads(done.stdout)
    assert (done.returncode, len(peer.asked)) == (6, 1)
    assert [attempt["outcome"] for attempt in result["attempts"]] == ["check", "budget"]
    assert result["cost_usd"] == 0.004
    assert "the run's --max-cost has $0.001 left of $0.005" in done.stderr
    assert "the files are left as they are (sums.py)" in done.stderr, "one answer was had, one refused"
    assert [file["path"] for file in result["files"]] == ["sums.py"]


def routed(flow: Flow, *more: str) -> dict[str, Any]:
    done = flow("route", "--task", "Explain the CAP theorem in depth", "--json", *more)
    assert done.returncode == 0, done.stderr
    decision: dict[str, Any] = json.loads(done.stdout)
    return decision


def test_the_router_turns_to_what_is_affordable_and_says_so(flow: Flow, provider: Loopback) -> None:
    flow.env.update(ANTHROPIC_API_KEY="sk-ant-0123456789")
    configure(flow, {"budgetLimits": {"daily": 0.02}}, routing={"strategy": "quality"})
    rich = routed(flow, "--priority", "quality")
    configure(flow, {"budgetLimits": {"daily": 0.003}}, routing={"strategy": "quality"})
    poor = routed(flow, "--priority", "quality")

    assert (poor["provider"], poor["model"]) != (rich["provider"], rich["model"])
    assert "over the daily budget: $0.003 left, this needs about $" in poor["reason"]
    dear = [each for each in poor["candidates"] if each["cost_usd"] and each["cost_usd"] > 0.003]
    assert dear
    assert all("over the daily budget" in each["obstacle"] for each in dear)
    assert provider.asked == []


def test_where_nothing_is_affordable_the_run_ends_with_exit_6(flow: Flow, provider: Loopback) -> None:
    configure(flow, {"budgetLimits": {"daily": 0}}, providers={"onnx": {"enabled": False}})
    done = flow("-a", "reviewer", "-t", "Look at this", "--auto-route", "--no-stdin")
    assert done.returncode == 6
    assert "no model that can serve is affordable: the daily budget has $0.00 left" in done.stderr
    assert provider.asked == []
