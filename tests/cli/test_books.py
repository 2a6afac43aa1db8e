"""History, reports and books say the same of a run, however it ends."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.program import Flow
from tests.providers.loopback import Asked, Loopback, Peer, head

MODEL = "openrouter/maker/model"
ASK = ["-a", "reviewer", "-m", MODEL, "-t", "Look at this", "--no-stdin"]


def begins_and_waits(peer: Peer, _: Asked) -> None:
    """Say a few words, and then nothing until the other end has hung up."""
    said = {"model": "maker/model", "choices": [{"delta": {"content": "words " * 20}, "finish_reason": None}]}
    peer.send(head(), f"data: {json.dumps(said)}\n\n".encode())
    while not (peer.closing or peer.hears_end(0.1)):
        peer.send(f"data: {json.dumps(said)}\n\n".encode())


@pytest.fixture
def provider(flow: Flow) -> Iterator[Loopback]:
    """Return a provider whose answers never end; its price is known."""
    folder = Path(flow.env["HOME"]) / ".config" / "agentic-flow"
    folder.mkdir(parents=True)
    prices = {"prices": {MODEL: {"input": 1, "output": 10}}}
    (folder / "router.config.json").write_text(json.dumps(prices))
    with Loopback([begins_and_waits]) as peer:
        flow.env.update(OPENROUTER_API_KEY="sk-or-0123456789", OPENROUTER_BASE_URL=peer.url)
        yield peer


def test_what_calls_under_way_only_hold_is_said_to_come_free(flow: Flow, provider: Loopback) -> None:
    (config,) = Path(flow.env["HOME"]).rglob("router.config.json")
    budget = {"enabled": True, "budgetLimits": {"project": {"daily": 0.042}}}
    config.write_text(json.dumps({**json.loads(config.read_text()), "costOptimization": budget}))
    with flow.start(*ASK, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as first:
        assert first.stdout is not None
        first.stdout.read(5)
        second = flow(*ASK)
        first.stdout.close()
        first.wait(timeout=60)

    assert (second.returncode, len(provider.asked)) == (6, 1)
    assert "set aside for calls under way" in second.stderr
    assert "as those calls end: run it again then, or raise" in second.stderr


def test_what_a_killed_run_can_have_cost_is_in_the_report_at_once(flow: Flow, provider: Loopback) -> None:
    with flow.start(*ASK, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.read(5)
        run.kill()

    total = json.loads(flow("costs", "report", "--json").stdout)["total"]

    assert len(provider.asked) == 1
    assert (total["calls"], total["assumed_usd"] > 0) == (1, True)


def remembered(flow: Flow) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(flow("history", "show", "--json").stdout)
    return told


LEAVES_A_STREAM = f"""
from agentic_flow import ModelRouter
with ModelRouter.from_config() as router:
    with router.stream(model="{MODEL}", messages=[{{"role": "user", "content": "Hello"}}]) as stream:
        next(stream)
"""


@pytest.mark.parametrize("reader", ["text", "stream-json", "library"])
def test_who_leaves_in_the_middle_of_an_answer_is_told_no_cost_of_0(
    flow: Flow, provider: Loopback, reader: str
) -> None:
    if reader == "library":
        command = [sys.executable, "-c", LEAVES_A_STREAM]
        subprocess.run(command, cwd=flow.cwd, env=flow.env, check=True, timeout=60)
    else:
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        with flow.start(*ASK, "--output-format", reader, **options) as run:
            assert run.stdout is not None
            _ = run.stdout.read(5) if reader == "text" else [run.stdout.readline() for _ in range(4)]
            run.stdout.close()
            assert run.wait(timeout=60) == 0

    assert len(provider.asked) == 1
    told = remembered(flow)
    assert (told["status"], told["cost_usd"]) == ("interrupted", None)
    (attempt,) = told["attempts"]
    assert (attempt["model"], attempt["outcome"], attempt["cost_usd"]) == ("maker/model", "interrupted", None)
    assert "unknown" in flow("history", "list").stdout
    total = json.loads(flow("costs", "report", "--json").stdout)["total"]
    assert (total["calls"], total["assumed_usd"]) == (1, total["cost_usd"])
    assert " of that is assumed: what calls that broke off" in flow("costs", "report").stdout
