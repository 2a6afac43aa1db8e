"""Claim: 16 processes with 200 calls each never spend more than one daily budget, though some are killed.

`python benchmarks/overspending.py [--processes N] [--calls N] [--kills N]`. A provider on this machine bills
each request the moment it arrives, up to the whole answer that it asked for, and answers as providers do: in
full, cut, with an error after billing (500) or before (503). The calls go the way of every run: settings,
limits, ledger, retries, HTTP. Some processes are killed (SIGKILL) in the middle, and others take their place.
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.providers.loopback import Asked, Loopback, Peer, head

TARGET = "openrouter/maker/model"
INPUT, OUTPUT = Decimal(1), Decimal(10)
"""US dollars a million tokens."""
TOKENS = 400
"""The longest answer a call asks for."""
KEY = "sk-or-benchmark-0123456789"


@dataclass
class Biller:
    """Answers in one of several ways, and adds up what it bills."""

    billed: Decimal = Decimal(0)
    requests: int = 0
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311  (the same every time)

    def __call__(self, peer: Peer, asked: Asked) -> None:
        """Bill the request, then answer it."""
        body = asked.json
        prompt = sum(len(message["content"]) for message in body["messages"]) // 3
        with self._turn:
            self.requests += 1
            way, tokens = self._chance.random(), self._chance.randint(1, body["max_tokens"])
            tokens = body["max_tokens"] if way > 0.5 else tokens
            cost = (prompt * INPUT + tokens * OUTPUT) / 1_000_000
            if way >= 0.05:
                self.billed += cost
        if way < 0.05:
            peer.send(head(503, content_type="application/json"), b'{"error": {"message": "busy"}}')
        elif way < 0.1:
            peer.send(head(500, content_type="application/json"), b'{"error": {"message": "broken"}}')
        else:
            usage = {"prompt_tokens": prompt, "completion_tokens": tokens, "cost": float(cost)}
            peer.send(head(), _event({"choices": [{"delta": {"content": "word "}, "finish_reason": None}]}))
            peer.wait(self._chance.random() / 100)
            if way >= 0.15:  # else it is cut here, and billed all the same
                end = {"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": usage}
                peer.send(_event(end), b"data: [DONE]\n\n")


def _event(shape: Mapping[str, object]) -> bytes:
    return f"data: {json.dumps(shape)}\n\n".encode()


def main() -> int:
    """Spend, kill, add up, and return 1 where a claim does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--processes", type=int, default=16)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--budget", type=Decimal, default=None, help="US dollars; half of what is asked for")
    asked = parser.parse_args()
    most = Decimal(asked.processes * asked.calls) * TOKENS * OUTPUT / 1_000_000
    budget = asked.budget or round(most / 2, 2)
    with tempfile.TemporaryDirectory() as folder, Loopback([biller := Biller()]) as peer:
        environment = _home(Path(folder), budget, peer.url)
        began = time.monotonic()
        killed = _spend(environment, asked.processes, asked.calls, asked.kills)
        seconds = time.monotonic() - began
        before = biller.requests
        last = subprocess.run(
            [sys.executable, "-m", "agentic_flow", *_one_more()],
            env=environment,
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        counted, held, calls = _counted(Path(folder))
    print(f"{asked.processes} processes with {asked.calls} calls each, {killed} killed, {seconds:.0f} s")
    print(f"{calls:,} calls reserved, {before:,} requests arrived")
    print(f"budget ${budget}, billed ${biller.billed:.6f}, counted ${counted:.6f}, still held ${held}")
    print(f"one more run: exit {last.returncode}, {biller.requests - before} requests; {last.stderr.strip()}")
    call = (TOKENS * OUTPUT + 1000 * INPUT) / 1_000_000
    claims = {
        "billed is not above the budget": biller.billed <= budget,
        "counted is not below billed": counted >= biller.billed,
        "no more is refused than has to be": budget - counted < call,
        "nothing is held when all are gone": held == 0,
        "one more run ends before its call": (last.returncode, biller.requests) == (6, before),
    }
    for claim, holds in claims.items():
        print(f"{'holds' if holds else 'FAILS'}: {claim}")
    return int(not all(claims.values()))


def _home(folder: Path, budget: Decimal, url: str) -> dict[str, str]:
    config = folder / ".config" / "agentic-flow"
    config.mkdir(parents=True)
    said = {
        "prices": {TARGET: {"input": float(INPUT), "output": float(OUTPUT)}},
        "costOptimization": {"enabled": True, "budgetLimits": {"daily": float(budget)}},
        "fallback": {"retryAttempts": 2, "backoffMs": 1},
    }
    (config / "router.config.json").write_text(json.dumps(said))
    root = str(Path(__file__).resolve().parent.parent)
    own = {"HOME": str(folder), "PYTHONPATH": root, "OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": url}
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("AGENTIC_", "XDG_"))}
    return plain | own


def _one_more() -> list[str]:
    tokens = ["--max-tokens", str(TOKENS)]
    return ["-a", "reviewer", "-m", TARGET, "-t", "One more", "--no-stdin", "--quiet", *tokens]


def _spend(environment: dict[str, str], processes: int, calls: int, kills: int) -> int:
    """Run all spenders, killing some of the first on their way; return how many were killed."""
    context = multiprocessing.get_context("spawn")
    os.environ.update(environment)
    os.chdir(environment["HOME"])

    def start(number: int) -> multiprocessing.context.SpawnProcess:
        spender = context.Process(target=spender_of, args=(number, calls))
        spender.start()
        return spender

    spenders = [start(number) for number in range(processes)]
    chance = random.Random(11)  # noqa: S311
    killed = 0
    for victim in spenders[:kills]:
        time.sleep(0.5 + chance.random())
        if victim.is_alive() and victim.pid is not None:
            os.kill(victim.pid, signal.SIGKILL)
            killed += 1
            spenders.append(start(len(spenders)))
    for spender in spenders:
        spender.join()
    return killed


def spender_of(number: int, calls: int) -> None:
    """Make calls as a run makes them; each is a run of its own."""
    from agentic_flow.config import Flags, load_settings
    from agentic_flow.core.errors import FlowError
    from agentic_flow.core.values import Message, Prompt, Role, Sampling, Target, Task
    from agentic_flow.wiring import RunOptions, wire

    settings = load_settings(Flags())
    target = Target("openrouter", "maker/model")
    words = Message(Role.USER, f"Spender {number} asks for an answer. " * 5)
    prompt = Prompt(target.model, (words,), Sampling(TOKENS))
    for _ in range(calls):
        task = Task(words.text, "reviewer", model=str(target))
        try:
            for _ in wire(settings, task, RunOptions(Path())).provider(target).stream(prompt):
                pass
        except FlowError:
            continue


def _counted(home: Path) -> tuple[Decimal, Decimal, int]:
    (file,) = home.rglob("ledger.sqlite3")
    with sqlite3.connect(file) as db:
        spent, held = db.execute(
            "SELECT spent, held FROM sums WHERE scope = '' AND period LIKE '%-%-%'"
        ).fetchone()
        (calls,) = db.execute("SELECT count(*) FROM calls").fetchone()
    db.close()
    pico = Decimal(10) ** 12
    return Decimal(spent) / pico, Decimal(held) / pico, int(calls)


if __name__ == "__main__":
    sys.exit(main())
