"""A remembered run -> spans, named and described as the GenAI semantic conventions do. Pure.

A run is an agent that is invoked, each of its attempts a chat with a model. What the conventions have no name
for is under `agentic_flow`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from agentic_flow.core.frozen import frozen
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.remembered import RememberedRun
from agentic_flow.core.values import Attempt, StopReason, Usage

Value = str | int | float | bool | Sequence[str]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNFIT = (Outcome.CHECK.status, Outcome.OUTPUT.status)
"""How an attempt can end whose call did all it should."""
_FINISH = {
    StopReason.END: "stop",
    StopReason.STOP_SEQUENCE: "stop",
    StopReason.MAX_TOKENS: "length",
    StopReason.CONTEXT_WINDOW: "length",
    StopReason.REFUSAL: "content_filter",
    StopReason.CIRCLING: "circling",
    StopReason.OTHER: "other",
}


@frozen
class Span:
    """Something that took a while. Moments are nanoseconds since 1970."""

    name: str
    began: int
    ended: int
    attributes: Mapping[str, Value]
    error: str | None = None
    """The kind of failure that it ended with."""
    remote: bool = False
    """Whether another machine did it."""


@frozen
class Call(Span):
    """A call of a model."""

    counted: Mapping[str, Value] | None = None
    """What its metrics are told apart by; None where no model was asked: there is nothing to count."""
    usage: Usage = field(default_factory=Usage)


def describe_run(run: RememberedRun, calls: Sequence[Call], *, words: bool) -> Span:
    """Describe the run as a whole; with `words`, also what was asked and answered, if that is kept at all.

    Words of a task that the router takes for private stay here, and so do those that it never came to judge.
    """
    result = run.result
    began = _moment(run.started)
    failed = result.status != Outcome.OK.status
    attributes: dict[str, Value | None] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": result.agent or None,
        "gen_ai.provider.name": result.provider,
        "gen_ai.request.model": result.decision.target.model if result.decision else None,
        "gen_ai.response.model": result.model if result.attempts else None,
        **_used(result.usage),
        "error.type": result.status if failed else None,
        "agentic_flow.run.id": result.run_id,
        "agentic_flow.outcome": result.status,
        "agentic_flow.exit_code": result.exit_code,
        "agentic_flow.attempts": len(result.attempts),
        "agentic_flow.escalated": run.escalated,
        "agentic_flow.cached": result.cached,
        "agentic_flow.cost_usd": _dollars(result.cost_usd),
    }
    profile = result.decision.profile if result.decision else None
    if words and result.decision and not (profile and profile.private):
        finish = calls[-1].attributes.get("gen_ai.response.finish_reasons") if calls else None
        reason = finish[0] if isinstance(finish, tuple) else "error"
        attributes["gen_ai.input.messages"] = _message("user", run.task)
        attributes["gen_ai.output.messages"] = _message("assistant", result.text, finish_reason=reason)
    return Span(
        name=f"invoke_agent {result.agent}".rstrip(),
        began=began,
        ended=max([began + result.duration_ms * 1_000_000, *(call.ended for call in calls)]),
        attributes=_said(attributes),
        error=result.status if failed else None,
    )


def describe_calls(run: RememberedRun, hosted: Collection[str]) -> list[Call]:
    """Describe each attempt of the run, in their order; providers that are `hosted` are on other machines."""
    return [_call(attempt, remote=attempt.provider in hosted) for attempt in run.result.attempts]


def _call(attempt: Attempt, *, remote: bool) -> Call:
    began = _moment(attempt.started)
    asked = attempt.asked or attempt.model
    failed = attempt.error is not None or attempt.outcome != Outcome.OK.status
    error = attempt.outcome if failed and attempt.outcome not in _UNFIT else None
    model: dict[str, Value | None] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": attempt.provider,
        "gen_ai.request.model": asked,
        "gen_ai.response.model": attempt.model if attempt.stop or attempt.usage.known else None,
        "error.type": error,
    }
    attributes: dict[str, Value | None] = {
        **model,
        "gen_ai.response.finish_reasons": (_FINISH[attempt.stop],) if attempt.stop else None,
        **_used(attempt.usage),
        "agentic_flow.outcome": attempt.outcome,
        "agentic_flow.cached": attempt.saved is not None,
        "agentic_flow.cost_usd": _dollars(attempt.cost_usd),
    }
    return Call(
        name=f"chat {asked}",
        began=began,
        ended=began + attempt.duration_ms * 1_000_000,
        attributes=_said(attributes),
        error=error,
        remote=remote and attempt.saved is None,
        counted=_said(model) if attempt.saved is None else None,
        usage=attempt.usage,
    )


def _used(usage: Usage) -> dict[str, Value | None]:
    if not usage.known:
        return {}
    return {
        "gen_ai.usage.input_tokens": usage.input_tokens,
        "gen_ai.usage.output_tokens": usage.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": usage.cached_input_tokens or None,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write_tokens or None,
    }


def _message(role: str, text: str | None, **more: str) -> str | None:
    if not text:
        return None
    said = {"role": role, "parts": [{"type": "text", "content": text}], **more}
    return json.dumps([said], ensure_ascii=False)


def _dollars(amount: Decimal | None) -> float | None:
    """Return an amount to look at: the protocol has no exact numbers. The ledger has."""
    return None if amount is None else float(amount)


def _said(attributes: Mapping[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in attributes.items() if value is not None}


def _moment(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1) * 1000
