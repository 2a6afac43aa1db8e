"""What is left when a connection breaks or an answer makes no sense."""

import socket
import threading
from collections.abc import Iterator

import httpcore
import pytest

from agentic_flow.core.errors import IncompleteAnswer, ProviderUnavailable, Terminated
from agentic_flow.core.events import TextDelta
from agentic_flow.providers.anthropic import AnthropicProvider
from agentic_flow.providers.clocks import Patience
from agentic_flow.providers.wire import Wire
from tests.providers.loopback import LAST_CHUNK, Asked, Loopback, Peer, chunked, head, says
from tests.providers.messages import COMMENT, HI, PATIENCE, START, THOUGHT, WHOLE, at, play
from tests.providers.playback import PROMPT, Playback, settings, tell, wire_on


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
