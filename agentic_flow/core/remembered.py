"""What is kept of a run: its result, and around it what only history asks for."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from agentic_flow.core.values import RunResult


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
    saved_usd: Decimal | None = None
    """What the answer would have cost, had it not been kept from before."""
    escalated: bool = False
    """Whether a stronger model had to take over."""
