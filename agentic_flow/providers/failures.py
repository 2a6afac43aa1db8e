"""A provider's complaint -> the `FlowError` that says what to do. Pure; one taxonomy for both dialects.

Sources: https://platform.claude.com/docs/en/api/errors, https://openrouter.ai/docs/api/reference/errors-and-debugging.

Three questions decide: was it refused before anything was generated (then it may be tried again freely),
may it have been billed (then once at most, and the person is told), or will it fail the same way again?
"""

import re
from collections.abc import Mapping
from enum import Enum, auto

from agentic_flow.core.errors import (
    ContextOverflow,
    FlowError,
    IncompleteAnswer,
    KeyProblem,
    OutOfCredit,
    ProviderUnavailable,
    UnknownModel,
)
from agentic_flow.core.patterns import pattern
from agentic_flow.core.waiting import in_seconds
from agentic_flow.providers.complaints import Complaint


class Kind(Enum):
    """What a complaint comes down to."""

    KEY = auto()
    CREDIT = auto()
    BUSY = auto()  # refused before generation
    BROKEN = auto()  # may have been billed
    TIMED_OUT = auto()  # may have been billed, and the same request will take as long again
    UNKNOWN_MODEL = auto()
    TOO_LONG = auto()
    REFUSED = auto()
    INVALID = auto()


_KINDS: Mapping[str, Kind] = {
    # Spend limits come as 429 and as 400; waiting does not help before the month ends.
    "enforced_spend_limit_reached": Kind.CREDIT,
    "contract_spend_limit_reached": Kind.CREDIT,
    "linked_organization_spend_limit_reached": Kind.CREDIT,
    "organization_on_hold": Kind.CREDIT,
    "billing_error": Kind.CREDIT,
    "payment_required": Kind.CREDIT,
    "token_limit_exceeded": Kind.CREDIT,
    "insufficient_quota": Kind.CREDIT,
    "privacy_restricted": Kind.INVALID,
    "capacity_exhausted": Kind.BUSY,
    "authentication_error": Kind.KEY,
    "authentication": Kind.KEY,
    "invalid_api_key": Kind.KEY,
    "context_length_exceeded": Kind.TOO_LONG,
    "string_too_long": Kind.TOO_LONG,
    "request_too_large": Kind.TOO_LONG,
    "payload_too_large": Kind.TOO_LONG,
    "content_policy_violation": Kind.REFUSED,
    "refusal": Kind.REFUSED,
    "model_not_found": Kind.UNKNOWN_MODEL,
}
_GENERAL_KINDS: Mapping[str, Kind] = {
    "permission_error": Kind.KEY,
    "permission_denied": Kind.KEY,
    "rate_limit_error": Kind.BUSY,
    "rate_limit_exceeded": Kind.BUSY,
    "overloaded_error": Kind.BUSY,
    "provider_overloaded": Kind.BUSY,
    "not_found_error": Kind.UNKNOWN_MODEL,
    "not_found": Kind.UNKNOWN_MODEL,
    "api_error": Kind.BROKEN,
    "server": Kind.BROKEN,
    "server_error": Kind.BROKEN,
    "provider_unavailable": Kind.BROKEN,
    "timeout_error": Kind.BROKEN,
    "timeout": Kind.BROKEN,
    "invalid_request_error": Kind.INVALID,
    "invalid_request": Kind.INVALID,
    "conflict_error": Kind.INVALID,
}
_STATUSES: Mapping[int, Kind] = {
    401: Kind.KEY,
    402: Kind.CREDIT,
    403: Kind.KEY,
    404: Kind.UNKNOWN_MODEL,
    408: Kind.TIMED_OUT,
    413: Kind.TOO_LONG,
    429: Kind.BUSY,
    503: Kind.BUSY,
    529: Kind.BUSY,
}
_LATER = "try again later or choose another model"
_MEANINGS: Mapping[Kind, tuple[type[FlowError], str, str]] = {
    Kind.KEY: (KeyProblem, "refused the key", "check {variable}"),
    Kind.CREDIT: (
        OutOfCredit,
        "says that the account may not spend this",
        "add credit or raise the limit there, lower --max-tokens, or choose another provider",
    ),
    Kind.BUSY: (ProviderUnavailable, "is busy", _LATER),
    Kind.BROKEN: (ProviderUnavailable, "failed", _LATER),
    Kind.TIMED_OUT: (ProviderUnavailable, "ran out of time", "lower --max-tokens or choose another model"),
    Kind.UNKNOWN_MODEL: (
        UnknownModel,
        "does not know this model",
        "check its name; it may have been retired",
    ),
    Kind.TOO_LONG: (
        ContextOverflow,
        "cannot take a prompt of this length",
        "shorten the task or its context, lower --max-tokens, or choose another model",
    ),
    Kind.REFUSED: (IncompleteAnswer, "refused the prompt", "rephrase the task or choose another model"),
    Kind.INVALID: (
        ProviderUnavailable,
        "did not accept the request",
        "change what is asked or choose another model",
    ),
}
# What only the sentence tells. Looked at where the status alone would mislead: never for 5xx.
_SENTENCES: tuple[tuple[re.Pattern[str], Kind, frozenset[int | None]], ...] = (
    (
        pattern(
            r"api usage limits|key limit exceeded|credit balance is too low|insufficient credits",
            re.IGNORECASE,
        ),
        Kind.CREDIT,
        frozenset({400, 403, 429, None}),
    ),
    (
        pattern(
            r"prompt is too long|maximum context length|exceed\w* (the )?context (limit|window|length)",
            re.IGNORECASE,
        ),
        Kind.TOO_LONG,
        frozenset({400, 413, 422, None}),
    ),
    (pattern(r"data policy|data retention", re.IGNORECASE), Kind.INVALID, frozenset({404})),
    (
        pattern(r"not a valid model|invalid model name", re.IGNORECASE),
        Kind.UNKNOWN_MODEL,
        frozenset({400}),
    ),
)


def kind_of(complaint: Complaint) -> Kind:
    """Decide what a complaint comes down to: telling words first, then sentences, status, general words."""
    for named in complaint.words:
        if kind := _KINDS.get(named):
            return kind
    for sentence, kind, statuses in _SENTENCES:
        if complaint.status in statuses and sentence.search(complaint.message):
            return kind
    if complaint.flagged:
        return Kind.REFUSED
    if complaint.status is not None and (kind := _STATUSES.get(complaint.status)):
        return kind
    for named in complaint.words:
        if kind := _GENERAL_KINDS.get(named):
            return kind
    return Kind.INVALID if complaint.status is not None and complaint.status < 500 else Kind.BROKEN  # noqa: PLR2004  (5xx)


def failure_of(complaint: Complaint, *, begun: bool = False, visible: bool = False) -> FlowError:
    """Turn a complaint into the error to raise.

    `begun`: something had been generated, so it may have been billed. `visible`: a part of it was seen.
    """
    kind = kind_of(complaint)
    made, what, todo = _MEANINGS[kind]
    said = f"{f' ({complaint.status})' if complaint.status else ''}: {complaint.message or 'no reason given'}"
    if complaint.retry_after:
        said += f" (it asks to wait {in_seconds(complaint.retry_after)})"
    if complaint.request_id:
        said += f" [request {complaint.request_id}]"
    todo = todo.format(variable=key_variable(complaint.provider))
    message = f"{complaint.provider} {what}{said}; {todo}"
    if made is not ProviderUnavailable:
        return made(message, maybe_billed=begun)
    if visible:
        return broken(complaint.provider, f"broke off the answer{said}", visible=True)
    return ProviderUnavailable(
        message,
        retryable=kind in (Kind.BUSY, Kind.BROKEN) if complaint.retry is None else complaint.retry,
        retry_after=complaint.retry_after,
        maybe_billed=begun or kind in (Kind.BROKEN, Kind.TIMED_OUT),
    )


def misdirected(provider: str, what: str) -> ProviderUnavailable:
    """Return the failure of a call that reached something, but nothing that speaks the dialect."""
    message = f"{provider} {what}; check providers.{provider}.baseURL and any proxy on the way"
    return ProviderUnavailable(message, maybe_billed=True)


def broken(provider: str, what: str, *, visible: bool) -> FlowError:
    """Return the failure of an answer that stopped making sense, or stopped, on the way."""
    if visible:
        message = f"{provider} {what}; what came is not all of it, run it again"
        return IncompleteAnswer(message, maybe_billed=True)
    message = f"{provider} {what}; try again later or choose another model"
    return ProviderUnavailable(message, retryable=True, maybe_billed=True)


def unterminated(provider: str) -> IncompleteAnswer:
    """Return the failure of an answer that ended without the marker that says it is whole."""
    message = f"the answer of {provider} was cut: it ended without its end mark; run it again"
    return IncompleteAnswer(message, maybe_billed=True)


def key_variable(provider: str) -> str:
    """Return the environment variable that holds a provider's key."""
    return f"{provider.upper()}_API_KEY"
