"""The calls that a dead process left under way -> the run it was at, as far as it is known.

Nobody told of its end, so no words, files, checks or tokens are known, nor for how long it ran: only who was
asked, when, and for whom.
"""

import sqlite3
from decimal import Decimal

from agentic_flow.core.outcome import Outcome
from agentic_flow.core.remembered import RememberedRun
from agentic_flow.core.values import Attempt, RunResult
from agentic_flow.ledger import money

_CALLS = """
SELECT agent, provider, model, project, started, spent,
  state = 'orphaned' OR spent IS NULL OR (spent > 0 AND input_tokens + output_tokens = 0) FROM calls
WHERE run = :name AND NOT EXISTS (SELECT 1 FROM runs WHERE id = :name)
ORDER BY number
"""


def lost_run(db: sqlite3.Connection, name: str) -> RememberedRun | None:
    """Return a run whose process died in a call; None where it is remembered, or never was to be.

    What a program asks through the library may be counted and not remembered: that says no agent.
    """
    calls = db.execute(_CALLS, {"name": name}).fetchall()
    if not calls or not calls[0][0]:
        return None
    agent, provider, model, project, asked, *_ = calls[-1]
    costs = [None if assumed else money.dollars(spent) for *_, spent, assumed in calls]
    attempt = Attempt(
        provider=provider,
        model=model,
        outcome=Outcome.KILLED.status,
        started=asked,
        duration_ms=0,
        cost_usd=costs[-1],
        error="its process ended without a word (kill -9, a crash, a power cut)",
    )
    result = RunResult(
        run_id=name,
        status=Outcome.KILLED.status,
        exit_code=Outcome.KILLED.exit_code,
        agent=agent,
        provider=provider,
        model=model,
        attempts=(attempt,),
        cost_usd=None if None in costs else sum(filter(None, costs), Decimal(0)),
        error=attempt.error,
    )
    return RememberedRun(result, started=calls[0][4], project=project, output_dir="")
