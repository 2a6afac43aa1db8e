"""Two providers that do everything a network and a provider can do wrong, in any order.

Whatever they do, a call ends by itself, pays for nothing twice in silence, gives each key to its own host
only, and says no word of one answer after a word of another. That it ends is proven by ending: servers
that fall silent do so until the test is over.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from agentic_flow.core.events import FellBack, Finished, Retrying, TextDelta
from agentic_flow.core.settings import FallbackSettings, RemoteSettings, Secret
from agentic_flow.core.values import Message, Prompt, Role, Target
from agentic_flow.providers.anthropic import AnthropicProvider
from agentic_flow.providers.clocks import Patience
from agentic_flow.providers.fallback import FallbackProvider, Link
from agentic_flow.providers.openrouter import OpenRouterProvider
from agentic_flow.providers.retrying import RetryingProvider
from agentic_flow.providers.wire import Wire
from tests.providers.loopback import LAST_CHUNK, Asked, Loopback, Peer, chunked, head, says
from tests.providers.playback import Told, tell

WORDS = "Grüße\u2028und\u0085\u2029 🌋 \r\n ende"
PATIENCE = Patience(connect=2, first_token=0.3, silence=0.2)
LONG = 3600.0
JSON = {"content-type": "application/json"}


@dataclass(frozen=True)
class Dialect:
    """How a provider speaks: the pieces of an answer, as bytes."""

    name: str
    key: str

    def said(self, words: str) -> bytes:
        """Return one event with words."""
        if self.name == "anthropic":
            return event(type="content_block_delta", delta={"type": "text_delta", "text": words})
        return event(choices=[{"delta": {"content": words}}])

    def thought(self) -> bytes:
        """Return one event with a thought."""
        if self.name == "anthropic":
            return event(type="content_block_delta", delta={"type": "thinking_delta", "thinking": "Hm"})
        return event(choices=[{"delta": {"reasoning": "Hm"}}])

    def end(self) -> bytes:
        """Return the events that end an answer."""
        if self.name == "anthropic":
            usage = {"input_tokens": 1, "output_tokens": 1}
            stop = event(type="message_delta", delta={"stop_reason": "end_turn"}, usage=usage)
            return stop + event(type="message_stop")
        usage = {"prompt_tokens": 1, "completion_tokens": 1}
        return event(choices=[{"delta": {}, "finish_reason": "stop"}], usage=usage) + b"data: [DONE]\n\n"

    def overloaded(self) -> bytes:
        """Return an error inside the stream that speaks of a busy provider."""
        if self.name == "anthropic":
            return event(type="error", error={"type": "overloaded_error", "message": "Overloaded"})
        return event(error={"code": 529, "message": "Overloaded"}, choices=[])

    def whole(self, words: str) -> bytes:
        """Return an answer in one piece, though a stream was asked for."""
        if self.name == "anthropic":
            answer = {
                "type": "message",
                "content": [{"type": "text", "text": words}],
                "stop_reason": "end_turn",
            }
            return json.dumps({**answer, "usage": {"input_tokens": 1, "output_tokens": 1}}).encode()
        choice = {"message": {"content": words}, "finish_reason": "stop"}
        return json.dumps({"choices": [choice], "usage": {"prompt_tokens": 1}}).encode()


def event(**content: object) -> bytes:
    return f"data: {json.dumps(content, ensure_ascii=False)}\n\n".encode()


Say: TypeAlias = Callable[[Peer, Dialect], None]


@dataclass(frozen=True)
class Behaviour:
    """One way to answer. `charges`: the provider would send a bill for it."""

    say: Say
    charges: bool = False
    words: str | None = None
    """The whole answer, where it is one."""


def sending(*make: Callable[[Dialect], bytes]) -> Say:
    return lambda peer, dialect: peer.send(head(), *(piece(dialect) for piece in make))


def refusing(status: int, **headers: str) -> Behaviour:
    def say(peer: Peer, _: Dialect) -> None:
        peer.send(head(status, JSON, **headers), b'{"error": {"message": "no"}}')

    return Behaviour(say, charges=status in (500, 502, 504))


def answering(cut: Callable[[bytes], Iterable[bytes]], words: str = WORDS, pause: float = 0.0) -> Behaviour:
    def say(peer: Peer, dialect: Dialect) -> None:
        peer.send(head())
        for piece in cut(dialect.said(words) + dialect.end()):
            peer.send(piece)
            peer.wait(pause)

    return Behaviour(say, charges=True, words=words)


def bytewise(body: bytes) -> Iterator[bytes]:
    return (body[at : at + 1] for at in range(len(body)))


def commented(peer: Peer, dialect: Dialect) -> None:
    peer.send(head(), b": one\n\n", dialect.said(WORDS), b": two\n\n", b"event: ping\n\n", dialect.end())


def in_chunks(peer: Peer, dialect: Dialect) -> None:
    body = dialect.said(WORDS) + dialect.end()
    peer.send(head(transfer_encoding="chunked"), *chunked([body[:30], body[30:]]), LAST_CHUNK)


def in_one_piece(peer: Peer, dialect: Dialect) -> None:
    peer.send(head(200, JSON), b"\n \n", dialect.whole(WORDS))


def breaking(*make: Callable[[Dialect], bytes]) -> Say:
    def say(peer: Peer, dialect: Dialect) -> None:
        peer.send(head(), *(piece(dialect) for piece in make))
        peer.wait(0.02)
        peer.reset()

    return say


def falling_silent(*make: Callable[[Dialect], bytes], comments: bool = False) -> Say:
    def say(peer: Peer, dialect: Dialect) -> None:
        peer.send(head(), *(piece(dialect) for piece in make))
        while comments and not peer.closing:
            peer.send(b": keep-alive\n\n")
            peer.wait(0.01)
        peer.wait(LONG)

    return say


def half_said(dialect: Dialect) -> bytes:
    return dialect.said(WORDS)


BEHAVIOURS: dict[str, Behaviour] = {
    "whole": answering(lambda body: [body]),
    "byte by byte": answering(bytewise),
    "slowly": answering(lambda body: [body[:40], body[40:]], pause=0.05),
    "two megabytes": answering(lambda body: [body], words="ü" * 1_000_000),
    "commented": Behaviour(commented, charges=True, words=WORDS),
    "chunked": Behaviour(in_chunks, charges=True, words=WORDS),
    "in one piece": Behaviour(in_one_piece, charges=True, words=WORDS),
    "429": refusing(429),
    "429, wait": refusing(429, retry_after="0.02"),
    "429, wait for a year": refusing(429, retry_after="31536000"),
    "429, wait until long ago": refusing(429, retry_after="Sun, 22 Nov 2020 12:00:00 GMT"),
    "503": refusing(503),
    "529": refusing(529),
    "500": refusing(500),
    "502": refusing(502),
    "402": refusing(402),
    "401": refusing(401),
    "no reply": Behaviour(lambda peer, _: peer.wait(LONG), charges=True),
    "reset before the first byte": Behaviour(lambda peer, _: peer.reset(), charges=True),
    "reset after the head": Behaviour(breaking(), charges=True),
    "reset after a word": Behaviour(breaking(half_said), charges=True),
    "closed before the first byte": Behaviour(lambda _peer, _: None, charges=True),
    "closed after the head": Behaviour(sending(), charges=True),
    "closed after a thought": Behaviour(sending(Dialect.thought), charges=True),
    "closed after a word": Behaviour(sending(half_said), charges=True),
    "silent after the head": Behaviour(falling_silent(), charges=True),
    "silent after a word": Behaviour(falling_silent(half_said), charges=True),
    "comments without end": Behaviour(falling_silent(comments=True), charges=True),
    "a word, then comments without end": Behaviour(falling_silent(half_said, comments=True), charges=True),
    "overloaded at once": Behaviour(sending(Dialect.overloaded)),
    "overloaded after a thought": Behaviour(sending(Dialect.thought, Dialect.overloaded), charges=True),
    "overloaded after a word": Behaviour(sending(half_said, Dialect.overloaded), charges=True),
    "an event without end": Behaviour(sending(lambda _: b"data: " + b"x" * 9 * 2**20), charges=True),
    "not UTF-8": Behaviour(sending(lambda _: b"data: \xff\n\n"), charges=True),
    "not HTTP": Behaviour(lambda peer, _: peer.send(b"SSH-2.0-OpenSSH_9.6\r\n"), charges=True),
    "a web page": Behaviour(lambda peer, _: peer.send(head(content_type="text/html"), b"<html>")),
}
NAMES = st.sampled_from([*BEHAVIOURS, "redirect to another host"])


@dataclass
class Host:
    """One provider's server: answers with the behaviours that are planned for it, then politely."""

    dialect: Dialect
    thief: Loopback
    call: str = ""
    planned: list[str] = field(default_factory=list[str])
    served: list[Behaviour] = field(default_factory=list[Behaviour])

    def __post_init__(self) -> None:
        self.server = Loopback([self.answer])
        redirect = says(head(307, location=f"{self.thief.url}/v1/messages"))
        self.redirect = Behaviour(lambda peer, _: redirect(peer, Asked("", {}, b"")))

    def plan(self, call: str, names: list[str]) -> None:
        """Get ready for a call that carries the words `call`."""
        self.call = call
        self.planned[:] = names
        self.served.clear()

    def answer(self, peer: Peer, asked: Asked) -> None:
        """Do what is planned next, unless the request belongs to a call that was given up long ago."""
        if self.call not in asked.body.decode():
            return
        name = self.planned.pop(0) if self.planned else "whole"
        behaviour = BEHAVIOURS.get(name, self.redirect)
        self.served.append(behaviour)
        behaviour.say(peer, self.dialect)


class HostileNetwork(RuleBasedStateMachine):
    """Calls a chain of two retried providers, whose servers follow plans."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.thief = Loopback([says(head(), b"data: [DONE]\n\n")])
        self.thief.__enter__()
        self.first = Host(Dialect("anthropic", "sk-ant-a-secret-of-the-first"), self.thief)
        self.second = Host(Dialect("openrouter", "sk-or-a-secret-of-the-second"), self.thief)
        for host in (self.first, self.second):
            host.server.__enter__()
        wire, again = Wire(PATIENCE), FallbackSettings(retry_attempts=2, backoff_ms=5)
        self.chain = FallbackProvider(
            [
                Link(
                    Target("anthropic", "claude-opus-5-5"),
                    self.made(AnthropicProvider, self.first, wire, again),
                ),
                Link(
                    Target("openrouter", "maker/model"),
                    self.made(OpenRouterProvider, self.second, wire, again),
                ),
            ]
        )

    @staticmethod
    def made(
        kind: type[AnthropicProvider | OpenRouterProvider], host: Host, wire: Wire, again: FallbackSettings
    ) -> Callable[[], RetryingProvider]:
        """Return what makes a provider that talks to `host`."""
        chosen = RemoteSettings(api_key=Secret(host.dialect.key), base_url=host.server.url)
        return lambda: RetryingProvider(kind(chosen, wire), host.dialect.name, again)

    def teardown(self) -> None:
        """Close the servers, which ends every silence."""
        for server in (self.first.server, self.second.server, self.thief):
            server.__exit__(None, None, None)

    @rule(first=st.lists(NAMES, max_size=3), second=st.lists(NAMES, max_size=3))
    def call(self, first: list[str], second: list[str]) -> None:
        """Make one call while the servers follow their plans."""
        self.check(self.call_with(first, second, timeout=None))

    @rule(first=st.lists(NAMES, max_size=2), timeout=st.sampled_from([0.0, 0.1, 0.4]))
    def call_in_a_hurry(self, first: list[str], timeout: float) -> None:
        """Make one call that may not take long."""
        self.check(self.call_with(first, [], timeout=timeout))

    def call_with(self, first: list[str], second: list[str], timeout: float | None) -> Told:
        """Make one call and return what came of it."""
        self.calls += 1
        words = f"This is call {self.calls}."
        self.first.plan(words, first)
        self.second.plan(words, second)
        return tell(self.chain, Prompt("claude-opus-5-5", (Message(Role.USER, words),), timeout=timeout))

    def check(self, told: Told) -> None:
        """Hold a call to its promises."""
        served = [*self.first.served, *self.second.served]
        announced = [event for event in told.events if isinstance(event, Retrying | FellBack)]
        # No call that was not announced, and no second bill without a word about the first.
        assert len(served) <= 1 + len(announced)
        billed = sum(event.error.maybe_billed for event in announced)
        assert sum(behaviour.charges for behaviour in served) <= 1 + billed
        # One answer only: after a word nobody else is asked.
        begun = [isinstance(event, TextDelta) for event in told.events]
        if True in begun:
            assert not any(
                isinstance(event, Retrying | FellBack) for event in told.events[begun.index(True) :]
            )
        if told.error is None:
            assert isinstance(told.events[-1], Finished)
            assert told.text == served[-1].words
        # Keys stay where they belong.
        assert self.thief.asked == []
        for host, other in ((self.first, self.second), (self.second, self.first)):
            for asked in host.server.asked:
                assert host.dialect.key in repr(asked.headers)
                assert other.dialect.key not in repr(asked)
            assert host.dialect.key not in f"{told.error} {told.events!r}"


TestHostileNetwork = HostileNetwork.TestCase
TestHostileNetwork.settings = hypothesis_settings(
    max_examples=12,
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("name", [*BEHAVIOURS, "redirect to another host"])
def test_each_behaviour_alone_keeps_the_promises(name: str) -> None:
    network = HostileNetwork()
    try:
        network.check(network.call_with([name] * 4, [name] * 4, timeout=None))
    finally:
        network.teardown()
