"""A prompt and a target -> the run's events while the model answers; raises what is no whole answer."""

from collections.abc import Generator
from contextlib import closing
from typing import assert_never

from agentic_flow.core.errors import FlowError, IncompleteAnswer
from agentic_flow.core.events import (
    AttemptFailed,
    AttemptStarted,
    FellBack,
    Finished,
    Metered,
    Progress,
    Retrying,
    RunEvent,
    TextDelta,
    Warned,
)
from agentic_flow.core.values import Prompt, StopReason, Target
from agentic_flow.runner.deps import Deps
from agentic_flow.runner.record import Record

_CUT_SHORT = {
    StopReason.MAX_TOKENS: ("the answer was cut at the token limit", "raise --max-tokens or ask for less"),
    StopReason.CONTEXT_WINDOW: (
        "the answer was cut: the context window is full",
        "shorten the task or context",
    ),
    StopReason.REFUSAL: ("the model refused to answer", "rephrase the task or choose another model"),
    StopReason.CIRCLING: (
        "the model said the same over and over",
        "name the files that the task is about, rephrase it, or choose another model",
    ),
    StopReason.OTHER: ("the model stopped for a reason that is not a complete answer", "run it again"),
}


def answer(prompt: Prompt, target: Target, deps: Deps, record: Record) -> Generator[RunEvent]:
    """Ask the target, and whoever stands behind it, until one has answered in full.

    What ends it is noted and raised; whoever knows what follows announces it.
    """
    yield AttemptStarted(target)
    call = record.call(target)
    try:
        with closing(deps.provider(target).stream(prompt)) as events:
            for event in events:
                match event:
                    case TextDelta():
                        record.hear(event.text)
                        yield event
                    case Progress() | Warned():
                        yield event
                    case Metered() | Finished():
                        call.last = event
                    case Retrying():
                        failed = record.fail(call, event.error)
                        call = record.call(event.target, event.wait)
                        yield AttemptFailed(failed, f"trying again in {event.wait:.1f} s")
                    case FellBack():
                        then = f"falling back to {event.next}"
                        yield AttemptFailed(record.fail(call, event.error), then)
                        call = record.call(event.next)
                        yield AttemptStarted(event.next)
                    case _:
                        assert_never(event)
        _require_complete(call.last, record.text)
    except FlowError as failure:
        record.fail(call, failure)
        raise
    except BaseException as end:  # a reader who leaves, or a bug: what was asked may be billed all the same
        record.break_off(call, end)
        raise
    record.attempts.append(call.attempt(deps.clock(), None, deps.price))


def _require_complete(last: Metered | Finished | None, text: str) -> None:
    if not isinstance(last, Finished):
        raise IncompleteAnswer(
            "the stream ended without its terminal marker; what came is not the whole answer"
        )
    if not last.stop_reason.complete:
        what, remedy = _CUT_SHORT[last.stop_reason]
        raise IncompleteAnswer(f"{what}{f' ({last.why})' if last.why else ''}; {remedy}")
    if not text.strip():
        raise IncompleteAnswer("the model answered with nothing; run it again or choose another model")
