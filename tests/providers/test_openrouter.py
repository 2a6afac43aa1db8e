"""The chat completions dialect: what is asked, and what an answer means."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import IncompleteAnswer, KeyProblem, OutOfCredit, ProviderUnavailable
from agentic_flow.core.events import Finished, Metered, Progress
from agentic_flow.core.settings import RemoteSettings
from agentic_flow.core.values import Prompt, Sampling, StopReason, Usage
from agentic_flow.providers.openrouter import OpenRouterProvider, request_body
from agentic_flow.providers.payload import JsonObject
from tests.providers.playback import KEY, PROMPT, Playback, PlayedWire, Told, settings, tell, wire_on

DONE = b"data: [DONE]\n\n"
USAGE: JsonObject = {"prompt_tokens": 10, "completion_tokens": 3}
JSON = {"content-type": "application/json"}


def sse(*events: JsonObject) -> list[bytes]:
    return [f"data: {json.dumps(event)}\n\n".encode() for event in events]


def chunk(
    content: str | None = None, finish: str | None = None, native: str | None = None, **more: object
) -> JsonObject:
    choice = {"delta": {"content": content}, "finish_reason": finish, "native_finish_reason": native}
    return {"model": "maker/model", "choices": [choice], **more}


def answer(*events: JsonObject, done: bool = True) -> Told:
    return tell(OpenRouterProvider(settings(), PlayedWire([*sse(*events), *([DONE] if done else [])])))


def test_an_answer_is_its_words_then_its_end() -> None:
    told = answer(chunk("Hi"), chunk(" there"), chunk("", "stop"), chunk(None, "stop", usage=USAGE))
    assert told.text == "Hi there"
    assert told.finished == Finished(Usage(10, 3), StopReason.END, "maker/model", None)


def test_a_count_that_is_no_number_makes_all_of_them_unknown() -> None:
    for usage in ({**USAGE, "prompt_tokens": "10"}, {**USAGE, "completion_tokens": -3}, {"total_tokens": 13}):
        assert not answer(chunk("x", "stop", usage=usage)).finished.usage.known


def test_why_an_answer_ends_is_said_in_the_provider_s_words() -> None:
    assert answer(chunk("x", "tool_calls", usage=USAGE)).finished.why == "tool_calls"
    assert answer(chunk("x", "stop", usage=USAGE)).finished.why == ""


def test_usage_may_come_without_choices_with_them_or_not_at_all() -> None:
    assert answer(chunk("x", "stop"), {"choices": [], "usage": USAGE}).finished.usage == Usage(10, 3)
    assert answer(chunk("x", "stop", usage=USAGE)).finished.usage == Usage(10, 3)
    assert not answer(chunk("x", "stop")).finished.usage.known


def costing(cost: str) -> Told:
    """Tell an answer whose cost is written exactly so; `json.dumps` would round it."""
    choices = '"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]'
    usage = f'"usage":{{"prompt_tokens":1,"completion_tokens":1,"cost":{cost}}}'
    return tell(
        OpenRouterProvider(settings(), PlayedWire([f"data: {{{choices},{usage}}}\n\n".encode(), DONE]))
    )


def test_the_cost_is_what_the_provider_charged_to_the_last_digit() -> None:
    told = costing("0.0076509169000000005")
    assert told.finished.cost_usd == Decimal("0.0076509169000000005")
    assert Metered(Usage(1, 1), Decimal("0.0076509169000000005")) in told.events


def test_a_cost_may_be_written_as_text_as_prices_are() -> None:
    assert costing('"0.0076509169000000005"').finished.cost_usd == Decimal("0.0076509169000000005")
    usage = {**USAGE, "cost": "0.25", "is_byok": True, "cost_details": {"upstream_inference_cost": "0.5"}}
    assert answer(chunk("x", "stop", usage=usage)).finished.cost_usd == Decimal("0.75")


@pytest.mark.parametrize(
    "cost", ["null", '""', '"much"', '"-1"', '"Infinity"', '"1e999999"', "true", "-1", "NaN", "1e999999"]
)
def test_a_cost_that_is_no_amount_is_unknown_never_zero(cost: str) -> None:
    assert costing(cost).finished.cost_usd is None


def test_with_a_key_of_ones_own_the_model_is_paid_for_elsewhere() -> None:
    usage = {**USAGE, "cost": 0, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.5}}
    assert answer(chunk("x", "stop", usage=usage)).finished.cost_usd == Decimal("0.5")


def test_cached_tokens_are_part_of_the_input() -> None:
    usage = {**USAGE, "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 5}}
    assert answer(chunk("x", "stop", usage=usage)).finished.usage == Usage(10, 3, 4, 5)


@pytest.mark.parametrize(
    ("cached", "written", "used"),
    [(40, 5, Usage(55, 3, 40, 5)), (10, 10, Usage(10, 3, 10, 0)), (8, 9, Usage(10, 3, 8, 2))],
)
def test_what_is_cached_is_never_more_than_the_input(cached: int, written: int, used: Usage) -> None:
    """Else the rest would be less than nothing, and the call would earn money."""
    usage = {**USAGE, "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written}}
    assert answer(chunk("x", "stop", usage=usage)).finished.usage == used


@pytest.mark.parametrize(
    ("finish", "native", "reason"),
    [
        ("stop", None, StopReason.END),
        ("stop", "end_turn", StopReason.END),
        ("stop", "stop_sequence", StopReason.STOP_SEQUENCE),
        ("stop", "refusal", StopReason.REFUSAL),
        ("length", "MAX_TOKENS", StopReason.MAX_TOKENS),
        ("length", "model_context_window_exceeded", StopReason.CONTEXT_WINDOW),
        ("content_filter", None, StopReason.REFUSAL),
        ("tool_calls", "tool_use", StopReason.OTHER),
        ("brand_new", None, StopReason.OTHER),
    ],
)
def test_each_reason_to_stop(finish: str, native: str | None, reason: StopReason) -> None:
    assert answer(chunk("x"), chunk("", finish, native, usage=USAGE)).finished.stop_reason is reason


def test_a_refusal_in_its_own_field_is_a_refusal() -> None:
    refused: JsonObject = {"choices": [{"delta": {"refusal": "I cannot."}, "finish_reason": None}]}
    told = answer(refused, chunk("", "stop", usage=USAGE))
    assert (told.text, told.finished.stop_reason) == ("", StopReason.REFUSAL)


@pytest.mark.parametrize("length", range(4))
def test_an_answer_without_done_is_cut_however_whole_it_looks(length: int) -> None:
    whole = [chunk("Hi"), chunk("."), chunk("", "stop", usage=USAGE)]
    assert type(answer(*whole[:length], done=False).failure) is IncompleteAnswer


def test_done_without_a_finish_reason_is_cut() -> None:
    assert type(answer(chunk("Hi")).failure) is IncompleteAnswer
    assert type(answer().failure) is IncompleteAnswer


def test_a_masked_error_is_an_error() -> None:
    """`stop`, says the answer; the network broke, says what stands behind it."""
    masked = answer(chunk("", "stop", "network_error")).failure
    assert isinstance(masked, ProviderUnavailable)
    assert masked.retryable
    assert "network_error" in str(masked)
    assert type(answer(chunk("Hi"), chunk("", "stop", "network_error")).failure) is IncompleteAnswer


def test_a_finished_answer_of_nothing_that_used_nothing_is_an_error() -> None:
    assert isinstance(answer(chunk("", "stop")).failure, ProviderUnavailable)


def test_an_empty_answer_that_was_paid_for_says_so() -> None:
    told = answer(chunk("", "stop", usage=USAGE))
    assert (told.text, told.finished.usage) == ("", Usage(10, 3))


@pytest.mark.parametrize("choices", [[], [{"delta": {"content": ""}, "finish_reason": "error"}]])
def test_an_error_inside_the_stream_whatever_stands_beside_it(choices: list[object]) -> None:
    error = {"code": 429, "message": "slow down", "metadata": {"error_type": "rate_limit_exceeded"}}
    failure = answer({"error": error, "choices": choices}).failure
    assert isinstance(failure, ProviderUnavailable)
    assert (failure.retryable, failure.maybe_billed) == (True, False)


def test_a_finish_reason_of_error_needs_no_error_object() -> None:
    assert isinstance(answer(chunk("", "error")).failure, ProviderUnavailable)


def test_an_error_after_the_end_of_the_words_still_counts_and_so_does_its_usage() -> None:
    failed = answer(
        chunk("Hi", "length"), {"error": {"code": 502, "message": "gone"}, "usage": USAGE, "choices": []}
    )
    assert type(failed.failure) is IncompleteAnswer
    assert Metered(Usage(10, 3)) in failed.events


def test_an_error_inside_a_choice_counts() -> None:
    failure = answer({"choices": [{"error": {"code": 402, "message": "no credit"}, "delta": {}}]}).failure
    assert isinstance(failure, OutOfCredit)


def test_reasoning_is_not_shown_but_shows_that_it_works() -> None:
    thought: JsonObject = {"choices": [{"delta": {"content": "", "reasoning": "Hm"}}]}
    told = answer(thought, chunk("Hi", "stop", usage=USAGE))
    assert told.text == "Hi"
    assert told.events[0] == Progress("thinking")


NOISE = st.sampled_from(
    [
        b": OPENROUTER PROCESSING\n\n",
        b"\n",
        b'data: {"choices":[]}\n\n',
        b"event: x\n\n",
        b'data: {"choices":null}\n\n',
    ]
)
SPOKEN = [*sse(chunk("grüß "), chunk("dich 🌋"), chunk("", "stop"), chunk("", "stop", usage=USAGE)), DONE]


@given(st.lists(st.tuples(st.integers(0, len(SPOKEN) - 1), NOISE)), st.integers(1, 40))
def test_comments_and_empty_chunks_change_nothing(noise: list[tuple[int, bytes]], size: int) -> None:
    pieces = list(SPOKEN)
    for place, piece in sorted(noise, reverse=True):
        pieces.insert(place, piece)
    stream = b"".join(pieces)
    told = tell(
        OpenRouterProvider(
            settings(), PlayedWire(stream[at : at + size] for at in range(0, len(stream), size))
        )
    )
    assert told.text == "grüß dich 🌋"
    assert told.finished == Finished(Usage(10, 3), StopReason.END, "maker/model", None)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "choices",
                        "delta",
                        "content",
                        "usage",
                        "error",
                        "finish_reason",
                        "cost",
                        "prompt_tokens",
                    ]
                ),
                inner,
            )
        ),
    )
)
def test_no_json_at_all_breaks_the_decoder(event: object) -> None:
    """Whatever comes, it ends as an answer or as a foreseen failure."""
    told = tell(OpenRouterProvider(settings(), PlayedWire([f"data: {json.dumps(event)}\n\n".encode(), DONE])))
    ended = [each for each in told.events if isinstance(each, Finished)]
    assert len(ended) == (told.error is None)
    assert told.error is None or str(told.error)


def test_an_answer_in_one_piece_is_read_as_one() -> None:
    whole = {
        "model": "m/m",
        "choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}],
        "usage": USAGE,
    }
    told = tell(
        OpenRouterProvider(settings(), PlayedWire([b"\n \n", json.dumps(whole).encode()], headers=JSON))
    )
    assert (told.text, told.finished) == ("Hi", Finished(Usage(10, 3), StopReason.END, "m/m", None))


def test_a_stream_that_calls_itself_json_is_still_a_stream() -> None:
    told = tell(
        OpenRouterProvider(
            settings(), PlayedWire([*sse(chunk("Hi", "stop", usage=USAGE)), DONE], headers=JSON)
        )
    )
    assert told.text == "Hi"


@pytest.mark.parametrize("body", [b"{}", b'{"data": []}', b'{"choices": []}', b'{"choices"', b"[1]"])
def test_json_that_is_no_answer_is_no_success(body: bytes) -> None:
    told = tell(OpenRouterProvider(settings(), PlayedWire([body], headers=JSON)))
    assert isinstance(told.failure, ProviderUnavailable | IncompleteAnswer)


def asked(
    model: str = "maker/model", given_settings: RemoteSettings | None = None, **sampling: object
) -> JsonObject:
    prompt = Prompt(model, PROMPT.messages, Sampling(**sampling))  # type: ignore[arg-type]  # a test's own
    return request_body(prompt, given_settings or settings())


def test_the_request_names_a_bounded_answer_and_asks_for_the_usage() -> None:
    assert asked() == {
        "model": "maker/model",
        "max_tokens": 8192,
        "stream": True,
        "stream_options": {"include_usage": True},
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}],
    }


def test_what_the_person_wishes_is_passed_on() -> None:
    body = asked(max_tokens=5, temperature=0.0, top_p=0.5, seed=7, stop=("END",))
    assert (body["max_tokens"], body["temperature"], body["top_p"]) == (5, 0.0, 0.5)
    assert (body["seed"], body["stop"]) == (7, ["END"])


def test_the_template_is_kept_cached_where_the_model_has_to_be_told() -> None:
    messages = asked("anthropic/claude-opus-5.5")["messages"]
    assert isinstance(messages, list)
    assert messages[0]["content"] == [
        {"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}
    ]
    assert messages[1]["content"] == "Hello"


def test_fallback_models_and_preferences_come_from_the_settings() -> None:
    chosen = settings(fallback_models=("a/b", "c/d"), preferences={"only": ["x"], "max_price": {"prompt": 1}})
    body = asked(given_settings=chosen)
    assert body["models"] == ["a/b", "c/d"]
    assert body["provider"] == {"only": ["x"], "max_price": {"prompt": 1}}


def test_the_request_on_the_wire_says_who_asks() -> None:
    network = Playback([b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", DONE])
    chosen = settings("http://localhost:7/api/v1/", site_url="https://example.org/", app_name="agentic-flöw")
    tell(OpenRouterProvider(chosen, wire_on(network)))
    head, _, body = b"".join(network.sent).decode().partition("\r\n\r\n")
    assert head.startswith("POST /api/v1/chat/completions HTTP/1.1\r\n")
    for field in (
        f"authorization: Bearer {KEY}",
        "http-referer: https://example.org/",
        "x-openrouter-title: agentic-flöw",
    ):
        assert f"\r\n{field}" in head
    assert KEY not in body


def test_without_a_key_nothing_is_connected_to() -> None:
    network = Playback([])
    told = tell(OpenRouterProvider(RemoteSettings(), wire_on(network)))
    assert isinstance(told.failure, KeyProblem)
    assert "OPENROUTER_API_KEY" in str(told.failure)
    assert network.connected == []


@pytest.mark.parametrize(
    ("wanted", "sent"), [(None, None), ("off", {"enabled": False}), ("low", {"effort": "low"})]
)
def test_thinking_is_passed_on_in_openrouters_words(wanted: str | None, sent: object) -> None:
    assert request_body(PROMPT, settings(thinking=wanted)).get("reasoning") == sent
