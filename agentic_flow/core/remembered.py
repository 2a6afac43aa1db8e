"""What is kept of a run: its result, and around it what only history asks for."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from agentic_flow.core.values import RunResult, Target, Usage


class Feedback(StrEnum):
    """What the person thought of a run."""

    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a model answered lately: medians."""

    calls: int
    seconds: float
    """From the call to the last word."""
    tokens_per_second: float
    """Of the answer, over the whole of that time."""
