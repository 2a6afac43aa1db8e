"""Runs as they might have been, to remember and to find again."""

from decimal import Decimal

from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType
from agentic_flow.core.remembered import RememberedRun
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

SONNET, LOCAL = Target("anthropic", "claude-sonnet"), Target("onnx", "qwen")


def run(name: str = "20260331-120000-000000-abc123", **said: object) -> RememberedRun:
    """Return a run with one attempt; `said` names what is different about it."""
    fields: dict[str, object] = {
        "agent": "coder",
        "status": "ok",
        "task": "Create hello.py",
        "text": "hello.py, as you wanted",
        "target": LOCAL,
        "cost": Decimal(0),
        "duration_ms": 1500,
        **said,
    }
    target, usage = fields["target"], Usage(100, 30)
    assert isinstance(target, Target)
    attempt = Attempt(
        provider=target.provider,
        model=target.model,
        outcome=str(fields["status"]),
        started="2026-03-31T12:00:00.000+00:00",
        duration_ms=int(str(fields["duration_ms"])),
        usage=usage,
        cost_usd=fields["cost"],  # type: ignore[arg-type]  # a test says Decimal or None
    )
    result = RunResult(
        run_id=name,
        status=str(fields["status"]),
        exit_code=0 if fields["status"] == "ok" else 9,
        agent=str(fields["agent"]),
        provider=target.provider,
        model=target.model,
        attempts=(attempt,),
        text=str(fields["text"]),
        usage=usage,
        cost_usd=attempt.cost_usd,
        duration_ms=attempt.duration_ms,
    )
    task = fields["task"]
    began = f"{name[:4]}-{name[4:6]}-{name[6:8]}T12:00:00.000Z"
    return RememberedRun(result, began, "/p", "/p/out", None if task is None else str(task))


PROFILE = TaskProfile(40, 60, 300, TaskType.CODING, Complexity.MEDIUM, 0.4, ("python",), has_code=True)
FULL = RememberedRun(
    result=RunResult(
        run_id="20260331-120000-000000-full01",
        status="check",
        exit_code=9,
        agent="coder",
        provider="anthropic",
        model="claude-sonnet-20260101",
        decision=Decision(
            SONNET,
            "balanced: the best value",
            ("a warning",),
            PROFILE,
            (
                Candidate(SONNET, None, Decimal("0.0123"), 4.5, 0.8),
                Candidate(LOCAL, "not downloaded", None, None, None),
            ),
        ),
        attempts=(
            Attempt(
                "anthropic",
                "claude-sonnet",
                "provider",
                "2026-03-31T12:00:00.000+00:00",
                90,
                Usage(),
                None,
                "busy",
            ),
            Attempt(
                "onnx",
                "qwen",
                "check",
                "2026-03-31T12:00:02.000+00:00",
                3,
                cost_usd=Decimal(0),
                error="no",
                saved=Saved("the cache", Usage(10, 20), Decimal("0.5"), 400),
            ),
            Attempt(
                "anthropic",
                "claude-sonnet-20260101",
                "ok",
                "2026-03-31T12:00:01.000+00:00",
                2345,
                Usage(1000, 200, 300, 400),
                Decimal("0.004500000001"),
                asked="claude-sonnet",
            ),
        ),
        text="a.py\n```python\nx = 'ü'\n```\n",
        files=(
            FileChange("a.py", FileAction.CREATED, 10, "0" * 64),
            FileChange("b/c.py", FileAction.REPLACED, 20, "f" * 64),
        ),
        checks=(Check("pytest -q", 1, "1 failed", 321), Check("syntax of a.py", 0, "", 1, built_in=True)),
        usage=Usage(1000, 200, 300, 400),
        strongest=Alone(Target("anthropic", "claude-opus"), Decimal("0.75")),
        saved=Saved("the cache", Usage(10, 20), Decimal("0.5"), 400),
        ttft_ms=456,
        duration_ms=2500,
        error="'pytest -q' ended with status 1",
    ),
    started="2026-03-31T12:00:00.000Z",
    project="/home/me/project",
    output_dir="/home/me/project/out",
    task="Create a.py\nand b/c.py",
    escalated=True,
)
"""A run of which everything is said."""
