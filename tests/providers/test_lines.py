"""Connections are kept for the next call to the same place; a stale one costs neither a call nor money."""

import gc
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import httpcore
import pytest

from agentic_flow.core.errors import ProviderUnavailable
from agentic_flow.core.settings import RemoteSettings, Secret
from agentic_flow.providers.anthropic import AnthropicProvider
from agentic_flow.providers.clocks import Patience
from agentic_flow.providers.lines import LONGEST_IDLE, Lines
from agentic_flow.providers.wire import Wire
from tests.providers.loopback import LAST_CHUNK, Answer, Asked, Loopback, Peer, chunked, head, says
from tests.providers.messages import WHOLE
from tests.providers.playback import KEY, Clock, Playback, tell

HEAD = head(transfer_encoding="chunked")
BODY = (*chunked(WHOLE), LAST_CHUNK)
BUSY = says(head(429, content_type="application/json", content_length="2"), b"{}")


def asking(url: str, wire: Wire, key: str = KEY) -> AnthropicProvider:
    return AnthropicProvider(RemoteSettings(api_key=Secret(key), base_url=url), wire)


def test_calls_one_after_another_share_a_connection_whose_end_is_heard() -> None:
    with Loopback([says(HEAD, *BODY)], patience=10) as server:
        wire = Wire()
        assert [tell(asking(server.url, wire)).text for _ in range(5)] == ["Hi"] * 5
        assert (server.accepted, len(server.asked)) == (1, 5)
        wire.close()
        assert tell(asking(server.url, wire)).text == "Hi"
        assert server.accepted == 2
        wire.close()


def test_whoever_only_calls_otherwise_shares_too(capfd: pytest.CaptureFixture[str]) -> None:
    """What tells when a request leaves, or hears its reply's head, is the same way out."""
    heard: list[int] = []
    with Loopback([says(HEAD, *BODY)], patience=10) as server:
        wire = Wire()
        for each in (wire, wire.telling(lambda: heard.append(0)), wire.hearing(lambda *_: heard.append(1))):
            assert tell(asking(server.url, each)).text == "Hi"
        assert server.accepted == 1
        del wire, each
        gc.collect()  # the last reference goes, and the connection with it: no warning
    assert heard == [0, 1]
    assert capfd.readouterr().err == ""


def test_another_key_or_another_host_has_connections_of_its_own() -> None:
    with Loopback([says(HEAD, *BODY)], patience=10) as one, Loopback([says(HEAD, *BODY)], patience=10) as two:
        wire = Wire()
        for server, key in ((one, "sk-a"), (one, "sk-b"), (two, "sk-a"), (one, "sk-a")):
            assert tell(asking(server.url, wire, key)).text == "Hi"
        assert (one.accepted, two.accepted) == (2, 1)
        assert [asked.headers["x-api-key"] for asked in one.asked] == ["sk-a", "sk-b", "sk-a"]
        wire.close()


def test_a_fork_has_connections_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It inherits the parent's open ones, and what is read from those is missing there."""
    with Loopback([says(HEAD, *BODY)], patience=10) as server:
        wire = Wire()
        assert tell(asking(server.url, wire)).text == "Hi"
        with monkeypatch.context() as forked:
            forked.setattr("agentic_flow.providers.wire.os.getpid", lambda: -1)
            assert tell(asking(server.url, wire)).text == "Hi"
        assert server.accepted == 2
        assert tell(asking(server.url, wire)).text == "Hi"
        assert server.accepted == 2
        wire.close()


def test_a_refusal_that_was_heard_in_full_keeps_its_connection() -> None:
    with Loopback([BUSY, says(HEAD, *BODY)], patience=10) as server:
        wire = Wire()
        assert isinstance(tell(asking(server.url, wire)).failure, ProviderUnavailable)
        assert tell(asking(server.url, wire)).text == "Hi"
        assert server.accepted == 1
        wire.close()


def cut(peer: Peer, _: Asked) -> None:
    peer.send(HEAD, BODY[0])
    peer.reset()


def late(peer: Peer, _: Asked) -> None:
    """Say all, and keep the end of the reply back."""
    peer.send(HEAD, *BODY[:-1])
    peer.wait(5)


@pytest.mark.parametrize(
    "first",
    [says(head(), *WHOLE), says(head(connection="close", transfer_encoding="chunked"), *BODY), late, cut],
)
def test_a_reply_whose_end_is_not_there_is_not_waited_for(first: Answer) -> None:
    with Loopback([first, says(HEAD, *BODY)], patience=10) as server:
        server.patience = None if first is not cut and first is not late else 10
        wire = Wire()
        tell(asking(server.url, wire))
        assert tell(asking(server.url, wire)).text == "Hi"
        assert server.accepted == 2
        wire.close()


def test_a_server_that_hung_up_meanwhile_is_connected_to_anew_before_anything_is_sent() -> None:
    sent: list[str] = []
    with Loopback([says(HEAD, *BODY)], patience=0.01) as server:
        wire = Wire().telling(lambda: sent.append("sent"))
        for number in range(1, 4):
            assert tell(asking(server.url, wire)).text == "Hi"
            assert (server.accepted, len(server.asked), len(sent)) == (number, number, number)
            gone(server)
        wire.close()


def gone(server: Loopback) -> None:
    """Wait until the server has hung up."""
    for thread in server.serving:
        thread.join(10)


def test_a_request_that_meets_the_end_of_its_connection_may_be_billed_and_the_next_has_a_new_one() -> None:
    """It left in full and nobody answered: whether anybody acted on it is not known."""

    def hang_up(peer: Peer, _: Asked) -> None:
        peer.reset()

    with Loopback([says(HEAD, *BODY), hang_up, says(HEAD, *BODY)], patience=10) as server:
        wire = Wire()
        assert tell(asking(server.url, wire)).text == "Hi"
        failure = tell(asking(server.url, wire)).failure
        assert isinstance(failure, ProviderUnavailable)
        assert (failure.retryable, failure.maybe_billed) == (True, True)
        assert tell(asking(server.url, wire)).text == "Hi"
        assert (server.accepted, len(server.asked)) == (2, 3)
        wire.close()


@dataclass
class Closing(Playback):
    """Plays its script on every connection, and takes so many writes on each."""

    takes: list[int] = field(default_factory=list[int])

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect."""
        stream = super().connect_tcp(host, port, timeout, local_address, socket_options)
        return _Limited(stream, self.takes.pop(0))


class _Limited(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, takes: int) -> None:
        self._stream = stream
        self._takes = takes

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if buffer:
            self._takes -= 1
            if self._takes < 0:
                raise httpcore.WriteError("broken pipe")
        self._stream.write(buffer, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._takes < 0:
            raise httpcore.ReadError("reset")
        return self._stream.read(max_bytes, timeout)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def playing(takes: list[int], told: Callable[[], None]) -> tuple[Closing, Wire]:
    clock = Clock()
    network = Closing([HEAD, *BODY, HEAD, *BODY], clock, takes=takes)
    return network, Wire(Patience(), now=clock, network=network).telling(told)


def test_a_request_that_a_kept_connection_does_not_take_in_full_is_sent_on_a_new_one() -> None:
    sent: list[str] = []
    network, wire = playing([1, 99], lambda: sent.append("sent"))
    for _ in range(2):
        assert tell(asking("http://localhost", wire)).text == "Hi"
    assert len(network.connected) == 2
    assert len(sent) == 3  # told again, for it was about to leave again


def test_a_request_that_a_new_connection_does_not_take_is_not_billed() -> None:
    network, wire = playing([0], lambda: None)
    failure = tell(asking("http://localhost", wire)).failure
    assert isinstance(failure, ProviderUnavailable)
    assert (failure.retryable, failure.maybe_billed) == (True, False)
    assert "before it had the whole request" in str(failure)
    assert len(network.connected) == 1


@dataclass
class Counted:
    """A line that counts."""

    idle: bool = True
    closed: bool = False

    def close(self) -> None:
        """Count."""
        self.closed = True


def test_what_waited_too_long_is_closed_and_the_newest_goes_first() -> None:
    clock = Clock()
    lines = Lines[Counted](clock)
    with lines.borrowed("a", Counted) as old, lines.borrowed("a", Counted) as new:
        assert old is not new
    clock.time += LONGEST_IDLE - 1
    with lines.borrowed("a", Counted) as again:
        assert again is old  # it was given back last
    clock.time += 2
    with lines.borrowed("a", Counted) as again:
        assert again is old
    assert (new.closed, old.closed) == (True, False)
    with lines.borrowed("b", Counted) as other:
        assert other is not old
    clock.time += LONGEST_IDLE + 1
    with lines.borrowed("c", Counted):
        assert (old.closed, other.closed) == (True, True), "also where nobody asks any more"


def test_what_broke_or_is_not_at_rest_is_not_lent_again() -> None:
    lines = Lines[Counted]()
    with pytest.raises(KeyError), lines.borrowed("a", Counted) as broken:
        raise KeyError
    with lines.borrowed("a", lambda: Counted(idle=False)) as busy:
        assert busy is not broken
    assert (broken.closed, busy.closed) == (True, True)
    with lines.borrowed("a", Counted) as kept:
        assert kept not in (broken, busy)
    lines.forget("a")
    assert kept.closed
