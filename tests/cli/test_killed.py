"""A run that is killed outright says nothing of its end; what its call left behind tells of it."""

import json
import subprocess
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agentic_flow.cli.schemas import run_schema
from tests.program import Flow
from tests.providers.loopback import Asked, Loopback, Peer, head

MODEL = "anthropic/claude-sonnet-5-5"
ASK = ("-a", "coder", "-m", MODEL, "-t", "Create a.py", "--no-stdin")


def silent(peer: Peer, _asked: Asked) -> None:
    peer.send(head())
    peer.wait(60)


@pytest.fixture
def under_way(flow: Flow) -> Iterator[subprocess.Popen[bytes]]:
    """Return a run that waits for its model's first word."""
    with Loopback([silent]) as peer:
        flow.env.update(ANTHROPIC_API_KEY="sk-ant-0123456789", ANTHROPIC_BASE_URL=peer.url)
        process = flow.start(*ASK, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(6000):
            if peer.asked:
                break
            time.sleep(0.01)
        yield process
        process.kill()
        process.wait()


def history(flow: Flow, *more: str) -> Any:
    return json.loads(flow("history", *more).stdout)


def test_a_run_that_was_killed_in_a_call_is_in_the_history(
    flow: Flow, under_way: subprocess.Popen[bytes]
) -> None:
    assert history(flow, "list", "--json") == []  # it lives

    under_way.kill()
    under_way.wait()
    (line,) = history(flow, "list", "--json")
    assert (line["status"], line["agent"], line["cost_usd"]) == ("killed", "coder", None)
    assert f"{line['provider']}/{line['model']}" == MODEL
    assert history(flow, "list", "--json", "--status", "killed", "--agent", "coder") == [line]

    table = flow("history", "list").stdout
    assert [*table.splitlines()[1].split()][1:] == ["killed", "coder", MODEL, "unknown", "-", "-"]
    told = flow("history", "show", line["run_id"]).stdout
    assert "status: killed (137)\nerror: its process ended without a word" in told
    assert "used: nobody knows, cost unknown" in told

    whole = history(flow, "show", "--json")
    Draft202012Validator(run_schema()).validate(whole)
    assert whole["exit_code"] == 137
    spent = json.loads(flow("costs", "report", "--json").stdout, parse_float=Decimal)
    assert spent["total"]["assumed_usd"] > 0


def test_what_was_killed_is_found_by_the_next_run_too(flow: Flow, under_way: subprocess.Popen[bytes]) -> None:
    under_way.kill()
    under_way.wait()
    model = flow.script("model", {"text": "fine"}, {"finish": "end", "input_tokens": 1, "output_tokens": 1})
    assert flow("-a", "reviewer", "-m", model, "-t", "x", "--no-stdin").returncode == 0
    assert [line["status"] for line in history(flow, "list", "--json")] == ["ok", "killed"]
