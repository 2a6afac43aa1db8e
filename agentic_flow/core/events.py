"""What happens during a run, as two closed sets: what a provider says, and what a run tells its watcher."""

from collections.abc import Callable
from decimal import Decimal

from agentic_flow.core.errors import FlowError
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import (
    Attempt,
    Check,
    Decision,
    FileChange,
    Output,
    RunResult,
    Saved,
    StopReason,
    Target,
    Usage,
)


@frozen
class TextDelta:
    """The next words of the answer, exactly as the model said them."""

    text: str


@frozen
class Progress:
    """What a provider is doing while it says nothing, for a spinner: 'loading qwen2.5-coder-0.5b'."""

    doing: str


@frozen
class Warned:
    """`warning`: the run goes on, and a person should know."""

    text: str


@frozen
class Metered:
    """What the call has used so far, at least: a later one replaces it."""

    usage: Usage
    cost_usd: Decimal | None = None


@frozen
class Retrying:
    """A call failed before its first word; the same target is called again in `wait` seconds."""

    target: Target
    error: FlowError
    wait: float


@frozen
class FellBack:
    """A target failed before its first word; the next one is called instead."""

    failed: Target
    error: FlowError
    next: Target


@frozen
class Finished:
    """The provider's terminal marker. A stream without one was cut."""

    usage: Usage
    stop_reason: StopReason
    model: str | None = None
    """The model that really served, where the provider says."""
    cost_usd: Decimal | None = None
    """What the provider says it charged; 0 for a local model; None when it does not say."""
    saved: Saved | None = None
    """Of an answer that was given before, and that nobody was asked for now."""
    why: str = ""
    """What the provider says of an end that is none of a whole answer."""


def cost_of(last: Metered | Finished, price: Callable[[Usage], Decimal | None]) -> Decimal | None:
    """Return what a call cost by the provider's last word; None where nobody can tell.

    That is so for half an answer: what it was billed for in the end is not among what was metered before.
    """
    if last.cost_usd is not None:
        return last.cost_usd
    return price(last.usage) if isinstance(last, Finished) else None


ProviderEvent = TextDelta | Progress | Warned | Metered | Retrying | FellBack | Finished


@frozen
class RunStarted:
    """`run.started`."""

    run_id: str
    agent: str
    output: Output


@frozen
class Routed:
    """`route.decided`."""

    decision: Decision


@frozen
class AttemptStarted:
    """`attempt.started`."""

    target: Target


@frozen
class AttemptFailed:
    """`attempt.failed`."""

    attempt: Attempt
    then: str | None = None
    """What the run does about it, in words; None when it ends."""


@frozen
class FileWritten:
    """`file.written`; `file.previewed` where a preview says what would be."""

    change: FileChange


@frozen
class FileRefused:
    """`file.refused`."""

    path: str
    reason: str


@frozen
class CheckFinished:
    """`check.finished`."""

    check: Check


@frozen
class RunFinished:
    """`run.finished`: always the last event."""

    result: RunResult


RunEvent = (
    RunStarted
    | Routed
    | AttemptStarted
    | TextDelta
    | Progress
    | AttemptFailed
    | FileWritten
    | FileRefused
    | CheckFinished
    | Warned
    | RunFinished
)
