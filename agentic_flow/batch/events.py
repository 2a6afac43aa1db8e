"""What happens during a batch, as a closed set."""

from dataclasses import dataclass

from agentic_flow.batch.entries import Entry
from agentic_flow.core.values import RunResult


@dataclass(frozen=True, slots=True)
class Started:
    """A task has begun."""

    entry: Entry


@dataclass(frozen=True, slots=True)
class Noted:
    """Something a person should know, of a task that goes on."""

    entry: Entry
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A task has ended, well or not."""

    entry: Entry
    result: RunResult
    bug: Exception | None = None
    """What nobody foresaw, where that is how it ended."""


BatchEvent = Started | Noted | Ended
