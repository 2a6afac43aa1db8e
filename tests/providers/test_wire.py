"""The way out: where a key may go, how long anything may take, and what is left when a connection breaks."""

import logging
import socket
import ssl
import threading
from collections.abc import Iterator

import httpcore
import pytest

from agentic_flow.core.errors import (
    ConfigMistake,
    FlowError,
    IncompleteAnswer,
    KeyProblem,
    LimitReached,
    ProviderUnavailable,
    Terminated,
)
from agentic_flow.core.events import Finished, ProviderEvent, TextDelta
from agentic_flow.core.settings import RemoteSettings, Secret
from agentic_flow.core.values import Prompt
from agentic_flow.providers.anthropic import AnthropicProvider
from agentic_flow.providers.clocks import Patience
from agentic_flow.providers.openrouter import OpenRouterProvider
from agentic_flow.providers.wire import Call, Wire
from tests.providers.loopback import LAST_CHUNK, Asked, Loopback, Peer, chunked, head, says
from tests.providers.playback import KEY, PROMPT, Clock, Pause, Playback, Told, settings, tell, wire_on

START = b'data: {"type":"message_start","message":{"model":"m","usage":{"input_tokens":1}}}\n\n'
HI = b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}\n\n'
THOUGHT = b'data: {"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"Hm"}}\n\n'
END = (
    b'data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}\n\n'
    b'data: {"type":"message_stop"}\n\n'
)
WHOLE = (START, HI, END)
PING = b'data: {"type":"ping"}\n\n'
COMMENT = b": keep-alive\n\n"
PATIENCE = Patience(connect=10, first_token=100, silence=50)


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def play(*script: bytes | Pause | Exception, timeout: float | None = None) -> tuple[Told, Playback]:
    """Tell what comes of a scripted reply, and of which time passed."""
    network = Playback([head(), *script])
    provider = AnthropicProvider(settings(), wire_on(network, PATIENCE))
    return tell(provider, Prompt(PROMPT.model, PROMPT.messages, timeout=timeout)), network


def at(server: Loopback, patience: Patience | None = None) -> AnthropicProvider:
    return AnthropicProvider(settings(server.url), Wire(patience))


# Clocks, on a scripted network: no test waits.


def test_a_model_may_take_its_time_before_the_first_token() -> None:
    told, network = play(START, Pause(99), HI, END)
    assert told.text == "Hi"
    assert network.clock.time == 1099


def test_the_first_token_has_its_own_clock_and_pings_do_not_stop_it() -> None:
    told, network = play(START, *(step for _ in range(1000) for step in (Pause(1), PING, COMMENT)))
    assert isinstance(told.failure, ProviderUnavailable)
    assert (told.failure.retryable, told.failure.maybe_billed) == (True, True)
    assert "did not begin to answer within 100 s" in str(told.failure)
    assert network.clock.time == pytest.approx(1100, abs=1)


def test_no_reply_at_all_ends_on_the_same_clock() -> None:
    network = Playback([Pause(1000)])
    told = tell(AnthropicProvider(settings(), wire_on(network, PATIENCE)))
    assert isinstance(told.failure, ProviderUnavailable)
    assert told.failure.maybe_billed
    assert network.clock.time == 1100


def test_silence_in_the_middle_of_words_is_a_cut_answer() -> None:
    told, network = play(START, Pause(90), HI, *(step for _ in range(1000) for step in (Pause(1), COMMENT)))
    assert type(told.failure) is IncompleteAnswer
    assert "fell silent for 50 s" in str(told.failure)
    assert network.clock.time == pytest.approx(1140, abs=1)


def test_silence_after_a_thought_may_be_tried_again() -> None:
    told, _ = play(START, THOUGHT, Pause(51), HI, END)
    assert isinstance(told.failure, ProviderUnavailable)
    assert told.failure.maybe_billed


def test_thinking_is_not_silence() -> None:
    told, _ = play(START, *(step for _ in range(10) for step in (Pause(40), THOUGHT)), HI, END)
    assert told.text == "Hi"


def test_the_persons_own_limit_counts_everything() -> None:
    told, network = play(START, *(step for _ in range(100) for step in (Pause(3), HI)), timeout=10)
    assert type(told.failure) is LimitReached
    assert told.failure.maybe_billed
    assert "--timeout" in str(told.failure)
    assert network.clock.time == 1010


def test_no_time_at_all_connects_to_nothing() -> None:
    told, network = play(*WHOLE, timeout=0)
    assert type(told.failure) is LimitReached
    assert not told.failure.maybe_billed
    assert network.connected == []


def test_connecting_has_its_own_clock_and_costs_nothing() -> None:
    network = Playback([head(), *WHOLE], connecting=11)
    told = tell(AnthropicProvider(settings(), wire_on(network, PATIENCE)))
    assert isinstance(told.failure, ProviderUnavailable)
    assert (told.failure.retryable, told.failure.maybe_billed) == (True, False)
    assert network.clock.time == 1010


def test_a_slow_reader_is_not_a_silent_provider() -> None:
    """Whoever reads through a pager may take an hour between two words."""
    network = Playback([head(), START, HI, Pause(49), HI, END])
    heard: list[ProviderEvent] = []
    for event in AnthropicProvider(settings(), wire_on(network, PATIENCE)).stream(PROMPT):
        heard.append(event)
        network.clock.time += 3600
    assert isinstance(heard[-1], Finished)


# Broken connections.


@pytest.mark.parametrize("broken", [httpcore.ReadError("reset"), httpcore.RemoteProtocolError("cut")])
def test_a_break_before_the_first_word_may_be_tried_again_and_may_have_been_billed(broken: Exception) -> None:
    for script in ((broken,), (START, broken), (START, THOUGHT, broken)):
        told, _ = play(*script)
        assert isinstance(told.failure, ProviderUnavailable)
        assert (told.failure.retryable, told.failure.maybe_billed) == (True, True)


@pytest.mark.parametrize("broken", [httpcore.ReadError("reset"), httpcore.RemoteProtocolError("cut")])
def test_a_break_after_the_first_word_is_a_cut_answer(broken: Exception) -> None:
    told, _ = play(START, HI, broken)
    assert type(told.failure) is IncompleteAnswer
    assert told.failure.maybe_billed


def test_a_signal_while_a_refusal_is_read_is_not_lost() -> None:
    network = Playback([head(503, content_length="99"), b"busy", Terminated("stopped by SIGTERM")])
    told = tell(AnthropicProvider(settings(), wire_on(network, PATIENCE)), PROMPT)
    assert isinstance(told.failure, Terminated)


def test_a_port_that_nobody_listens_on_costs_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    told = tell(AnthropicProvider(settings(f"http://127.0.0.1:{port}"), Wire()))
    assert isinstance(told.failure, ProviderUnavailable)
    assert (told.failure.retryable, told.failure.maybe_billed) == (True, False)
    assert f"127.0.0.1:{port}" in str(told.failure)


def reset(peer: Peer, _: Asked) -> None:
    peer.reset()


def reset_after(*pieces: bytes) -> object:
    def answer(peer: Peer, _: Asked) -> None:
        peer.send(*pieces)
        peer.wait(0.1)  # a reset throws away what was not read yet
        peer.reset()

    return answer


def test_real_resets_and_cuts() -> None:
    cases = [
        (reset, ProviderUnavailable),
        (says(), ProviderUnavailable),
        (says(head()[:20]), ProviderUnavailable),
        (says(head(), START, HI), IncompleteAnswer),
        (reset_after(head(), START, HI), IncompleteAnswer),
        (says(head(transfer_encoding="chunked"), *chunked([START, HI])), IncompleteAnswer),
        (says(head(transfer_encoding="chunked"), *chunked([START, HI]), LAST_CHUNK), IncompleteAnswer),
        (says(head(content_length="1000"), START, HI), IncompleteAnswer),
    ]
    for answer, kind in cases:
        with Loopback([answer]) as server:  # type: ignore[list-item]  # one of the cases is made by a function
            failure = tell(at(server)).failure
        assert type(failure) is kind, failure
        assert failure.maybe_billed


def test_a_whole_answer_over_a_real_socket_chunked_or_not() -> None:
    for answer in (
        says(head(), *WHOLE),
        says(head(transfer_encoding="chunked"), *chunked(WHOLE), LAST_CHUNK),
        says(head(content_length=str(len(b"".join(WHOLE)))), *WHOLE),
    ):
        with Loopback([answer]) as server:
            assert tell(at(server)).text == "Hi"


def test_the_end_mark_ends_the_call_though_the_connection_stays_open() -> None:
    hung_up = threading.Event()

    def answer(peer: Peer, _: Asked) -> None:
        peer.send(head(), *WHOLE)
        if peer.hears_end(10):
            hung_up.set()

    with Loopback([answer]) as server:
        assert tell(at(server)).text == "Hi"
        assert hung_up.wait(10)


def test_closing_the_stream_hangs_up() -> None:
    hung_up = threading.Event()

    def answer(peer: Peer, _: Asked) -> None:
        peer.send(head(), START, HI)
        if peer.hears_end(10):
            hung_up.set()

    with Loopback([answer]) as server:
        stream = at(server).stream(PROMPT)
        assert TextDelta("Hi") in (next(stream), next(stream))
        stream.close()
        assert hung_up.wait(10)


def test_a_real_silence_ends_in_time_though_comments_keep_coming() -> None:
    def answer(peer: Peer, _: Asked) -> None:
        peer.send(head(), START, HI)
        for _again in range(1000):
            peer.send(COMMENT)
            peer.wait(0.01)

    with Loopback([answer]) as server:
        told = tell(at(server, Patience(silence=0.2)))
    assert "fell silent for 0.2 s" in str(told.failure)


# Where a key may go.


@pytest.mark.parametrize(
    "base",
    [
        "http://example.org",
        "http://10.0.0.1/v1",
        "ftp://localhost",
        "localhost:1234",
        "https://user:pass@example.org",
        "https://example.org?key=1",
        "https://",
        "https://example.org:99999",
        "https://example.org:port",
        f"https://{'a' * 70}.org",
        "http://localhost.evil.org",
        "//example.org",
    ],
)
def test_an_address_that_would_give_the_key_away_is_refused_before_connecting(base: str) -> None:
    network = Playback([])
    told = tell(AnthropicProvider(settings(base), wire_on(network)))
    assert isinstance(told.failure, ConfigMistake)
    assert "providers.anthropic.baseURL" in str(told.failure)
    assert network.connected == []


@pytest.mark.parametrize(
    ("base", "place"),
    [
        ("http://localhost:81", ("localhost", 81)),
        ("http://127.0.0.9", ("127.0.0.9", 80)),
        ("http://[::1]:82", ("::1", 82)),
        ("https://example.org/proxy", ("example.org", 443)),
        ("", ("api.anthropic.com", 443)),
    ],
)
def test_addresses_that_are_fine(base: str, place: tuple[str, int]) -> None:
    network = Playback([head(), *WHOLE])
    assert tell(AnthropicProvider(settings(base), wire_on(network))).text == "Hi"
    assert network.connected == [place]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with Loopback([says(head(), *WHOLE)]) as thief:
        place = f"{thief.url}/{KEY}"
        with Loopback([says(head(status, location=place))]) as server:
            failure = tell(at(server)).failure
        assert thief.asked == []
    assert isinstance(failure, ProviderUnavailable)
    assert not failure.retryable
    assert str(status) in str(failure)
    assert KEY not in str(failure)


@pytest.mark.parametrize("key", ["two\nlines", "tab\there", "null\x00", "sk-\x7f", "sk-\u2028x"])
def test_a_key_with_a_line_break_is_refused_without_showing_it(key: str) -> None:
    network = Playback([])
    chosen = RemoteSettings(api_key=Secret(key), base_url="http://localhost")
    provider = AnthropicProvider(chosen, wire_on(network))
    failure = tell(provider).failure
    assert isinstance(failure, KeyProblem)
    assert key not in str(failure)
    assert network.connected == []


def test_a_header_from_the_settings_cannot_smuggle_another() -> None:
    network = Playback([])
    failure = tell(OpenRouterProvider(settings(app_name="x\r\nevil: 1"), wire_on(network))).failure
    assert isinstance(failure, ConfigMistake)
    assert network.connected == []


def test_no_error_text_and_no_log_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    error = f'{{"type":"{KEY}","message":"bad key {KEY}","code":"{KEY}"}}'
    echo = f'{{"error":{error},"request_id":"{KEY}"}}'.encode()
    json = {"content-type": "application/json"}
    script: list[tuple[bytes, ...]] = [
        (head(401, json), echo),
        (head(500, {"content-type": "text/plain", "request-id": KEY}), KEY.encode()),
        (head(200, json), echo),
        (head(200, {"content-type": KEY}), b"x"),
        (head(200, {"content-type": "text/html", "content-encoding": KEY}), b"x"),
        (f"HTTP/1.1 {KEY}\r\n\r\n".encode(),),
        (head(302, location=KEY),),
        (head(), b"data: " + echo + b"\n\n"),
        (head(), b"data: " + KEY.encode() + b"\n\n"),
    ]
    for answer in script:
        for provider in (AnthropicProvider, OpenRouterProvider):
            told = tell(provider(settings(), wire_on(Playback(answer))))
            shown = [str(told.failure), repr(told.failure), repr(told.events)]
            assert not any(KEY in text for text in shown), shown
    assert KEY not in caplog.text


def test_a_call_does_not_print_what_it_carries() -> None:
    call = Call("anthropic", "https://example.org", {"x-api-key": KEY}, KEY.encode(), KEY)
    assert KEY not in repr(call)


def test_an_error_page_of_a_web_server_is_named_for_what_it_is() -> None:
    told = tell(AnthropicProvider(settings(), wire_on(Playback([head(content_type="text/html"), b"<html>"]))))
    assert isinstance(told.failure, ProviderUnavailable)
    assert "text/html" in str(told.failure)
    assert "baseURL" in str(told.failure)


def test_a_compressed_answer_was_not_asked_for() -> None:
    network = Playback([head(content_encoding="gzip"), b"\x1f\x8b"])
    failure = tell(AnthropicProvider(settings(), wire_on(network))).failure
    assert "gzip" in str(failure)
    assert b"accept-encoding: identity" in b"".join(network.sent)


def test_an_error_without_json_shows_its_first_words() -> None:
    network = Playback([head(503, content_type="text/plain"), b"upstream \x1b[31mconnect error"])
    failure = tell(AnthropicProvider(settings(), wire_on(network))).failure
    assert "(503): upstream [31mconnect error" in str(failure)


def test_an_error_body_that_is_cut_does_not_change_what_the_status_says() -> None:
    network = Playback([head(503, content_type="application/json"), b'{"err', httpcore.ReadError("reset")])
    failure = tell(AnthropicProvider(settings(), wire_on(network))).failure
    assert isinstance(failure, ProviderUnavailable)
    assert (failure.retryable, failure.maybe_billed) == (True, False)
    assert "(503)" in str(failure)


def test_an_endless_error_body_is_not_read_to_its_end() -> None:
    def endless() -> Iterator[bytes]:
        yield head(500, content_type="application/json")
        while True:
            yield b" " * 10_000

    network = Playback([])
    network.script = endless()  # type: ignore[assignment]  # a script may have no end
    failure = tell(AnthropicProvider(settings(), wire_on(network))).failure
    assert "(500)" in str(failure)


def test_an_endless_answer_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentic_flow.providers.exchange._MOST_STREAM_BYTES", 100_000)

    def endless() -> Iterator[bytes]:
        yield head()
        while True:
            yield HI

    network = Playback([])
    network.script = endless()  # type: ignore[assignment]  # a script may have no end
    failure = tell(AnthropicProvider(settings(), wire_on(network))).failure
    assert type(failure) is IncompleteAnswer
    assert "100,000 bytes" in str(failure)


def test_the_wait_in_a_header_reaches_the_failure() -> None:
    network = Playback([head(429, retry_after="7", content_type="application/json"), b"{}"])
    failure = tell(AnthropicProvider(settings(), wire_on(network))).failure
    assert isinstance(failure, ProviderUnavailable)
    assert failure.retry_after == 7.0


@pytest.mark.parametrize(("said", "again"), [("true", True), ("false", False)])
def test_the_header_about_trying_again_is_obeyed(said: str, *, again: bool) -> None:
    for status in (409, 500, 529):
        network = Playback(
            [head(status, {"x-should-retry": said, "content-type": "application/json"}), b"{}"]
        )
        failure = tell(AnthropicProvider(settings(), wire_on(network))).failure
        assert isinstance(failure, ProviderUnavailable)
        assert failure.retryable is again


def test_money_is_never_asked_for_again_whatever_a_header_says() -> None:
    network = Playback([head(402, {"x-should-retry": "true", "content-type": "application/json"}), b"{}"])
    failure = tell(AnthropicProvider(settings(), wire_on(network))).failure
    assert type(failure).__name__ == "OutOfCredit"


# Proxies.


def test_a_proxy_of_the_environment_carries_the_call_but_never_sees_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Loopback([says(b"HTTP/1.1 403 Forbidden\r\n\r\n")]) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("http://", "http://me:pass%40word@"))
        failure = tell(AnthropicProvider(settings("https://example.org"), Wire())).failure
        asked = proxy.asked[0]
    assert asked.line == "CONNECT example.org:443 HTTP/1.1"
    assert KEY not in repr(asked)
    assert asked.headers["proxy-authorization"] == "Basic bWU6cGFzc0B3b3Jk"
    assert isinstance(failure, ProviderUnavailable)
    assert "HTTPS_PROXY" in str(failure)
    assert not failure.maybe_billed


def test_a_proxy_that_was_changed_is_seen_after_a_close(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that runs for long may be told of another one: looking is too slow for each call."""
    refusing = says(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    with Loopback([refusing]) as first, Loopback([refusing]) as second:
        wire = Wire()
        for proxy in (first, second):
            monkeypatch.setenv("https_proxy", proxy.url)
            tell(AnthropicProvider(settings("https://example.org"), wire))
            wire.close()
    assert [len(proxy.asked) for proxy in (first, second)] == [1, 1]


def test_this_machine_is_reached_without_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with Loopback([says(head(), *WHOLE)]) as server:
        assert tell(at(server)).text == "Hi"


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://"])
def test_a_proxy_that_cannot_be_used_is_named(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    failure = tell(AnthropicProvider(settings("https://example.org"), Wire())).failure
    assert isinstance(failure, ConfigMistake)
    assert "HTTPS_PROXY" in str(failure)


# Encryption.


def test_a_server_that_does_not_encrypt_gets_nothing() -> None:
    with Loopback([says(head(), *WHOLE)]) as server:
        failure: FlowError = tell(
            AnthropicProvider(settings(f"https://127.0.0.1:{server.port}"), Wire(Patience(connect=0.3)))
        ).failure
        assert server.asked == []
    assert isinstance(failure, ProviderUnavailable)
    assert not failure.maybe_billed


def test_a_certificate_that_nobody_vouches_for_is_not_tried_again() -> None:
    class Untrusted(Playback):
        """Connects to whoever, who proves nothing."""

        def connect_tcp(self, *_: object, **__: object) -> httpcore.NetworkStream:
            try:
                raise ssl.SSLCertVerificationError
            except ssl.SSLError as failure:
                raise httpcore.ConnectError("certificate verify failed") from failure

    failure = tell(AnthropicProvider(settings("https://example.org"), wire_on(Untrusted([])))).failure
    assert isinstance(failure, ProviderUnavailable)
    assert (failure.retryable, failure.maybe_billed) == (False, False)


def test_the_clock_of_the_test_is_the_clock_of_the_wire() -> None:
    """The scripted network measures nothing unless its clock is the one that the wire reads."""
    clock = Clock()
    assert Wire(now=clock, network=Playback([], clock)).watch(5).left() == 5
