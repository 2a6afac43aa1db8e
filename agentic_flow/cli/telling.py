"""A remembered run -> words: a row of a table, or the whole of it."""

from collections.abc import Iterator
from decimal import Decimal

from agentic_flow.core.budgets import dollars
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.remembered import RememberedRun, RunLine
from agentic_flow.core.values import Attempt, FileChange, Usage

HEAD = ("RUN", "STATUS", "AGENT", "MODEL", "COST", "SECONDS", "TASK")
_LONGEST_TASK = 60
_LOST = Outcome.KILLED.status
"""Of a run that ended so nobody knows what it used."""


def row(line: RunLine) -> tuple[str, ...]:
    """Return a run's row."""
    return (
        line.run_id,
        line.status,
        line.agent or "-",
        "-" if line.target is None else str(line.target),
        _cost(line.cost_usd),
        "-" if line.status == _LOST else f"{line.duration_ms / 1000:.1f}",
        _short(line.task),
    )


def tell(run: RememberedRun) -> Iterator[str]:
    """Yield the lines that tell a run: the facts first, then the task, then the answer as it came."""
    result = run.result
    yield f"run: {result.run_id}"
    yield f"started: {run.started}"
    yield f"status: {result.status} ({result.exit_code})"
    if result.error:
        yield f"error: {result.error}"
    yield f"agent: {result.agent or 'none; the library was called'}"
    if result.decision is not None:
        yield f"model: {result.decision.target} ({result.decision.reason})"
    for number, attempt in enumerate(result.attempts, 1):
        yield f"attempt {number}: {_attempt(attempt)}"
    if result.status == _LOST:
        yield f"used: nobody knows, cost {_cost(result.cost_usd)}"
        return
    yield f"output: {run.output_dir}"
    for change in result.files:
        yield f"{deed(change)}: {change.path} ({change.size:,} bytes, sha256 {change.sha256[:12]})"
    for check in result.checks:
        word = "passed" if check.passed else f"failed with status {check.exit_code}"
        yield f"check {word}: {check.command or '(its words were not kept)'}"
    spared = result.saved
    saved = "" if spared is None else f", saved {_cost(spared.cost_usd)} by {spared.source}"
    seconds = f"{result.duration_ms / 1000:.1f} s"
    yield f"used: {_tokens(result.usage)}, {seconds}, cost {_cost(result.cost_usd)}{saved}"
    if run.feedback is not None:
        yield f"feedback: {run.feedback}"
    if run.task is None:
        yield "task and answer were not kept"
        return
    yield f"\ntask:\n{run.task}"
    if result.text:
        yield f"\nanswer:\n{result.text.rstrip()}"


def deed(change: FileChange) -> str:
    """Return what was done to a file, or would be."""
    would = f"would be {change.action.value}" if change.preview else change.action.value
    return f"{would}, with --overwrite or after a yes" if change.needs_leave else would


def _attempt(attempt: Attempt) -> str:
    served = f" (served by {attempt.model})" if attempt.asked else ""
    said = f"{attempt.provider}/{attempt.asked or attempt.model}{served}: {attempt.outcome}"
    if attempt.outcome == _LOST:
        return f"{said}, cost {_cost(attempt.cost_usd)}"
    used = f"{_tokens(attempt.usage)}, {attempt.duration_ms / 1000:.1f} s, cost {_cost(attempt.cost_usd)}"
    return f"{said}, {used}" + (f": {attempt.error}" if attempt.error else "")


def _tokens(usage: Usage) -> str:
    return f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"


def _cost(amount: Decimal | None) -> str:
    return "unknown" if amount is None else dollars(amount)


def _short(task: str | None) -> str:
    if task is None:
        return "-"
    line = " ".join(task.split())
    return line if len(line) <= _LONGEST_TASK else f"{line[: _LONGEST_TASK - 3]}..."
