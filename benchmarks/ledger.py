"""Claim: with 1,000,000 runs a budget check takes under 5 ms, and it and `history list` under 50 ms.

`python benchmarks/ledger.py [--rows N] [--keep DIR]` makes the rows in a folder of its own and asks as the
program does. Each question is asked many times; the median has to stay within the limit, and the slowest is
shown.
"""

import argparse
import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from agentic_flow.core.budgets import Ceiling, Limit, Period, PlannedCall
from agentic_flow.core.remembered import Wanted
from agentic_flow.core.values import Decision, Target, Usage
from agentic_flow.ledger import FILE, Ledger
from agentic_flow.ledger.database import Database
from agentic_flow.ledger.history import History
from agentic_flow.ledger.remembering import fact, number_of

CHECK_MS, LIST_MS = 5.0, 50.0
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TARGETS = (
    Target("onnx", "qwen2.5-coder-0.5b"),
    Target("anthropic", "claude-sonnet-5-5"),
    Target("openrouter", "deepseek/deepseek-v4.1-flash"),
    Target("openrouter", "google/gemini-3.8-flash"),
)
AGENTS = ("coder", "reviewer", "tester", "sql", "shell", "planner")
WORDS = """create a python function that reads parses sorts and returns rows with tests for errors in the file
parser server client queue cache index matrix sparse graph token stream budget ledger report"""
LIMITS = (
    Limit(Decimal(5), "the daily budget", "daily", period=Period.DAY),
    Limit(Decimal(100), "the monthly budget", "monthly", period=Period.MONTH),
    Limit(Decimal(1), "this project's daily budget", "project.daily", "/project/3", Period.DAY),
    Limit(Decimal(20), "this project's monthly budget", "project.monthly", "/project/3", Period.MONTH),
    Limit(Decimal(1), "the run's --max-cost", "--max-cost", "run:now"),
)


def main() -> int:
    """Make the rows, ask, print, and return 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="make the file here, or use the one that is there")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = asked.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / FILE).exists():
            began = time.monotonic()
            fill(folder / FILE, asked.rows)
            print(f"{asked.rows:,} runs made in {time.monotonic() - began:.0f} s")
        print(f"the file has {(folder / FILE).stat().st_size / 1e6:,.0f} MB")
        return measure(folder)


def measure(folder: Path) -> int:
    """Ask every question and print its times."""
    ledger, history = Ledger(folder, now=lambda: NOW), History(folder / FILE)
    call = PlannedCall("now", TARGETS[2], "/project/3", "coder")
    ceiling = Ceiling(Decimal("0.0001"), Decimal("0.0000001"), 4096, 256)

    def reserve_and_settle() -> None:
        booked = ledger.reserve(call, ceiling, LIMITS)
        ledger.sent(booked.number)
        ledger.settle(booked.number, Decimal("0.0000001"), Usage(10, 10))

    late = timed(lambda: ledger.room(LIMITS), 200, "budget check, five limits") > CHECK_MS
    timed(reserve_and_settle, 50, "  reserve, send and settle, to the disk (no limit)")
    for name, wanted in wishes().items():
        late |= timed(partial(history.lines, wanted, 20), 20, f"history list {name}") > LIST_MS
    timed(history.run, 20, "  history show (no limit)")
    timed(history.paces, 20, "  paces of all models (no limit)")
    timed(lambda: history.totals("2026-11-01"), 20, "  totals of a month (no limit)")
    return int(late)


def wishes() -> dict[str, Wanted]:
    """Return what people ask for: common things, rare things, both at once, and what is not there."""
    return {
        "": Wanted(),
        "--agent coder": Wanted(agent="coder"),
        "--status check (1 in 1,000)": Wanted(status="check"),
        "--agent sql --status check (rare together)": Wanted(agent="sql", status="check"),
        "--agent nobody": Wanted(agent="nobody"),
        "--model": Wanted(target=TARGETS[1]),
        "--model --status check": Wanted(target=TARGETS[1], status="check"),
        "--since a day": Wanted(since=NOW - timedelta(days=1)),
        "--since a day --agent sql --status check": Wanted(
            since=NOW - timedelta(days=1), agent="sql", status="check"
        ),
        "--search parser (common)": Wanted(words="parser"),
        "--search 'sparse matrix' (both common)": Wanted(words="sparse matrix"),
        "--search needle7 (1 in 100,000)": Wanted(words="needle7"),
        "--search parser --status check": Wanted(words="parser", status="check"),
        "--search missing": Wanted(words="missing"),
    }


def timed(ask: Callable[[], object], times: int, name: str) -> float:
    """Print and return the median in milliseconds."""
    taken: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        ask()
        taken.append((time.perf_counter() - began) * 1000)
    middle = statistics.median(taken)
    print(f"{name:<52} {middle:9.3f} ms, at most {max(taken):9.3f} ms")
    return middle


def fill(file: Path, rows: int) -> None:
    """Write runs as they would be after two years, each with its call, its attempt, its words and sums."""
    database = Database(file)
    database.write(lambda db: db.execute("PRAGMA cache_size = -400000"))
    for start in range(0, rows, 50_000):
        made = list(_made(start, min(start + 50_000, rows), rows))
        for table in ("runs", "texts", "attempts", "calls"):
            database.write(
                partial(_insert, table=table, rows=[part[table] for part in made if table in part])
            )
    database.write(_sum_up)
    database.close()


def _insert(db: sqlite3.Connection, table: str, rows: list[tuple[object, ...]]) -> None:
    places = ", ".join("?" * len(rows[0]))
    db.executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608


def _made(start: int, end: int, rows: int) -> Iterator[dict[str, tuple[object, ...]]]:
    chance = random.Random(start)  # noqa: S311  (the same rows every time)
    words = WORDS.split()
    for number in range(start, end):
        began = NOW - timedelta(seconds=(rows - number) * 63)
        run = f"{began:%Y%m%d-%H%M%S-%f}-{number:06x}"
        agent, project = AGENTS[number % 6], f"/project/{number % 5}"
        target = TARGETS[chance.randrange(4)]
        status, code = ("check", 9) if number % 1000 == 0 else ("ok", 0)
        cost = 0 if target.provider == "onnx" else chance.randrange(1, 10**9)
        task = " ".join(chance.choices(words, k=12)) + (f" needle{number % 11}" if number % 9091 == 0 else "")
        moment, taken = began.isoformat(), chance.randrange(500, 60_000)
        route = json.dumps(asdict(Decision(target, "rule 1")))
        tokens = (chance.randrange(100, 9000), chance.randrange(10, 3000), 0, 0)
        key = number_of(began)
        facts = " ".join((fact("agent", agent), fact("status", status), fact("model", target.model)))
        served = (target.provider, target.model, target.model)
        made: dict[str, tuple[object, ...]] = {
            "runs": (
                *(key, run, moment, project, "/out", agent, *served, route, status, code, None),
                *(*tokens, cost, None, 0, 0, 300, taken, None),
            ),
            "texts": (key, task, " ".join(chance.choices(words, k=30)), facts),
            "attempts": (key, 0, *served, status, None, moment, taken, *tokens, cost, None),
        }
        if cost:
            day = moment[:10]
            made["calls"] = (
                *(number + 1, run, agent, target.provider, target.model, project, day, None, "settled", 1),
                *(cost * 2, cost, *tokens, moment, moment),
            )
        yield made


def _sum_up(db: sqlite3.Connection) -> None:
    for scope in ("''", "project"):
        for period in ("day", "substr(day, 1, 7)"):
            db.execute(
                f"INSERT INTO sums SELECT {scope}, {period}, sum(spent), 0 FROM calls GROUP BY 1, 2"  # noqa: S608
            )
    db.execute(
        "INSERT INTO totals SELECT substr(started, 1, 10), project, agent, provider, asked, count(*),"
        " sum(input_tokens), sum(output_tokens), 0, 0, sum(cost), 0, 0, 0 FROM runs GROUP BY 1, 2, 3, 4, 5"
    )


if __name__ == "__main__":
    sys.exit(main())
