"""The Messages dialect: what is asked, and what an answer means."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import (
    IncompleteAnswer,
    KeyProblem,
    OutOfCredit,
    ProviderUnavailable,
)
from agentic_flow.core.events import Finished, Metered, Progress, TextDelta, Warned
from agentic_flow.core.settings import RemoteSettings
from agentic_flow.core.values import Message, Prompt, Role, Sampling, StopReason, Usage
from agentic_flow.providers.anthropic import AnthropicProvider, request_body
from agentic_flow.providers.payload import JsonObject
from tests.providers.playback import KEY, PROMPT, Playback, PlayedWire, Told, settings, tell, wire_on


def sse(*events: JsonObject) -> list[bytes]:
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]


def started(**usage: int) -> JsonObject:
    return {"type": "message_start", "message": {"model": "claude-x", "usage": {"input_tokens": 10, **usage}}}


def text(words: str) -> JsonObject:
    return {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": words}}


def thought(words: str) -> JsonObject:
    return {"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": words}}


def ended(reason: str | None, **usage: int) -> JsonObject:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 3, **usage}}


def error(kind: str, message: str = "no") -> JsonObject:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


STOP: JsonObject = {"type": "message_stop"}
PING: JsonObject = {"type": "ping"}


def answer(*events: JsonObject) -> Told:
    return tell(AnthropicProvider(settings(), PlayedWire(sse(*events))))


def test_an_answer_is_its_words_then_its_end() -> None:
    told = answer(started(), text("Hi"), PING, text(" there"), ended("end_turn"), STOP)
    assert told.text == "Hi there"
    assert told.finished == Finished(Usage(10, 3), StopReason.END, "claude-x", None)


def test_all_input_counts_cached_or_not_and_the_last_count_wins() -> None:
    told = answer(
        started(cache_creation_input_tokens=100, cache_read_input_tokens=1000),
        text("x"),
        ended("end_turn", input_tokens=20),
        STOP,
    )
    assert told.finished.usage == Usage(1120, 3, cached_input_tokens=1000, cache_write_tokens=100)


def test_a_count_that_is_no_number_leaves_the_one_before() -> None:
    usage: JsonObject = {"output_tokens": 3, "input_tokens": -1, "cache_creation": {"ephemeral": 1}}
    closing: JsonObject = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": usage}
    told = answer(started(output_tokens=2), text(""), text("x"), closing, STOP)
    assert told.finished.usage == Usage(10, 3)


@pytest.mark.parametrize("count", [None, "7", -7, 10.5])
def test_the_guess_that_an_answer_begins_with_is_never_what_it_cost(count: object) -> None:
    """Where the end does not say how long it is, nobody knows: a limit then counts the most it can be."""
    closing: JsonObject = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": count},
    }
    assert not answer(started(output_tokens=1), text("x"), closing, STOP).finished.usage.known
    unread = answer(started(input_tokens=0), text("x"), ended("end_turn"), STOP)
    assert not unread.finished.usage.known


def test_why_an_answer_ends_is_said_in_the_provider_s_words() -> None:
    details: JsonObject = {"category": "cyber", "explanation": "This is \x1bharmful."}
    delta: JsonObject = {"stop_reason": "refusal", "stop_details": details}
    refused: JsonObject = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 3}}
    assert answer(started(), text("x"), refused, STOP).finished.why == "This is harmful."
    assert answer(started(), text("x"), ended("pause_turn"), STOP).finished.why == "pause_turn"
    assert answer(started(), text("x"), ended("end_turn"), STOP).finished.why == ""


def test_what_was_used_is_known_before_the_end() -> None:
    told = answer(started(), text("Hi"))
    assert Metered(Usage(10, 0)) in told.events
    assert told.failure.maybe_billed


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("end_turn", StopReason.END),
        ("stop_sequence", StopReason.STOP_SEQUENCE),
        ("max_tokens", StopReason.MAX_TOKENS),
        ("model_context_window_exceeded", StopReason.CONTEXT_WINDOW),
        ("refusal", StopReason.REFUSAL),
        ("tool_use", StopReason.OTHER),
        ("pause_turn", StopReason.OTHER),
        ("brand_new", StopReason.OTHER),
        (None, StopReason.OTHER),
    ],
)
def test_each_reason_to_stop(said: str | None, reason: StopReason) -> None:
    assert answer(started(), text("x"), ended(said), STOP).finished.stop_reason is reason


def test_a_refusal_before_the_first_output_is_free_and_a_later_one_is_not() -> None:
    assert answer(started(), ended("refusal"), STOP).finished.cost_usd == Decimal(0)
    assert answer(started(), text("Well"), ended("refusal"), STOP).finished.cost_usd is None
    assert answer(started(), thought("Hm"), ended("refusal"), STOP).finished.cost_usd is None


@pytest.mark.parametrize("length", range(5))
def test_an_answer_without_its_end_mark_is_cut_however_whole_it_looks(length: int) -> None:
    whole = [started(), text("Hi"), text("."), ended("end_turn")]
    failure = answer(*whole[:length]).failure
    assert type(failure) is IncompleteAnswer
    assert "cut" in str(failure)


def test_the_end_mark_counts_without_a_blank_line_after_it() -> None:
    stream = b"".join(sse(started(), text("Hi"), ended("end_turn"), STOP))
    told = tell(AnthropicProvider(settings(), PlayedWire([stream.rstrip(b"\n")])))
    assert told.finished.stop_reason is StopReason.END


def test_nothing_after_the_end_mark_matters() -> None:
    told = answer(started(), text("Hi"), ended("end_turn"), STOP, error("api_error"))
    assert told.finished.stop_reason is StopReason.END


def test_thoughts_and_tools_are_not_shown_but_show_that_it_works() -> None:
    tool = {"type": "content_block_delta", "delta": {"type": "input_json_delta", "partial_json": "{"}}
    told = answer(started(), thought("Hm"), tool, text("Hi"), ended("end_turn"), STOP)
    assert told.text == "Hi"
    assert told.events.count(Progress("thinking")) == 2


def test_a_model_that_took_over_is_the_model_that_served() -> None:
    block = {"type": "fallback", "from": {"model": "claude-x"}, "to": {"model": "claude-y"}}
    told = answer(
        started(), {"type": "content_block_start", "content_block": block}, text("x"), ended("end_turn"), STOP
    )
    assert told.finished.model == "claude-y"


def test_an_error_inside_the_stream_is_judged_by_its_type_not_by_status_200() -> None:
    busy = answer(error("overloaded_error", "Overloaded")).failure
    assert isinstance(busy, ProviderUnavailable)
    assert (busy.retryable, busy.maybe_billed) == (True, False)
    assert (
        str(busy) == "anthropic is busy: Overloaded [request req_1]; try again later or choose another model"
    )
    assert isinstance(answer(started(), error("billing_error")).failure, OutOfCredit)


def test_an_error_after_a_thought_may_have_been_billed_though_its_kind_is_free() -> None:
    busy = answer(started(), thought("Hm"), error("overloaded_error")).failure
    assert isinstance(busy, ProviderUnavailable)
    assert (busy.retryable, busy.maybe_billed) == (True, True)


def test_an_error_after_the_first_words_leaves_a_cut_answer() -> None:
    told = answer(started(), text("Hi"), error("overloaded_error"))
    assert told.text == "Hi"
    assert type(told.failure) is IncompleteAnswer


def test_an_event_that_is_no_json_breaks_the_answer() -> None:
    provider = AnthropicProvider(settings(), PlayedWire([*sse(started(), text("Hi")), b"data: {oops\n\n"]))
    assert type(tell(provider).failure) is IncompleteAnswer


SPOKEN = sse(started(), thought("Hm"), text("grüß "), text("dich 🌋"), ended("end_turn"), STOP)
NOISE = st.sampled_from(
    [
        *sse(
            PING, {"type": "brand_new", "delta": {"text": "no"}}, {"type": "content_block_stop", "index": 0}
        ),
        b": keep-alive\n\n",
        b"event: ping\n\n",
        b"data: {}\n\n",
        b"\n\n",
    ]
)


@given(st.lists(st.tuples(st.integers(0, len(SPOKEN) - 1), NOISE)), st.integers(1, 40))
def test_pings_comments_and_unknown_events_change_nothing(noise: list[tuple[int, bytes]], size: int) -> None:
    pieces = list(SPOKEN)
    for place, piece in sorted(noise, reverse=True):
        pieces.insert(place, piece)
    stream = b"".join(pieces)
    told = tell(
        AnthropicProvider(
            settings(), PlayedWire(stream[at : at + size] for at in range(0, len(stream), size))
        )
    )
    assert told.text == "grüß dich 🌋"
    assert told.finished == Finished(Usage(10, 3), StopReason.END, "claude-x", None)


def test_halves_of_a_character_in_two_events_become_one() -> None:
    halves = [
        b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"%s"}}\n\n' % half
        for half in (rb"a\ud83d", rb"\ude00b", rb"\ud83d")
    ]
    told = tell(
        AnthropicProvider(settings(), PlayedWire([*sse(started()), *halves, *sse(ended("end_turn"), STOP)]))
    )
    assert told.text == "a\N{GRINNING FACE}b\N{REPLACEMENT CHARACTER}"
    told.text.encode()


def test_an_answer_in_one_piece_is_read_as_one() -> None:
    whole = {
        "type": "message",
        "model": "claude-x",
        "content": [{"type": "thinking", "thinking": "Hm"}, {"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": 7, "output_tokens": 2},
    }
    pieces = [b"  \n", json.dumps(whole).encode()]
    told = tell(
        AnthropicProvider(settings(), PlayedWire(pieces, headers={"content-type": "application/json"}))
    )
    assert (told.text, told.finished) == ("Hi", Finished(Usage(7, 2), StopReason.END, "claude-x", None))


@pytest.mark.parametrize(
    "body", [b"{}", b'{"input_tokens": 5}', b'{"type": "message"', b'{"type": "\xff"}', b"[]", b"", b"null"]
)
def test_json_that_is_no_answer_is_no_success(body: bytes) -> None:
    told = tell(
        AnthropicProvider(settings(), PlayedWire([body], headers={"content-type": "application/json"}))
    )
    assert isinstance(told.failure, ProviderUnavailable | IncompleteAnswer)


def test_an_error_in_one_piece_under_status_200_is_an_error() -> None:
    body = json.dumps(error("overloaded_error")).encode()
    told = tell(
        AnthropicProvider(settings(), PlayedWire([body], headers={"content-type": "application/json"}))
    )
    assert isinstance(told.failure, ProviderUnavailable)
    assert told.failure.retryable


def asked(model: str, **sampling: object) -> tuple[JsonObject, list[str]]:
    return request_body(Prompt(model, PROMPT.messages, Sampling(**sampling)))  # type: ignore[arg-type]  # a test's own


def test_the_request_names_a_bounded_answer_and_keeps_the_template_cached() -> None:
    body, unsent = asked("claude-opus-5-5")
    assert body == {
        "model": "claude-opus-5-5",
        "max_tokens": 8192,
        "stream": True,
        "messages": [{"role": "user", "content": "Hello"}],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    }
    assert unsent == []
    assert asked("claude-opus-5-5", max_tokens=100)[0]["max_tokens"] == 100
    assert asked("claude-opus-5-5", stop=("END", " \n"))[0]["stop_sequences"] == ["END"]


def test_an_empty_template_is_not_sent() -> None:
    """The API refuses an empty block."""
    prompt = Prompt("claude-x", (Message(Role.SYSTEM, " "), Message(Role.USER, "Hello")))
    assert "system" not in request_body(prompt)[0]


@pytest.mark.parametrize(
    ("model", "takes"),
    [
        ("claude-3-5-sonnet-20241022", True),
        ("claude-3-opus-20240229", True),
        ("claude-sonnet-4-20250514", True),
        ("claude-haiku-4-5-20251001", True),
        ("claude-opus-4-6", True),
        ("claude-opus-4-7", False),
        ("claude-sonnet-5", False),
        ("claude-opus-5-5", False),
        ("claude-fable-5-2", False),
        ("claude-opus-10-1", False),
        ("some-other-model", False),
    ],
)
def test_sampling_is_sent_only_where_the_model_takes_it(model: str, *, takes: bool) -> None:
    body, unsent = asked(model, temperature=0.7)
    assert ("temperature" in body, unsent) == (takes, [] if takes else ["temperature"])


def test_temperature_and_top_p_exclude_each_other_on_newer_models() -> None:
    assert asked("claude-haiku-4-5", temperature=0.5, top_p=0.9)[1] == ["top_p"]
    assert asked("claude-haiku-4-5", top_p=0.9)[0]["top_p"] == 0.9
    assert asked("claude-3-haiku-20240307", temperature=0.5, top_p=0.9)[1] == []


def test_a_temperature_above_the_scale_is_its_top() -> None:
    assert asked("claude-haiku-4-5", temperature=1.7)[0]["temperature"] == 1.0


def test_what_could_not_be_told_is_said_once_before_the_answer() -> None:
    prompt = Prompt("claude-opus-5-5", PROMPT.messages, Sampling(temperature=0.7, seed=1))
    wire = PlayedWire(sse(started(), text("Hi"), ended("end_turn"), STOP))
    told = tell(AnthropicProvider(settings(), wire), prompt)
    assert told.events[0] == Warned("claude-opus-5-5 does not take temperature and seed; asked without")


def test_the_default_temperature_of_zero_is_left_out_without_a_word() -> None:
    assert asked("claude-opus-5-5", temperature=0.0) == asked("claude-opus-5-5")


@pytest.mark.parametrize("base", ["http://localhost:7", "http://localhost:7/", "http://localhost:7/v1"])
def test_the_request_on_the_wire(base: str) -> None:
    network = Playback([b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n", *sse(started(), STOP)])
    tell(AnthropicProvider(settings(base), wire_on(network)))
    head, _, body = b"".join(network.sent).decode().partition("\r\n\r\n")
    assert head.startswith("POST /v1/messages HTTP/1.1\r\n")
    assert f"\r\nx-api-key: {KEY}" in head
    assert "\r\nanthropic-version: 2023-06-01" in head
    assert "\r\nhost: localhost:7" in head
    assert KEY not in body
    assert json.loads(body)["stream"] is True


def test_without_a_key_nothing_is_connected_to() -> None:
    network = Playback([])
    told = tell(AnthropicProvider(RemoteSettings(), wire_on(network)))
    assert isinstance(told.failure, KeyProblem)
    assert "ANTHROPIC_API_KEY" in str(told.failure)
    assert network.connected == []


def test_a_text_block_may_begin_with_words() -> None:
    begun: JsonObject = {"type": "content_block_start", "content_block": {"type": "text", "text": "Hi"}}
    assert [
        event
        for event in answer(started(), begun, ended("end_turn"), STOP).events
        if isinstance(event, TextDelta)
    ] == [TextDelta("Hi")]


ADAPTIVE = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}


@pytest.mark.parametrize(
    ("model", "wanted", "sent"),
    [
        ("claude-opus-5-5", None, {}),
        ("claude-opus-5-5", "high", ADAPTIVE),
        ("claude-sonnet-4-6", "high", ADAPTIVE),
        ("claude-fable-5-2", "high", ADAPTIVE),
        ("claude-opus-5-5", "off", {"thinking": {"type": "disabled"}}),
        ("claude-fable-5-2", "off", None),
        ("claude-haiku-4-5-20251001", "medium", {"thinking": {"type": "enabled", "budget_tokens": 4096}}),
        ("claude-haiku-4-5", "off", {"thinking": {"type": "disabled"}}),
        ("claude-3-5-haiku-20241022", "off", {}),
        ("claude-3-5-haiku-20241022", "low", None),
        ("a-name-nobody-can-read", "low", None),
    ],
)
def test_thinking_is_said_in_the_way_the_model_takes_it(
    model: str, wanted: str | None, sent: dict[str, object] | None
) -> None:
    body, unsent = request_body(Prompt(model, PROMPT.messages, Sampling(max_tokens=10_000)), wanted)
    assert {name: body[name] for name in ("thinking", "output_config") if name in body} == (sent or {})
    assert (f"thinking {wanted}" in unsent) == (sent is None)


def test_what_a_model_is_to_think_leaves_room_for_its_answer_where_nobody_says_how_long() -> None:
    longest = [request_body(PROMPT, thinking)[0]["max_tokens"] for thinking in (None, "off", "low", "high")]
    assert longest == [8192, 8192, 10_240, 32_768]


def test_a_budget_of_thoughts_leaves_half_the_answer_for_words() -> None:
    def budget(max_tokens: int) -> object:
        prompt = Prompt("claude-haiku-4-5", PROMPT.messages, Sampling(max_tokens=max_tokens))
        return request_body(prompt, "high")[0].get("thinking")

    assert budget(8000) == {"type": "enabled", "budget_tokens": 4000}
    assert budget(2000) is None


def test_a_model_that_thinks_is_told_nothing_of_sampling() -> None:
    sampling = Sampling(temperature=0.7, top_p=0.9)
    body, unsent = request_body(Prompt("claude-haiku-4-5", PROMPT.messages, sampling), "low")
    assert not body.keys() & {"temperature", "top_p"}
    assert unsent == ["temperature", "top_p"]
