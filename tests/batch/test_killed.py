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
from contextlib import closing
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
    peer.wait(0.05)
    peer.send(*echo(asked))


def echo(asked: Asked) -> list[bytes]:
    """Return the pieces of a reply that says the task back."""
    said = asked.json["messages"][-1]["content"]
    text = said if isinstance(said, str) else said[-1]["text"]
    told = (
        event("message_start", message={"model": "claude-haiku-4-5", "usage": {"input_tokens": 40}}),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": text}),
        event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 8}),
        event("message_stop"),
    )
    return [head(transfer_encoding="chunked"), *chunked(told), LAST_CHUNK]


@pytest.fixture
def provider(flow: Flow) -> Generator[Loopback]:
    """Stand in for Anthropic."""
    with Loopback([answer]) as loopback:
        flow.env.update(ANTHROPIC_BASE_URL=loopback.url, ANTHROPIC_API_KEY="sk-a-key-nobody-may-see")
        yield loopback


def write(flow: Flow, count: int, *, step: int = 0) -> list[str]:
    """Write tasks, each of whose answers may be `step` tokens longer; return the command that does them."""
    more = ({"max_tokens": 300 + step * n} if step else {} for n in range(count))
    lines = (json.dumps({"id": f"t{n}", "task": f"Say {n}", **each}) + "\n" for n, each in enumerate(more))
    (flow.cwd / "tasks.jsonl").write_text("".join(lines))
    model = ["--model", "anthropic/claude-haiku-4-5", "--agent", "reviewer", "--max-tokens", "300"]
    return ["batch", "tasks.jsonl", "--results", "r.jsonl", "--jobs", "8", *model]


def results(flow: Flow) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (flow.cwd / "r.jsonl").read_text().splitlines()]


def calls(flow: Flow) -> list[tuple[str, Decimal]]:
    """Return the state and the cost of every call in the ledger."""
    return [(state, spent) for state, spent, _ in entries(flow)]


def entries(flow: Flow) -> list[tuple[str, Decimal, Decimal]]:
    """Return the state of every call in the ledger, what it counts as, and the most that was set aside."""
    with closing(sqlite3.connect(Path(flow.env["HOME"]) / ".local/share/agentic-flow/ledger.sqlite3")) as db:
        rows = db.execute("SELECT state, coalesce(spent, 0), reserved FROM calls").fetchall()
    return [(state, Decimal(spent) / 10**12, Decimal(reserved) / 10**12) for state, spent, reserved in rows]


def kept(flow: Flow) -> list[str]:
    """Return the tasks that the ledger still keeps a line or an answer of."""
    with closing(sqlite3.connect(Path(flow.env["HOME"]) / ".local/share/agentic-flow/ledger.sqlite3")) as db:
        return [task for (task,) in db.execute("SELECT task FROM lines UNION SELECT task FROM answers")]


def test_killed_and_gone_on_with_every_task_is_there_once_and_the_ledger_knows_every_bill(
    flow: Flow, provider: Loopback
) -> None:
    """Call by call: what is set aside tells whose call it is, for each task may answer at another length."""
    command = [*write(flow, 200, step=10), "--max-cost", "10.00"]
    chance = random.Random(6)  # noqa: S311  (moments, not secrets)
    for kill in range(KILLS):
        more = len(provider.asked) + chance.randint(1, 180 // KILLS)
        with flow.start(*command, *(["--resume"] if kill else []), stderr=subprocess.DEVNULL) as process:
            while len(provider.asked) < more and process.poll() is None:
                time.sleep(0.001)
            time.sleep(chance.uniform(0, 0.06))  # an answer takes 0.05
            process.kill()
    done = flow(*command, "--resume")

    assert done.returncode == 0, done.stderr
    assert Counter(result["id"] for result in results(flow)) == {f"t{n}": 1 for n in range(200)}
    assert all(result["text"] == f"Say {result['id'][1:]}" for result in results(flow))
    billed = Counter((asked.json["max_tokens"] - 300) // 10 for asked in provider.asked)
    settled, orphaned, released = (Counter[int]() for _ in range(3))
    books = {"settled": settled, "orphaned": orphaned, "released": released}
    known = entries(flow)
    least = min(most for _, _, most in known)
    for state, spent, most in known:
        # 50 millionths for each further 10 tokens of the answer; two digits more in the question are a few.
        books[state][round((most - least) * 10**6 / 50)] += 1
        assert spent == {"settled": PRICE, "orphaned": most, "released": 0}[state]
        assert most > PRICE
    # A call whose end was seen is in the books with its very price, and once. One that was on its way when
    # the process died may have been billed: it counts as the most it can cost. Nobody else was billed.
    # And nothing that was paid is asked for again: a result that was still to be written is written, and the
    # answer of a run that had not ended yet is given again.
    assert settled <= billed <= settled + orphaned
    assert settled == Counter(range(200))
    assert all(result["cost_usd"] == float(PRICE) for result in results(flow))
    assert not kept(flow)
    counted = sum((spent for _, spent, _ in known), Decimal(0))
    assert len(provider.asked) * PRICE <= counted <= Decimal("10.00")


def test_two_batches_wait_for_what_the_other_has_set_aside_of_a_daily_budget(
    flow: Flow, provider: Loopback
) -> None:
    """Two calls at a time fit into it, sixteen are wanted, and all that they cost in the end does."""
    budget = {"enabled": True, "budgetLimits": {"daily": 0.006}}
    (flow.cwd / "router.config.json").write_text(json.dumps({"costOptimization": budget}))
    command = write(flow, 15)
    with flow.start(*command, "--results", "other.jsonl", stderr=subprocess.PIPE) as other:
        done = flow(*command)
        _, said = other.communicate(timeout=120)
    assert (done.returncode, other.returncode) == (0, 0), (done.stderr, said)
    assert len(provider.asked) == 30
    assert not any("may have" in words for words in (done.stderr, said.decode())), "no answer was shortened"


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
