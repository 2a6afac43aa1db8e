"""One call and its answer, in either dialect: send it, judge what came back, decode it, mind the clocks."""

import json
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain
from typing import Protocol

from agentic_flow.core.errors import ConfigMistake, FlowError, Interrupted, KeyProblem, ProviderUnavailable
from agentic_flow.core.events import Finished, Progress, ProviderEvent, TextDelta
from agentic_flow.core.settings import RemoteSettings
from agentic_flow.providers.clocks import Watch
from agentic_flow.providers.complaints import asked_wait, complaint_in
from agentic_flow.providers.failures import broken, failure_of, key_variable, misdirected, unterminated
from agentic_flow.providers.payload import JsonObject, parsed
from agentic_flow.providers.sse import BrokenStream, EventDecoder
from agentic_flow.providers.wire import Call, Reply, Wire

_MOST_ERROR_BYTES = 64 * 2**10
_MOST_ANSWER_BYTES = 32 * 2**20
_MOST_STREAM_BYTES = 512 * 2**20  # a million tokens, each in an event of its own
_OURS = {"user-agent": "agentic-flow"}
_STREAM, _JSON = "text/event-stream", "application/json"


class AnswerDecoder(Protocol):
    """Understands one answer in one dialect. A new one for every call; it never touches the network."""

    def hear(self, data: str) -> Iterable[ProviderEvent]:
        """Return what one event of the stream means: `Finished` at the end mark, nothing for a ping.

        Raises the `FlowError` that an error event stands for.
        """
        ...

    def whole(self, answer: JsonObject) -> Iterable[ProviderEvent]:
        """Return what an answer in one piece means: a server may send one though a stream was asked for."""
        ...


def key_of(provider: str, settings: RemoteSettings) -> str:
    """Return the key. Raises `KeyProblem` where there is none, `ConfigMistake` where it is none."""
    if settings.key_problem:
        raise ConfigMistake(settings.key_problem)
    if settings.api_key and (key := settings.api_key.reveal().strip()):
        return key
    variable = key_variable(provider)
    raise KeyProblem(f"there is no key for {provider}: set {variable} in the environment or in .env")


def prepared(provider: str, url: str, body: JsonObject, key: str, headers: Mapping[str, str]) -> Call:
    """Put a request together from what the dialects differ in."""
    common = {"content-type": _JSON, "accept": _STREAM, **_OURS}
    return Call(provider, url, {**common, **headers}, json.dumps(body).encode(), key)


def asking(provider: str, url: str, key: str, headers: Mapping[str, str], query: str = "") -> Call:
    """Put together a request that asks for what is there."""
    common = {"accept": _JSON, **_OURS}
    return Call(provider, url, {**common, **headers}, b"", key, "GET", query)


def discreet(call: Call, settings: RemoteSettings) -> Call:
    """Return a call whose answer is not shown with another provider's key in it."""
    return replace(call, unsaid=tuple(key.reveal().strip() for key in settings.unsaid))


def fetched(wire: Wire, call: Call) -> JsonObject:
    """Send `call` and return the JSON object that it is answered with. Raises what `answered` does."""
    with wire.send(call, wire.watch(None)) as reply:
        _require_answer(call, reply, wire.today())
        try:
            return _one_object(_at_most(_MOST_ANSWER_BYTES, reply.chunks))
        except BrokenStream as failure:
            message = f"{call.provider} sent something else than a JSON object ({failure})"
            raise ProviderUnavailable(message) from failure


def answered(
    wire: Wire, call: Call, decoder: AnswerDecoder, timeout: float | None
) -> Generator[ProviderEvent]:
    """Send `call` and yield its answer, `Finished` last. An answer that just ends is an error."""
    watch = wire.watch(timeout)
    halves = _Halves()
    with wire.send(call, watch) as reply:
        _require_answer(call, reply, wire.today())
        for event in _events(call, reply, decoder, watch):
            match event:
                case TextDelta():
                    watch.generated(visible=True)
                    if text := halves.join(event.text):
                        yield event if text is event.text else TextDelta(text)
                case Progress():
                    watch.generated(visible=False)
                    yield event
                case Finished():
                    if text := halves.rest():
                        yield TextDelta(text)
                    yield event
                    return
                case _:
                    yield event
    raise unterminated(call.provider)


def _events(call: Call, reply: Reply, decoder: AnswerDecoder, watch: Watch) -> Iterator[ProviderEvent]:
    # White space before the first byte that matters keeps a connection alive; it is silence.
    first = next((chunk for chunk in reply.chunks if chunk.strip()), b"")
    chunks = chain((first,), reply.chunks)
    try:
        if first.lstrip().startswith(b"{"):
            yield from decoder.whole(_one_object(_at_most(_MOST_ANSWER_BYTES, chunks)))
            return
        stream = EventDecoder()
        for chunk in _at_most(_MOST_STREAM_BYTES, chunks):
            for data in stream.feed(chunk):
                yield from decoder.hear(data)
        # Some servers leave out the blank line after their last event. Half an event says nothing.
        last = stream.rest()
        if last and (not last.startswith("{") or parsed(last) is not None):
            yield from decoder.hear(last)
    except BrokenStream as failure:
        raise broken(call.provider, f"sent a broken answer ({failure})", visible=watch.visible) from failure


def _at_most(most: int, chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            message = f"more than {most:,} bytes"
            raise BrokenStream(message)
        yield chunk


def _one_object(chunks: Iterable[bytes]) -> JsonObject:
    try:
        answer = parsed(b"".join(chunks).decode())
    except UnicodeDecodeError as failure:
        message = "it is not UTF-8"
        raise BrokenStream(message) from failure
    if answer is None:
        message = "it is not whole JSON"
        raise BrokenStream(message)
    return answer


def _require_answer(call: Call, reply: Reply, today: float) -> None:
    """Raise what a reply means that is no answer: an error status, a redirect, a page of a web server."""
    if 300 <= reply.status < 400:  # noqa: PLR2004  (3xx)
        place = call.shown(reply.headers.get("location", "an unnamed place"))
        message = f"{call.provider} redirects ({reply.status}) to {place}, and redirects are not followed"
        raise ProviderUnavailable(f"{message}; set providers.{call.provider}.baseURL to the right address")
    if not 200 <= reply.status < 300:  # noqa: PLR2004  (2xx)
        raise _refusal(call, reply, today)
    kind = _media_type(reply)
    if kind not in (_STREAM, _JSON, "") or reply.headers.get("content-encoding", "identity") != "identity":
        coding = call.shown(f"{kind} {reply.headers.get('content-encoding', '')}")
        raise misdirected(call.provider, f"answered with {coding}, not with a stream of events")


def _refusal(call: Call, reply: Reply, today: float) -> FlowError:
    body = b""
    try:
        for chunk in reply.chunks:
            body += chunk
            if len(body) >= _MOST_ERROR_BYTES:
                break
    except Interrupted:
        raise
    except FlowError:
        pass  # a cut body does not change what the status says
    text = body.decode("utf-8", "replace")
    complaint = complaint_in(call.provider, parsed(text) or {}, call.shown)
    if not complaint.message and _media_type(reply) != "text/html":
        complaint = replace(complaint, message=call.shown(text))
    said = {"true": True, "false": False}.get(reply.headers.get("x-should-retry", ""), complaint.retry)
    wait = asked_wait(reply.headers, today)
    number = reply.headers.get("request-id") or reply.headers.get("x-generation-id") or ""
    return failure_of(
        replace(
            complaint,
            status=reply.status,
            retry=said,
            retry_after=complaint.retry_after if wait is None else wait,
            request_id=complaint.request_id or call.shown(number),
        )
    )


def _media_type(reply: Reply) -> str:
    return reply.headers.get("content-type", "").partition(";")[0].strip().lower()


class _Halves:
    r"""Joins the two halves of a character that two events share: `"\ud83d"`, then `"\ude00"`."""

    def __init__(self) -> None:
        self._half = ""

    def join(self, text: str) -> str:
        """Return what can be said now; a first half waits for its second."""
        if not self._half and text.isascii():
            return text
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def rest(self) -> str:
        """Return the mark for a half that never met its other."""
        return "\N{REPLACEMENT CHARACTER}" if self._half else ""
