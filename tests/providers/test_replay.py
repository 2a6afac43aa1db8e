"""Recorded and documented traffic, replayed: text, stop reason and usage as they were, or the right error.

The recordings are not part of the project. `AGENTIC_FLOW_WIRE_DIR` names their folder.
"""

import json
import os
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import httpcore
import pytest

from agentic_flow.core.errors import (
    ContextOverflow,
    FlowError,
    IncompleteAnswer,
    KeyProblem,
    OutOfCredit,
    ProviderUnavailable,
    UnknownModel,
)
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import StopReason, Usage
from agentic_flow.providers.anthropic import AnthropicProvider
from agentic_flow.providers.openrouter import OpenRouterProvider
from agentic_flow.providers.wire import Wire
from tests.providers.loopback import LAST_CHUNK, Answer, Loopback, Peer, chunked, head
from tests.providers.playback import Pause, Playback, PlayedWire, Told, settings, tell, wire_on

WIRE = Path(os.environ.get("AGENTIC_FLOW_WIRE_DIR") or Path(__file__).parents[2].parent / "shared" / "wire")
NAMES = sorted(path.stem for path in WIRE.glob("interactions/*.json"))
pytestmark = pytest.mark.skipif(not NAMES, reason=f"no recorded traffic in {WIRE}; set AGENTIC_FLOW_WIRE_DIR")

# What each interaction that is no answer comes to. The number is the id's; the rest of a name says the kind.
FAILURES: dict[type[FlowError], str] = {
    KeyProblem: "rec-042 rec-083",
    OutOfCredit: "doc-002 doc-012 field-004 field-005",
    UnknownModel: "doc-004 rec-044",
    ContextOverflow: "doc-014 rec-043 rec-107",
    IncompleteAnswer: "doc-006 doc-010",
    ProviderUnavailable: (
        "doc-001 doc-003 doc-005 doc-007 doc-008 doc-009 doc-011 doc-013 doc-015 doc-016 doc-017 doc-018 "
        "doc-019 doc-020 doc-022 doc-023 field-001 field-002 field-003 rec-079 rec-081 rec-100 rec-101 "
        "rec-103 rec-104 rec-105"
    ),
}
RETRIED_FREELY = "doc-001 doc-003 doc-008 doc-018 doc-020 field-001 field-002 rec-081"
RETRIED_ONCE = "doc-007 doc-016 doc-017 doc-019 field-003"
# Where the SDKs are content and we are right to differ.
SDK_MISTAKES = {"field-003": "a masked error taken for an answer"}
SERVED_BY_ANOTHER = {"fix-005": "claude-sonnet-4-5", "fix-008": "claude-opus-4-8"}
OWN_KEY_COST = {"rec-075": Decimal("0.00417")}
STOPS = {
    "end_turn": StopReason.END,
    "stop": StopReason.END,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "max_tokens": StopReason.MAX_TOKENS,
    "length": StopReason.MAX_TOKENS,
    "refusal": StopReason.REFUSAL,
    "tool_use": StopReason.OTHER,
    "tool_calls": StopReason.OTHER,
}


@dataclass(frozen=True)
class Interaction:
    """One reply, as it was recorded."""

    name: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def number(self) -> str:
        """Its id: `rec-001`."""
        return "-".join(self.name.split("-")[:2])

    def provider(self, wire: Wire, base_url: str = "http://localhost:1") -> Provider:
        """Return the provider whose dialect it is in."""
        dialect = AnthropicProvider if "-anthropic-" in self.name else OpenRouterProvider
        return dialect(settings(base_url), wire)


@cache
def interaction(name: str) -> Interaction:
    response = json.loads((WIRE / "interactions" / f"{name}.json").read_text("utf-8"))["response"]
    framing = {"content-length", "transfer-encoding", "content-encoding", "connection"}
    headers = {key.lower(): value for key, value in response["headers"].items() if key.lower() not in framing}
    return Interaction(name, response["status"], headers, response["body"].encode())


@cache
def oracle() -> dict[str, Any]:
    told: dict[str, Any] = json.loads((WIRE / "sdk_oracle.json").read_text("utf-8"))
    return {name.removesuffix(".json"): said for name, said in told.items()}


def expected_failure(number: str) -> type[FlowError] | None:
    return next((kind for kind, numbers in FAILURES.items() if number in numbers.split()), None)


def check(name: str, told: Told) -> None:
    """Compare what came of a replay with what the SDKs made of it, or with the error it stands for."""
    number = interaction(name).number
    if kind := expected_failure(number):
        assert type(told.failure) is kind, told.failure
        if isinstance(told.failure, ProviderUnavailable):
            free = told.failure.retryable and not told.failure.maybe_billed
            once = told.failure.retryable and told.failure.maybe_billed
            assert (free, once) == (number in RETRIED_FREELY, number in RETRIED_ONCE)
        return
    said = oracle()[name]
    assert told.text == said["text"]
    assert told.finished.stop_reason is STOPS[said["stop_reason"]]
    assert told.finished.model == SERVED_BY_ANOTHER.get(number, said["model"])
    check_usage(number, told, said["usage"] or {})


def check_usage(number: str, told: Told, said: dict[str, Any]) -> None:
    usage = told.finished.usage
    if "prompt_tokens" in said:
        assert (usage.input_tokens, usage.output_tokens) == (said["prompt_tokens"], said["completion_tokens"])
        cost = said.get("cost")
        charged = OWN_KEY_COST.get(number, None if cost is None else Decimal(repr(cost)))
        assert told.finished.cost_usd == charged
    elif said:
        written = said.get("cache_creation_input_tokens", 0)
        read = said.get("cache_read_input_tokens", 0)
        total = said["input_tokens"] + written + read
        assert usage == Usage(total, said["output_tokens"], read, written)
    else:
        assert usage == Usage()


def cut(body: bytes, size: int) -> Iterator[bytes]:
    """Cut a body into pieces: of `size` bytes, in the middle of every character (0), or not at all (-1)."""
    if size > 0:
        return (body[at : at + size] for at in range(0, len(body), size))
    inside = [at + 1 for at, byte in enumerate(body) if byte >= 0xC0] if size == 0 else []
    return (body[start:end] for start, end in zip([0, *inside], [*inside, len(body)], strict=True))


SIZES = pytest.mark.parametrize(
    "size", [1, 7, 0, -1], ids=["one byte", "seven bytes", "mid-character", "whole"]
)


@SIZES
@pytest.mark.parametrize("name", NAMES)
def test_every_interaction_in_every_cut(name: str, size: int) -> None:
    reply = interaction(name)
    wire = PlayedWire(cut(reply.body, size), reply.status, reply.headers)
    check(name, tell(reply.provider(wire)))


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("name", NAMES)
def test_every_interaction_through_http(name: str, framing: str) -> None:
    """The same through the client's whole machinery, on a network without sockets."""
    reply = interaction(name)
    check(name, tell(reply.provider(wire_on(Playback(list(framed(reply, framing, 997)))))))


def framed(reply: Interaction, framing: str, size: int) -> Iterator[bytes]:
    if framing == "chunked":
        yield head(reply.status, reply.headers, transfer_encoding="chunked")
        yield from chunked(cut(reply.body, size))
        yield LAST_CHUNK
    else:
        yield head(reply.status, reply.headers)
        yield from cut(reply.body, size)


def says_all(pieces: Iterable[bytes]) -> Answer:
    def answer(peer: Peer, _: object) -> None:
        peer.send(*pieces)

    return answer


@SIZES
@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_every_interaction_over_real_sockets(framing: str, size: int) -> None:
    """One server a cut, one connection an interaction; the longest bodies are not sent byte by byte."""
    names = [name for name in NAMES if size != 1 or len(interaction(name).body) < 6000]
    with Loopback([says_all(list(framed(interaction(name), framing, size))) for name in names]) as server:
        for name in names:
            check(name, tell(interaction(name).provider(Wire(), server.url)))
        assert len(server.asked) == len(names)


STREAMS = [name for name in NAMES if name.endswith("-sse") and not expected_failure(interaction(name).number)]


def cuts(body: bytes) -> list[int]:
    """Return every event boundary and 200 random places before the end of the end mark."""
    whole = len(body.rstrip())
    boundaries = {at for at in range(1, whole) if body.startswith((b"\n\n", b"\r\n\r\n"), at)}
    chance = random.Random(len(body))  # noqa: S311  (the same places in every run)
    return sorted(boundaries | {chance.randrange(whole) for _ in range(200)})


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_cut_anywhere_is_never_an_answer(name: str) -> None:
    """Not even when the body ends cleanly, which is what a close-delimited reply does."""
    reply = interaction(name)
    for place in cuts(reply.body):
        told = tell(reply.provider(PlayedWire([reply.body[:place]], reply.status, reply.headers)))
        assert isinstance(told.failure, IncompleteAnswer | ProviderUnavailable), place
        assert told.failure.maybe_billed


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_broken_in_the_transport_is_never_an_answer(name: str) -> None:
    reply = interaction(name)
    for place in cuts(reply.body)[::20]:
        part = reply.body[:place]
        in_chunks = head(reply.status, reply.headers, transfer_encoding="chunked")
        counted = head(reply.status, reply.headers, content_length=str(len(reply.body)))
        scripts: list[list[bytes | Pause | Exception]] = [
            [in_chunks, *chunked([part])],
            [counted, part],
            [head(reply.status, reply.headers), part, httpcore.ReadError("reset")],
        ]
        for script in scripts:
            told = tell(reply.provider(wire_on(Playback(script))))
            assert isinstance(told.failure, IncompleteAnswer | ProviderUnavailable), place


def test_the_documented_mistakes_of_the_sdks_are_not_repeated() -> None:
    """What the SDKs return as an answer and we do not, and nothing else."""
    ours = {interaction(name).number for name in NAMES if expected_failure(interaction(name).number)}
    accepted = {interaction(name).number for name in NAMES if "text" in oracle()[name]}
    assert ours & accepted == set(SDK_MISTAKES)


def test_every_interaction_has_its_expected_outcome() -> None:
    without = {interaction(name).number for name in NAMES if "text" not in oracle()[name]}
    assert {number for number in without if not expected_failure(number)} == set()
