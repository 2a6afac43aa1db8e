"""The result of a run that never began, or whose end nobody foresaw."""

from decimal import Decimal

from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import RunResult


def unbegun(agent: str | None, outcome: Outcome, error: str) -> RunResult:
    """Return a result that holds nothing but how it ended. What a bug broke off may have cost something."""
    return RunResult(
        run_id="",
        status=outcome.status,
        exit_code=outcome.exit_code,
        agent=agent or "",
        cost_usd=None if outcome is Outcome.INTERNAL else Decimal(0),
        error=error,
    )
