"""What is kept of a run: its result, and around it what only history asks for."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import RunResult, StopReason, Target, Usage


class Feedback(StrEnum):
    """What the person thought of a run."""

    GOOD = "good"
    BAD = "bad"


@frozen
class RememberedRun:
    """A run as history has it. Without its text, `result` has no words of the model and no errors."""

    result: RunResult
    started: str
    """UTC, ISO 8601."""
    project: str
    """The project's folder."""
    output_dir: str
    task: str | None = None
    """What was asked for; None where no text is kept."""
    feedback: Feedback | None = None
    escalated: bool = False
    """Whether a stronger model had to take over."""


@frozen
class Origin:
    """The task of a batch that a run does. A task of the same name in another batch is another one."""

    batch: str
    task: str
    digest: str
    """Of all that is asked for: a task that has changed is another one, too."""


@frozen
class Unwritten:
    """The line of a run's result, kept until it is safe in the file it is meant for."""

    origin: Origin
    run_id: str
    line: bytes


@frozen
class PaidAnswer:
    """What a call of a batch's task brought, kept until the result of the task is safe."""

    origin: Origin
    question: str
    """A digest of what was asked, and whom."""
    text: str
    stop_reason: StopReason
    model: str | None
    usage: Usage
    cost_usd: Decimal | None
    """What the provider said it charged."""


@frozen
class Wanted:
    """Which runs somebody wants to see. None: whatever it is."""

    agent: str | None = None
    target: Target | None = None
    """The model that was asked for."""
    status: str | None = None
    since: datetime | None = None
    """When they began at the earliest."""
    words: str | None = None
    """Words of the task or the answer, all of them; `begin*` is any word that begins so."""


@frozen
class RunLine:
    """A run in one line."""

    run_id: str
    started: str
    status: str
    agent: str
    target: Target | None
    cost_usd: Decimal | None
    duration_ms: int
    task: str | None


@frozen
class Total:
    """What was used and spent on one day (UTC), for one project, by one agent, with one model."""

    day: str
    project: str
    agent: str
    target: Target
    calls: int
    usage: Usage
    spent_usd: Decimal
    unpriced: int
    """Calls of which nobody knows the cost."""
    saved_usd: Decimal
    """What answers that were kept from before would have cost."""
    assumed_usd: Decimal = Decimal(0)
    """Of `spent_usd`, what nobody knows and is counted as the most that it can have been."""


@frozen
class Pace:
    """How fast a model answered lately: medians."""

    calls: int
    seconds: float
    """From the call to the last word."""
    tokens_per_second: float
    """Of the answer, over the whole of that time."""
