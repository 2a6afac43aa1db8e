"""What a provider said went wrong, in any of its shapes -> one `Complaint`. Pure; judges nothing.

An error stands in a body, in an event of a stream that began with HTTP 200, or in a choice; its code is a
number or a word; a wait is a header or a field. And every word of it was written by a stranger.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime

from agentic_flow.core.frozen import frozen
from agentic_flow.core.secrets import without_keys
from agentic_flow.providers.payload import JsonObject, amount, child, count, word

_LONGEST = 300
_SHORTEST_SECRET = 4


@frozen
class Complaint:
    """What a provider said went wrong, wherever it said so."""

    provider: str
    message: str
    """For a person, already fit to be shown."""
    status: int | None = None
    words: tuple[str, ...] = ()
    """Error types and codes, the most telling first."""
    retry: bool | None = None
    """What the provider itself says about trying again."""
    retry_after: float | None = None
    flagged: bool = False
    """The prompt was blocked for what it says."""
    request_id: str = ""


def complaint_in(provider: str, body: JsonObject, shown: Callable[[str], str]) -> Complaint:
    """Read the `error` object of a body or of an event, in any of the shapes both dialects know."""
    error = child(body, "error")
    meta, availability = child(error, "metadata"), child(error, "availability")
    telling = (
        word(child(error, "details"), "error_code"),
        word(availability, "code"),
        word(error, "error_type") or word(meta, "error_type"),
        word(error, "code"),
        word(error, "type"),
    )
    text = word(error, "message") or word(body, "error") or word(body, "message") or word(body, "detail")
    if raw := word(meta, "raw"):  # the words of the provider behind OpenRouter
        text = f"{text}: {raw}"
    retryable = availability.get("retryable")
    wait = amount(availability, "retry_after")
    return Complaint(
        provider,
        shown(text),
        status=_status_in(error),
        words=tuple(name for name in telling if name),
        retry=retryable if isinstance(retryable, bool) else None,
        retry_after=None if wait is None else float(wait),
        flagged=any(name in meta for name in ("patterns", "reasons", "flagged_input")),
        request_id=shown(word(body, "request_id")),
    )


def _status_in(error: JsonObject) -> int | None:
    number = count(error, "code") or count(error, "http_status")
    if re.fullmatch(r"\d{3}", code := word(error, "code"), re.ASCII):
        number = int(code)
    return number if number is not None and 100 <= number <= 599 else None  # noqa: PLR2004  (what HTTP has)


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Return the seconds that `retry-after-ms` or `retry-after` (seconds or an HTTP date) ask for.

    `now` is the time as seconds since 1970.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d{1,12}(\.\d{1,12})?", value, re.ASCII):
            return float(value) * unit
    try:
        return max(0.0, parsedate_to_datetime(headers.get("retry-after", "")).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def shown_words(text: str, *secrets: str) -> str:
    """Return a stranger's words fit to be shown: one short line, no control characters, no key."""
    seen = "".join(" " if character.isspace() else character for character in text if not _hidden(character))
    for secret in secrets:
        if len(secret) >= _SHORTEST_SECRET:
            seen = seen.replace(secret, "***")
    seen = " ".join(without_keys(seen, "***").split())
    return seen if len(seen) <= _LONGEST else f"{seen[: _LONGEST - 3]}..."


def _hidden(character: str) -> bool:
    """Tell what could drive a terminal or hide words: controls, formats (bidi), lone surrogates."""
    return not character.isspace() and unicodedata.category(character) in ("Cc", "Cf", "Cs")
