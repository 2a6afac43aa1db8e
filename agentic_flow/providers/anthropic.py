"""Anthropic Messages: a prompt -> the request's body, the answer's events -> ours. Dialect of 2023-06-01.

Sources: https://platform.claude.com/docs/en/api/messages and .../build-with-claude/streaming.
"""

import re
from collections.abc import Generator, Iterable, Iterator
from decimal import Decimal

from agentic_flow.core.events import Finished, Metered, Progress, ProviderEvent, TextDelta, Warned
from agentic_flow.core.names import ANTHROPIC
from agentic_flow.core.settings import RemoteSettings
from agentic_flow.core.values import Prompt, Role, Sampling, StopReason, Usage
from agentic_flow.providers.complaints import complaint_in
from agentic_flow.providers.exchange import answered, discreet, key_of, prepared
from agentic_flow.providers.failures import broken, failure_of, misdirected
from agentic_flow.providers.payload import JsonObject, child, children, count, parsed, word
from agentic_flow.providers.thinking import OFF, thinking_of, usual_tokens
from agentic_flow.providers.wire import Call, Wire

BASE_URL = "https://api.anthropic.com"

_STOPS = {
    "end_turn": StopReason.END,
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "max_tokens": StopReason.MAX_TOKENS,
    "model_context_window_exceeded": StopReason.CONTEXT_WINDOW,
    "refusal": StopReason.REFUSAL,
}


class AnthropicProvider:
    """Claude, at Anthropic or at whatever speaks like it under `base_url`."""

    def __init__(self, settings: RemoteSettings, transport: Wire) -> None:
        self._settings = settings
        self._wire = transport

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, `Finished` last. Without a key nothing is connected to."""
        key = key_of(ANTHROPIC, self._settings)
        body, unsent = request_body(prompt, self._settings.thinking)
        call = prepared(ANTHROPIC, f"{base_url(self._settings)}/messages", body, key, headers_of(key))
        call = discreet(call, self._settings)
        if unsent:
            yield Warned(f"{prompt.model} does not take {' and '.join(unsent)}; asked without")
        yield from answered(self._wire, call, MessageDecoder(call), prompt.timeout)


def base_url(settings: RemoteSettings) -> str:
    """Return what every address of the API begins with."""
    return f"{(settings.base_url or BASE_URL).rstrip('/').removesuffix('/v1')}/v1"


def headers_of(key: str) -> dict[str, str]:
    """Return the headers by which the API knows its caller and the dialect."""
    return {"x-api-key": key, "anthropic-version": "2023-06-01"}


def request_body(prompt: Prompt, thinking: str | None = None) -> tuple[JsonObject, list[str]]:
    """Return the request's body, and the wishes of `prompt` that this model cannot be told."""
    max_tokens = prompt.sampling.max_tokens or usual_tokens(thinking)
    thought = thinking_of(prompt.model, _version(prompt.model), thinking, max_tokens)
    thinks = bool(thought) and thinking != OFF
    sampling, unsent = _sampling(prompt.model, prompt.sampling, thinks=thinks)
    if thought is None:
        unsent.append(f"thinking {thinking}")
    body: dict[str, object] = {
        "model": prompt.model,
        "max_tokens": max_tokens,
        "stream": True,
        "messages": [
            {"role": message.role.value, "content": message.text}
            for message in prompt.messages
            if message.role is not Role.SYSTEM
        ],
        **sampling,
        **(thought or {}),
    }
    system = [
        {"type": "text", "text": message.text}
        for message in prompt.messages
        if message.role is Role.SYSTEM and message.text.strip()
    ]
    if system:
        # The agent's template is the same in every run, so it is worth keeping in the prompt cache.
        body["system"] = [*system[:-1], {**system[-1], "cache_control": {"type": "ephemeral"}}]
    if stops := [stop for stop in prompt.sampling.stop if stop.strip()]:
        body["stop_sequences"] = stops
    return body, unsent


def _sampling(model: str, wanted: Sampling, *, thinks: bool) -> tuple[dict[str, object], list[str]]:
    """Choose what may be said about sampling.

    Models after 4.6 answer 400 to `temperature` and `top_p`; from 4.1 on they exclude each other, and a model
    that thinks takes neither. A name that cannot be read is asked for nothing, which every model takes.
    """
    version = _version(model)
    given: dict[str, object] = {}
    unsent: list[str] = []
    for name, value in (("temperature", wanted.temperature), ("top_p", wanted.top_p)):
        if value is None:
            continue
        if thinks or version is None or version > (4, 6) or (name == "top_p" and given and version >= (4, 1)):
            # Temperature 0 is what runs ask for by default; nobody misses it.
            unsent += [] if (name, value) == ("temperature", 0) else [name]
        else:
            given[name] = min(value, 1.0) if name == "temperature" else value
    return given, unsent if wanted.seed is None else [*unsent, "seed"]


def _version(model: str) -> tuple[int, int] | None:
    """Read the version in a model's name: claude-opus-4-7, claude-3-5-sonnet-20241022, claude-sonnet-5."""
    found = re.match(r"claude-(?:[a-z]+-)?(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?", model)
    return (int(found[1]), int(found[2] or 0)) if found else None


class MessageDecoder:
    """Understands one answer, event by event."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._model: str | None = None
        self._stop: str | None = None
        self._why = ""
        self._counts: dict[str, int] = {}
        self._counted = False
        self._generated = False
        self._visible = False

    def hear(self, data: str) -> Iterable[ProviderEvent]:
        """Return what one event means. Unknown kinds mean nothing, as the API asks of its readers."""
        event = parsed(data)
        if event is None:
            raise broken(ANTHROPIC, "sent an event that is not JSON", visible=self._visible)
        match word(event, "type"):
            case "content_block_delta":
                return self._delta(child(event, "delta"))
            case "content_block_start":
                return self._block(child(event, "content_block"))
            case "message_start":
                self._model = word(child(event, "message"), "model") or None
                return self._meter(child(event, "message", "usage"))
            case "message_delta":
                self._end(child(event, "delta"))
                return self._meter(child(event, "usage"), last=True)
            case "message_stop":
                return (self._finished(),)
            case "error":
                complaint = complaint_in(ANTHROPIC, event, self._call.shown)
                raise failure_of(complaint, begun=self._generated, visible=self._visible)
            case _:
                return ()

    def whole(self, answer: JsonObject) -> Iterator[ProviderEvent]:
        """Return what an answer in one piece means."""
        if word(answer, "type") == "error" or "error" in answer:
            raise failure_of(complaint_in(ANTHROPIC, answer, self._call.shown))
        if word(answer, "type") != "message":
            raise misdirected(ANTHROPIC, "sent JSON that is no answer")
        self._model = word(answer, "model") or None
        self._end(answer)
        for block in children(answer, "content"):
            yield from self._block(block)
        yield from self._meter(child(answer, "usage"), last=True)
        yield self._finished()

    def _block(self, block: JsonObject) -> Iterable[ProviderEvent]:
        match word(block, "type"):
            case "text":
                return self._text(word(block, "text"))
            case "fallback":  # another model took over; its name stands nowhere else
                self._model = word(child(block, "to"), "model") or self._model
            case _:
                pass
        return ()

    def _delta(self, delta: JsonObject) -> Iterable[ProviderEvent]:
        if word(delta, "type") == "text_delta":
            return self._text(word(delta, "text"))
        self._generated = True
        return (Progress("thinking"),)

    def _text(self, text: str) -> Iterable[ProviderEvent]:
        if not text:
            return ()
        self._generated = self._visible = True
        return (TextDelta(text),)

    def _end(self, said: JsonObject) -> None:
        """Note how the answer ends, and what is said of that."""
        self._stop = word(said, "stop_reason") or self._stop
        details = child(said, "stop_details")
        self._why = word(details, "explanation") or word(details, "category") or self._why

    def _meter(self, usage: JsonObject, *, last: bool = False) -> Iterable[ProviderEvent]:
        # Counts are cumulative and may grow up to fifteenfold (web search), so the last one wins; older
        # servers repeat only some of them.
        for name in usage:
            if (number := count(usage, name)) is not None:
                self._counts[name] = number
        # What an answer begins with is only a guess at its length.
        self._counted = self._counted or (last and count(usage, "output_tokens") is not None)
        used = self._usage()
        return (Metered(used),) if used.known else ()

    def _usage(self) -> Usage:
        read = self._counts.get("cache_read_input_tokens", 0)
        written = self._counts.get("cache_creation_input_tokens", 0)
        return Usage(
            input_tokens=self._counts.get("input_tokens", 0) + read + written,  # it counts only the rest
            output_tokens=self._counts.get("output_tokens", 0),
            cached_input_tokens=read,
            cache_write_tokens=written,
        )

    def _finished(self) -> Finished:
        stop = _STOPS.get(self._stop or "", StopReason.OTHER)
        # A refusal before the first output is not billed, whatever its usage says.
        free = stop is StopReason.REFUSAL and not self._generated
        served = self._call.shown(self._model) if self._model else None
        why = self._call.shown(self._why or (self._stop if stop is StopReason.OTHER and self._stop else ""))
        used = self._usage() if self._counted and self._usage().input_tokens else Usage()
        return Finished(used, stop, served, Decimal(0) if free else None, why=why)
