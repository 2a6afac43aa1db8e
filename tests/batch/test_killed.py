"""A batch at a provider that bills: however often it is killed, nothing is lost, and the books agree.

The provider here keeps its own count. `BATCH_KILLS=20` kills as often; the usual run does so three times.
"""

import json
import os
import random
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Generator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.program import Flow
from tests.providers.loopback import LAST_CHUNK, Asked, Loopback, Peer, chunked, head

KILLS = int(os.environ.get("BATCH_KILLS", "3"))
PRICE = Decimal(40) * 1 / 10**6 + Decimal(8) * 5 / 10**6
"""What claude-haiku-4-5 takes for 40 tokens in and 8 out, in US dollars."""


def event(kind: str, **content: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **content})}\n\n".encode()


def answer(peer: Peer, asked: Asked) -> None:
    """Say the task back, after a moment."""
    said = asked.json["messages"][-1]["content"]
    text = said if isinstance(said, str) else said[-1]["text"]
    peer.wait(0.05)
    peer.send(head(transfer_encoding="chunked"))
    peer.send(
        *chunked(
            (
                event("message_start", message={"model": "claude-haiku-4-5", "usage": {"input_tokens": 40}}),
                event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
                event("content_block_delta", index=0, delta={"type": "text_delta", "text": text}),
                event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 8}),
                event("message_stop"),
            )
        ),
        LAST_CHUNK,
    )


@pytest.fixture
def provider(flow: Flow) -> Generator[Loopback]:
    """Stand in for Anthropic."""
    with Loopback([answer]) as loopback:
        flow.env.update(ANTHROPIC_BASE_URL=loopback.url, ANTHROPIC_API_KEY="sk-a-key-nobody-may-see")
        yield loopback


def write(flow: Flow, count: int) -> list[str]:
    """Write tasks, and return the command that does them."""
    lines = (json.dumps({"id": f"t{n}", "task": f"Say {n}"}) + "\n" for n in range(count))
    (flow.cwd / "tasks.jsonl").write_text("".join(lines))
    model = ["--model", "anthropic/claude-haiku-4-5", "--agent", "reviewer", "--max-tokens", "300"]
    return ["batch", "tasks.jsonl", "--results", "r.jsonl", "--jobs", "8", *model]


def results(flow: Flow) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (flow.cwd / "r.jsonl").read_text().splitlines()]


def calls(flow: Flow) -> list[tuple[str, Decimal]]:
    """Return the state and the cost of every call in the ledger."""
    with sqlite3.connect(Path(flow.env["HOME"]) / ".local/share/agentic-flow/ledger.sqlite3") as db:
        rows = db.execute("SELECT state, coalesce(spent, 0) FROM calls").fetchall()
    return [(state, Decimal(spent) / 10**12) for state, spent in rows]


def test_killed_and_gone_on_with_every_task_is_there_once_and_the_ledger_knows_every_bill(
    flow: Flow, provider: Loopback
) -> None:
    command = [*write(flow, 200), "--max-cost", "1.00"]
    chance = random.Random(6)  # noqa: S311  (moments, not secrets)
    for kill in range(KILLS):
        with flow.start(*command, *(["--resume"] if kill else []), stderr=subprocess.DEVNULL) as process:
            time.sleep(chance.uniform(0.3, 2.0))
            process.kill()
    done = flow(*command, "--resume")

    assert done.returncode == 0, done.stderr
    assert Counter(result["id"] for result in results(flow)) == {f"t{n}": 1 for n in range(200)}
    assert all(result["text"] == f"Say {result['id'][1:]}" for result in results(flow))
    billed = len(provider.asked)
    entries = calls(flow)
    states = Counter(state for state, _ in entries)
    # What was on its way when the process died may have been billed, and counts as the most it can cost.
    assert states["settled"] <= billed <= states["settled"] + states["orphaned"]
    assert set(states) <= {"settled", "orphaned", "released"}
    assert {cost for state, cost in entries if state == "settled"} == {PRICE}
    assert billed * PRICE <= sum((cost for _, cost in entries), Decimal(0)) <= Decimal("1.00")


def test_the_cost_of_the_whole_batch_is_held_over_its_going_on(flow: Flow, provider: Loopback) -> None:
    most = PRICE * 40
    command = [*write(flow, 60), "--max-cost", str(most)]
    first = flow(*command)
    assert first.returncode == 6, first.stderr
    again = flow(*command, "--resume")
    assert again.returncode == 6

    assert len(provider.asked) * PRICE <= most
    assert len(provider.asked) == Counter(result["status"] for result in results(flow))["ok"]
    assert "the batch's --max-cost" in again.stderr
    assert flow(*write(flow, 60), "--resume", "--max-cost", "1").returncode == 0
    assert len(provider.asked) == 60


def test_no_key_reaches_a_result_or_a_word_on_stderr(flow: Flow, provider: Loopback) -> None:
    done = flow(*write(flow, 3))
    assert done.returncode == 0
    assert "nobody-may-see" not in done.stdout + done.stderr + (flow.cwd / "r.jsonl").read_text()
    assert all(asked.headers["x-api-key"].endswith("nobody-may-see") for asked in provider.asked)
