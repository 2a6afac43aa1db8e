"""Rows -> the run that was remembered. The other half of `remembering`."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType
from agentic_flow.core.remembered import Feedback, RememberedRun
from agentic_flow.core.values import (
    Alone,
    Attempt,
    Candidate,
    Check,
    Decision,
    FileAction,
    FileChange,
    RunResult,
    Saved,
    Target,
    Usage,
)
from agentic_flow.ledger import money

Row = Mapping[str, Any]
_TOKENS = ("input_tokens", "output_tokens", "cached_input_tokens", "cache_write_tokens")


def retell(db: sqlite3.Connection, number: int) -> RememberedRun:
    """Return a run of which it is known that it is there."""
    (run,) = _rows(db, "SELECT * FROM runs WHERE number = ?", number)
    texts = _rows(db, "SELECT task, answer FROM texts WHERE run = ?", number)
    attempts = _rows(db, "SELECT * FROM attempts WHERE run = ? ORDER BY place", number)
    files = _rows(db, "SELECT * FROM files WHERE run = ? ORDER BY path", number)
    checks = _rows(db, "SELECT * FROM checks WHERE run = ? ORDER BY place", number)
    told = tuple(_attempt(row) for row in attempts)
    spared = [attempt.saved for attempt in told if attempt.saved is not None]
    return RememberedRun(
        result=RunResult(
            run_id=run["id"],
            status=run["status"],
            exit_code=run["exit_code"],
            agent=run["agent"],
            provider=run["provider"],
            model=run["model"],
            decision=None if run["route"] is None else _decision(json.loads(run["route"])),
            attempts=told,
            text=texts[0]["answer"] if texts else "",
            files=tuple(_file(row) for row in files),
            checks=tuple(_check(row) for row in checks),
            usage=_usage(run),
            cost_usd=money.maybe_dollars(run["cost"]),
            strongest=None if run["strongest"] is None else _alone(json.loads(run["strongest"])),
            cached=bool(run["cached"]),
            saved=sum(spared[1:], spared[0]) if spared else None,
            ttft_ms=run["ttft_ms"],
            duration_ms=run["duration_ms"],
            error=run["error"],
        ),
        started=run["started"],
        project=run["project"],
        output_dir=run["output_dir"],
        task=texts[0]["task"] if texts else None,
        feedback=None if run["feedback"] is None else Feedback(run["feedback"]),
        escalated=bool(run["escalated"]),
    )


def _rows(db: sqlite3.Connection, query: str, number: int) -> Sequence[Row]:
    asked = db.execute(query, (number,))
    names = [column[0] for column in asked.description]
    return [dict(zip(names, values, strict=True)) for values in asked]


def _usage(row: Row) -> Usage:
    return Usage(*(row[name] for name in _TOKENS))


def _attempt(row: Row) -> Attempt:
    return Attempt(
        provider=row["provider"],
        model=row["model"],
        outcome=row["outcome"],
        started=row["started"],
        duration_ms=row["duration_ms"],
        usage=_usage(row),
        cost_usd=money.maybe_dollars(row["cost"]),
        error=row["error"],
        asked=row["asked"] if row["asked"] != row["model"] else None,
        saved=None if row["saved"] is None else _saved(json.loads(row["saved"])),
    )


def _saved(said: Row) -> Saved:
    return Saved(said["source"], Usage(**said["usage"]), _amount(said["cost_usd"]), said["duration_ms"])


def _alone(said: Row) -> Alone:
    return Alone(Target(**said["target"]), Decimal(said["cost_usd"]))


def _amount(said: str | None) -> Decimal | None:
    return None if said is None else Decimal(said)


def _file(row: Row) -> FileChange:
    return FileChange(
        row["path"],
        FileAction(row["action"]),
        row["bytes"],
        row["sha256"],
        added=tuple(json.loads(row["added"])),
        preview=bool(row["preview"]),
        needs_leave=bool(row["needs_leave"]),
    )


def _check(row: Row) -> Check:
    return Check(
        row["command"], row["exit_code"], row["output_tail"], row["duration_ms"], bool(row["built_in"])
    )


def _decision(said: Row) -> Decision:
    profile = said["profile"]
    return Decision(
        target=Target(**said["target"]),
        reason=said["reason"],
        warnings=tuple(said["warnings"]),
        profile=None if profile is None else _profile(profile),
        candidates=tuple(_candidate(each) for each in said["candidates"]),
    )


def _profile(said: Row) -> TaskProfile:
    values: dict[str, Any] = {
        **said,
        "task_type": TaskType(said["task_type"]),
        "complexity": Complexity(said["complexity"]),
        "languages": tuple(said["languages"]),
    }
    return TaskProfile(**_known(TaskProfile, values))


def _candidate(said: Row) -> Candidate:
    values: dict[str, Any] = {
        **said,
        "target": Target(**said["target"]),
        "cost_usd": _amount(said["cost_usd"]),
    }
    return Candidate(**_known(Candidate, values))


def _known(kind: type[Candidate | TaskProfile], said: Row) -> dict[str, Any]:
    """Leave out what only another version of the program knows."""
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in said.items() if name in names}
