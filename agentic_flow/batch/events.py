"""What happens during a batch, as a closed set."""

from agentic_flow.batch.entries import Entry
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import RunResult


@frozen
class Started:
    """A task has begun."""

    entry: Entry


@frozen
class Noted:
    """Something a person should know, of a task that goes on."""

    entry: Entry
    text: str


@frozen
class Ended:
    """A task has ended, well or not."""

    entry: Entry
    result: RunResult
    bug: Exception | None = None
    """What nobody foresaw, where that is how it ended."""


BatchEvent = Started | Noted | Ended
