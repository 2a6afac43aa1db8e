"""The way out: where a key may go, and by which proxy."""

import logging
import ssl
from base64 import b64decode
from pathlib import Path

import httpcore
import pytest

from agentic_flow.core.errors import ConfigMistake, FlowError, KeyProblem, ProviderUnavailable
from agentic_flow.core.settings import RemoteSettings, Secret
from agentic_flow.providers.anthropic import AnthropicProvider
from agentic_flow.providers.clocks import Patience
from agentic_flow.providers.openrouter import OpenRouterProvider
from agentic_flow.providers.wire import Call, Wire
from tests.providers.loopback import Loopback, head, says
from tests.providers.messages import WHOLE, at
from tests.providers.playback import KEY, Playback, settings, tell, wire_on


@pytest.fixture(autouse=True)
def _no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


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


def test_a_proxy_is_told_any_name_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback([says(b"HTTP/1.1 403 Forbidden\r\n\r\n")]) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("http://", "http://zo\u00eb:100%@"))
        tell(AnthropicProvider(settings("https://example.org"), Wire()))
        (asked,) = proxy.asked
    assert b64decode(asked.headers["proxy-authorization"].removeprefix("Basic ")).decode() == "zo\u00eb:100%"


@pytest.mark.parametrize(
    "proxy",
    [
        "socks5://127.0.0.1:1",
        "http://",
        "http://me:secret@host:port",
        "http://me:secret@[::1",
        "http://me:secret@pr\u00f6xy:8080",
        f"http://me:secret@{'a' * 70}.org",
    ],
)
@pytest.mark.parametrize("variable", ["https_proxy", "all_proxy"])
def test_a_proxy_that_cannot_be_used_is_named(
    proxy: str, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, proxy)
    failure = tell(AnthropicProvider(settings("https://example.org"), Wire())).failure
    assert isinstance(failure, ConfigMistake)
    assert "HTTPS_PROXY" in str(failure)
    assert "secret" not in str(failure)


# Encryption.
def test_a_place_for_its_secrets_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "nowhere" / "keys"))
    failure = tell(AnthropicProvider(settings("https://example.org"), Wire())).failure
    assert isinstance(failure, ConfigMistake)
    assert "SSLKEYLOGFILE" in str(failure)


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
