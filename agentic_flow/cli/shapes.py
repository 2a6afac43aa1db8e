"""Results and events -> the JSON that scripts read."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, assert_never

from agentic_flow.core.events import (
    AttemptFailed,
    AttemptStarted,
    CheckFinished,
    FileRefused,
    FileWritten,
    Progress,
    Routed,
    RunEvent,
    RunFinished,
    RunStarted,
    TextDelta,
    Warned,
)
from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.remembered import RememberedRun, RunLine
from agentic_flow.core.values import Attempt, Candidate, Check, Decision, FileChange, RunResult, Saved, Usage

if TYPE_CHECKING:
    from agentic_flow.batch.events import Ended

Shape = dict[str, object]


def result_shape(result: RunResult) -> Shape:
    """Return the result object of `--output-format json`."""
    return {
        "run_id": result.run_id,
        "status": result.status,
        "exit_code": result.exit_code,
        "error": result.error,
        "agent": result.agent,
        "provider": result.provider,
        "model": result.model,
        "route": None if result.decision is None else route_shape(result.decision),
        "attempts": [_attempt(attempt) for attempt in result.attempts],
        "text": result.text,
        "files": [_file(change) for change in result.files],
        "checks": [_check(check) for check in result.checks],
        "usage": _usage(result.usage),
        "cost_usd": _money(result.cost_usd),
        "cached": result.cached,
        "saved": _saved(result.saved),
        "ttft_ms": result.ttft_ms,
        "duration_ms": result.duration_ms,
    }


def batch_shape(ended: "Ended", context: str) -> Shape:
    """Return one line of the results of a batch; `context` is the digest of its files."""
    entry = ended.entry
    named = {"id": entry.id, "line": entry.line, "task_sha256": entry.digest, "context_sha256": context}
    return {**named, **result_shape(ended.result)}


def event_shape(event: RunEvent) -> Shape | None:
    """Return one line of `--output-format stream-json`; None for what only a person watches."""
    match event:
        case RunStarted():
            return _named(
                "run.started", {"run_id": event.run_id, "agent": event.agent, "output": event.output.value}
            )
        case Routed():
            return _named("route.decided", route_shape(event.decision))
        case AttemptStarted():
            return _named("attempt.started", {"provider": event.target.provider, "model": event.target.model})
        case TextDelta():
            return _named("text.delta", {"text": event.text})
        case AttemptFailed():
            return _named("attempt.failed", {**_attempt(event.attempt), "then": event.then})
        case FileWritten():
            return _named("file.previewed" if event.change.preview else "file.written", _file(event.change))
        case FileRefused():
            return _named("file.refused", {"path": event.path, "reason": event.reason})
        case CheckFinished():
            return _named("check.finished", _check(event.check))
        case Warned():
            return _named("warning", {"text": event.text})
        case RunFinished():
            return _named("run.finished", result_shape(event.result))
        case Progress():
            return None
        case _:
            assert_never(event)


def _named(kind: str, fields: Mapping[str, object]) -> Shape:
    return {"event": kind, **fields}


def route_shape(decision: Decision) -> Shape:
    """Return a decision as `route --json` prints it."""
    return {
        "provider": decision.target.provider,
        "model": decision.target.model,
        "reason": decision.reason,
        "profile": None if decision.profile is None else _profile(decision.profile),
        "candidates": [_candidate(candidate) for candidate in decision.candidates],
    }


def _profile(profile: TaskProfile) -> Shape:
    return {
        "token_count": profile.token_count,
        "prompt_tokens": profile.prompt_tokens,
        "expected_output_tokens": profile.expected_output_tokens,
        "task_type": profile.task_type.value,
        "complexity": profile.complexity.value,
        "difficulty": profile.difficulty,
        "languages": list(profile.languages),
        "has_code": profile.has_code,
        "private": profile.private is not None,
        "private_because": profile.private,
    }


def _candidate(candidate: Candidate) -> Shape:
    return {
        "provider": candidate.target.provider,
        "model": candidate.target.model,
        "cost_usd": _money(candidate.cost_usd),
        "latency_s": None if candidate.latency_s is None else round(candidate.latency_s, 1),
        "strength": candidate.strength,
        "obstacle": candidate.obstacle,
        "passed_over": candidate.passed_over,
    }


def remembered_shape(run: RememberedRun) -> Shape:
    """Return a run as `history show --json` and `history export` print it."""
    return {
        **result_shape(run.result),
        "started": run.started,
        "task": run.task,
        "project": run.project,
        "output_dir": run.output_dir,
        "feedback": run.feedback,
        "escalated": run.escalated,
    }


def line_shape(line: RunLine) -> Shape:
    """Return a run as `history list --json` prints it."""
    return {
        "run_id": line.run_id,
        "started": line.started,
        "status": line.status,
        "agent": line.agent,
        "provider": line.target and line.target.provider,
        "model": line.target and line.target.model,
        "cost_usd": _money(line.cost_usd),
        "duration_ms": line.duration_ms,
        "task": line.task,
    }


def _attempt(attempt: Attempt) -> Shape:
    return {
        "provider": attempt.provider,
        "model": attempt.model,
        "outcome": attempt.outcome,
        "error": attempt.error,
        "usage": _usage(attempt.usage),
        "cost_usd": _money(attempt.cost_usd),
        "started": attempt.started,
        "duration_ms": attempt.duration_ms,
        "saved": _saved(attempt.saved),
    }


def _file(change: FileChange) -> Shape:
    return {
        "path": change.path,
        "action": change.action.value,
        "bytes": change.size,
        "sha256": change.sha256,
        "added": list(change.added),
        "preview": change.preview,
        "needs_overwrite": change.needs_leave,
    }


def _check(check: Check) -> Shape:
    return {
        "command": check.command,
        "exit_code": check.exit_code,
        "output_tail": check.output_tail,
        "duration_ms": check.duration_ms,
    }


def _usage(usage: Usage) -> Shape:
    return {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_input_tokens": usage.cached_input_tokens,
    }


def _saved(saved: Saved | None) -> Shape | None:
    if saved is None:
        return None
    return {
        "source": saved.source,
        "usage": _usage(saved.usage),
        "cost_usd": _money(saved.cost_usd),
        "duration_ms": saved.duration_ms,
    }


def _money(amount: Decimal | None) -> float | None:
    # JSON has one kind of number; sums are made in Decimal before they come here.
    return None if amount is None else float(amount)
