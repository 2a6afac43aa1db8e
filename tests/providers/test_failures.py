"""Every way a provider says no, and what a person is told to do about it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import (
    ContextOverflow,
    FlowError,
    IncompleteAnswer,
    KeyProblem,
    OutOfCredit,
    ProviderUnavailable,
    UnknownModel,
)
from agentic_flow.providers.complaints import Complaint, asked_wait, complaint_in, shown_words
from agentic_flow.providers.failures import failure_of
from agentic_flow.providers.payload import JsonObject

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


def fail(body: JsonObject, status: int | None = None, *, visible: bool = False) -> FlowError:
    complaint = complaint_in("acme", body, str)
    if status is not None:
        complaint = Complaint(
            "acme",
            complaint.message,
            status,
            complaint.words,
            complaint.retry,
            complaint.retry_after,
            complaint.flagged,
        )
    return failure_of(complaint, visible=visible)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, KeyProblem),
        (402, OutOfCredit),
        (403, KeyProblem),
        (404, UnknownModel),
        (413, ContextOverflow),
        (400, ProviderUnavailable),
        (422, ProviderUnavailable),
        (500, ProviderUnavailable),
    ],
)
def test_a_bare_status_is_enough(status: int, kind: type[FlowError]) -> None:
    assert type(fail({}, status)) is kind


@pytest.mark.parametrize("status", [429, 503, 529])
def test_what_was_refused_before_generation_is_free_to_try_again(status: int) -> None:
    failure = fail({"error": {"message": "later"}}, status)
    assert isinstance(failure, ProviderUnavailable)
    assert (failure.retryable, failure.maybe_billed) == (True, False)


@pytest.mark.parametrize("status", [500, 502, 504, 520, 524])
def test_what_broke_on_the_way_may_have_been_billed(status: int) -> None:
    failure = fail({}, status)
    assert isinstance(failure, ProviderUnavailable)
    assert (failure.retryable, failure.maybe_billed) == (True, True)


@pytest.mark.parametrize("status", [400, 405, 409, 422])
def test_other_refusals_are_not_tried_again(status: int) -> None:
    failure = fail({}, status)
    assert isinstance(failure, ProviderUnavailable)
    assert not failure.retryable
    assert not failure.maybe_billed


def test_a_time_out_at_the_provider_is_not_tried_again_and_may_have_been_billed() -> None:
    failure = fail({}, 408)
    assert isinstance(failure, ProviderUnavailable)
    assert (failure.retryable, failure.maybe_billed) == (False, True)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}}),
        (429, {"type": "insufficient_quota", "code": "insufficient_quota"}),
        (
            400,
            {"type": "invalid_request_error", "message": "You have reached your specified API usage limits."},
        ),
        (
            400,
            {"type": "invalid_request_error", "message": "Your credit balance is too low to access the API"},
        ),
        (403, {"code": 403, "message": "Key limit exceeded (daily limit). Manage it using ..."}),
        (None, {"type": "billing_error", "message": "no"}),
    ],
)
def test_a_spend_limit_is_known_behind_any_status(status: int | None, error: JsonObject) -> None:
    """It is not a rate limit: waiting does not help."""
    assert isinstance(fail({"error": error}, status), OutOfCredit)


def test_a_rate_limit_that_only_speaks_of_tokens_stays_one() -> None:
    message = "This request would exceed your rate limit of 40,000 input tokens per minute"
    failure = fail({"error": {"type": "rate_limit_error", "message": message}}, 429)
    assert isinstance(failure, ProviderUnavailable)


@pytest.mark.parametrize(
    "error",
    [
        {"message": "prompt is too long: 300000 tokens > 200000 maximum"},
        {"message": "This endpoint's maximum context length is 8192 tokens. However, you requested 9000"},
        {"message": "Requested tokens (600) exceed context window of 512"},
        {"code": "context_length_exceeded", "message": "no"},
    ],
)
def test_a_prompt_that_does_not_fit_is_an_overflow(error: JsonObject) -> None:
    assert isinstance(fail({"error": error}, 400), ContextOverflow)


def test_a_blocked_prompt_is_a_refusal_not_a_key_problem() -> None:
    blocked: JsonObject = {
        "error": {"code": 403, "message": "blocked", "metadata": {"reasons": ["violence"]}}
    }
    failure = fail(blocked, 403)
    assert type(failure) is IncompleteAnswer


@pytest.mark.parametrize(
    "said", ["foo/bar is not a valid model ID", "Invalid model name passed in model=foo"]
)
def test_a_model_that_only_the_sentence_calls_unknown(said: str) -> None:
    assert isinstance(fail({"error": {"message": said}}, 400), UnknownModel)


def test_a_model_that_the_account_may_not_use_is_not_unknown() -> None:
    error = {"message": "No endpoints found matching your data policy", "code": 404}
    assert isinstance(fail({"error": error}, 404), ProviderUnavailable)


@pytest.mark.parametrize("code", [429, "429", "rate_limit_exceeded"])
def test_a_code_may_be_a_number_or_a_word(code: object) -> None:
    failure = fail({"error": {"code": code, "message": "slow down"}})
    assert isinstance(failure, ProviderUnavailable)
    assert (failure.retryable, failure.maybe_billed) == (True, False)


def test_an_error_that_says_nothing_known_may_have_been_billed() -> None:
    failure = fail({"error": {"type": "brand_new_error", "message": "?"}})
    assert isinstance(failure, ProviderUnavailable)
    assert (failure.retryable, failure.maybe_billed) == (True, True)


def test_after_the_first_word_every_failure_is_a_cut_answer() -> None:
    for error in ({"type": "overloaded_error"}, {"type": "api_error"}, {"code": 400}):
        failure = fail({"error": error}, visible=True)
        assert type(failure) is IncompleteAnswer
        assert failure.maybe_billed


def test_the_provider_decides_about_trying_again_where_it_says_so() -> None:
    for said in (True, False):
        body: JsonObject = {"error": {"message": "?", "availability": {"retryable": said, "retry_after": 40}}}
        failure = fail(body, 503)
        assert isinstance(failure, ProviderUnavailable)
        assert (failure.retryable, failure.retry_after) == (said, 40.0)
        assert "wait 40 s" in str(failure)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "25"}, 25.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sun, 22 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_the_wait_a_provider_asks_for(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait(headers, NOW) == seconds


@given(st.text(), st.text())
def test_no_header_breaks_the_reading_of_a_wait(seconds: str, milliseconds: str) -> None:
    wait = asked_wait({"retry-after": seconds, "retry-after-ms": milliseconds}, NOW)
    assert wait is None or wait >= 0


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "error",
                        "message",
                        "type",
                        "code",
                        "metadata",
                        "details",
                        "availability",
                        "raw",
                        "retry_after",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_no_shape_of_an_error_breaks_its_reading(body: object) -> None:
    failure = fail(body if isinstance(body, dict) else {"error": body})
    assert str(failure).startswith("acme ")


def test_the_words_of_the_provider_behind_it_are_passed_on() -> None:
    error = {"code": 429, "message": "Provider returned error", "metadata": {"raw": "slow down, says Acme"}}
    assert "Provider returned error: slow down, says Acme" in str(fail({"error": error}, 429))


def test_a_key_too_short_to_be_one_does_not_riddle_the_text() -> None:
    assert shown_words("example", "e") == "example"


def test_words_of_a_stranger_are_one_short_line_without_controls_or_key() -> None:
    words = f"a\x1b[2J\nb\u202e sk-secret {'long ' * 100}"
    shown = shown_words(words, "sk-secret")
    assert shown.startswith("a[2J b *** long")
    assert len(shown) == 300
    assert shown.isprintable()


def test_a_key_is_found_even_when_controls_hide_it() -> None:
    """Hidden characters go first: what is left is what a person would read."""
    assert "sk-secret" not in shown_words("sk-\u200bsec\x00ret", "sk-secret")


def test_a_key_at_the_cut_is_not_half_shown() -> None:
    assert "sk-sec" not in shown_words("x" * 290 + " sk-secret", "sk-secret")
