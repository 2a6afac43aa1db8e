"""OpenRouter chat completions: a prompt -> the request's body, the answer's events -> ours.

Sources: https://openrouter.ai/docs/api/reference/{overview,streaming,errors-and-debugging}. Other servers
that speak OpenAI's dialect are understood too: `OPENROUTER_BASE_URL` may lead to one.
"""

from collections.abc import Generator, Iterable, Iterator
from decimal import Decimal

from agentic_flow.core.errors import FlowError
from agentic_flow.core.events import Finished, Metered, Progress, ProviderEvent, TextDelta
from agentic_flow.core.names import OPENROUTER
from agentic_flow.core.settings import RemoteSettings
from agentic_flow.core.values import Message, Prompt, Role, StopReason, Usage
from agentic_flow.providers.complaints import Complaint, complaint_in
from agentic_flow.providers.exchange import answered, discreet, key_of, prepared
from agentic_flow.providers.failures import broken, failure_of, misdirected, unterminated
from agentic_flow.providers.payload import JsonObject, amount_in, child, count, first, parsed, word
from agentic_flow.providers.thinking import OFF, usual_tokens
from agentic_flow.providers.wire import Call, Wire

BASE_URL = "https://openrouter.ai/api/v1"

_STOPS = {
    "stop": StopReason.END,
    "length": StopReason.MAX_TOKENS,
    "content_filter": StopReason.REFUSAL,
}
# What the provider behind OpenRouter called it, where that says more.
_NATIVE_STOPS = {
    "stop_sequence": StopReason.STOP_SEQUENCE,
    "refusal": StopReason.REFUSAL,
    "model_context_window_exceeded": StopReason.CONTEXT_WINDOW,
}


class OpenRouterProvider:
    """A few hundred models behind one door."""

    def __init__(self, settings: RemoteSettings, transport: Wire) -> None:
        self._settings = settings
        self._wire = transport

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, `Finished` last. Without a key nothing is connected to."""
        settings = self._settings
        key = key_of(OPENROUTER, settings)
        url = f"{base_url(settings)}/chat/completions"
        call = prepared(OPENROUTER, url, request_body(prompt, settings), key, headers_of(key, settings))
        call = discreet(call, settings)
        yield from answered(self._wire, call, CompletionDecoder(call), prompt.timeout)


def base_url(settings: RemoteSettings) -> str:
    """Return what every address of the API begins with."""
    return (settings.base_url or BASE_URL).rstrip("/")


def headers_of(key: str, settings: RemoteSettings) -> dict[str, str]:
    """Return the headers by which OpenRouter knows its caller, and the page that calls are counted for."""
    headers = {"authorization": f"Bearer {key}"} if key else {}
    if settings.site_url:
        headers["http-referer"] = settings.site_url
    if settings.app_name:
        headers["x-openrouter-title"] = settings.app_name
    return headers


def request_body(prompt: Prompt, settings: RemoteSettings) -> JsonObject:
    """Return the request's body. OpenRouter itself leaves out what a model does not take."""
    wanted = prompt.sampling
    body: dict[str, object] = {
        "model": prompt.model,
        "max_tokens": wanted.max_tokens or usual_tokens(settings.thinking),
        "stream": True,
        # OpenRouter always says what a call used; others of this dialect only when asked.
        "stream_options": {"include_usage": True},
        "messages": _messages(prompt),
    }
    optional = {
        "temperature": wanted.temperature,
        "top_p": wanted.top_p,
        "seed": wanted.seed,
        "stop": list(wanted.stop) or None,
        "models": list(settings.fallback_models) or None,
        "provider": dict(settings.preferences) or None,
        "reasoning": _reasoning(settings.thinking),
    }
    body.update({name: value for name, value in optional.items() if value is not None})
    return body


def _reasoning(thinking: str | None) -> JsonObject | None:
    if thinking is None:
        return None
    return {"enabled": False} if thinking == OFF else {"effort": thinking}


def _messages(prompt: Prompt) -> list[JsonObject]:
    # Claude keeps in its prompt cache what it is told to keep; the other models decide for themselves.
    marks = prompt.model.startswith("anthropic/")
    system = [message for message in prompt.messages if message.role is Role.SYSTEM]
    return [
        {
            "role": message.role.value,
            "content": _marked(message) if marks and message in system[-1:] else message.text,
        }
        for message in prompt.messages
    ]


def _marked(message: Message) -> list[JsonObject]:
    return [{"type": "text", "text": message.text, "cache_control": {"type": "ephemeral"}}]


class CompletionDecoder:
    """Understands one answer, event by event."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._model: str | None = None
        self._stop = ""
        self._native = ""
        self._refusal = ""
        self._usage = Usage()
        self._cost: Decimal | None = None
        self._generated = False
        self._visible = False

    def hear(self, data: str) -> Iterable[ProviderEvent]:
        """Return what one event means."""
        if data == "[DONE]":
            return (self._finished(),)
        event = parsed(data)
        if event is None:
            raise broken(OPENROUTER, "sent an event that is not JSON", visible=self._visible)
        return self._chunk(event, "delta")

    def whole(self, answer: JsonObject) -> Iterator[ProviderEvent]:
        """Return what an answer in one piece means."""
        if "choices" not in answer and "error" not in answer:
            raise misdirected(OPENROUTER, "sent JSON that is no answer")
        yield from self._chunk(answer, "message")
        yield self._finished()

    def _chunk(self, event: JsonObject, said: str) -> Iterator[ProviderEvent]:
        # `usage` may come beside choices, after them, and beside an error; `choices` may be empty.
        choice = first(event, "choices")
        yield from self._meter(child(event, "usage"))
        if event.get("error") or choice.get("error"):
            faulty = event if event.get("error") else choice
            complaint = complaint_in(OPENROUTER, faulty, self._call.shown)
            raise failure_of(complaint, begun=self._generated, visible=self._visible)
        self._model = word(event, "model") or self._model
        yield from self._words(child(choice, said))
        self._stop = word(choice, "finish_reason") or self._stop
        self._native = word(choice, "native_finish_reason") or self._native
        if self._stop == "error":
            raise self._masked("an error that it does not name")

    def _words(self, said: JsonObject) -> Iterator[ProviderEvent]:
        if refusal := word(said, "refusal"):
            self._native = "refusal"
            self._refusal = self._call.shown(self._refusal + refusal)
        if text := word(said, "content"):
            self._generated = self._visible = True
            yield TextDelta(text)
        elif any(
            said.get(name) for name in ("reasoning", "reasoning_content", "reasoning_details", "tool_calls")
        ):
            self._generated = True
            yield Progress("thinking")

    def _meter(self, usage: JsonObject) -> Iterator[ProviderEvent]:
        if not usage:
            return
        details = child(usage, "prompt_tokens_details")
        read, said = count(usage, "prompt_tokens"), count(usage, "completion_tokens")
        if read and said is not None:
            cached, written = count(details, "cached_tokens") or 0, count(details, "cache_write_tokens") or 0
            # What is read from the cache is part of the prompt; what more is said of it is no prompt of less
            # than nothing: some count a token as read and as written, some leave the cache out.
            read = read if cached <= read else read + cached + written
            self._usage = Usage(read, said, cached, min(written, read - cached))
        else:
            self._usage = Usage()
        self._cost = amount_in(usage, "cost")
        if self._cost is not None and usage.get("is_byok") is True:
            # With a person's own key, `cost` is OpenRouter's fee alone; the model is paid for elsewhere.
            self._cost += amount_in(child(usage, "cost_details"), "upstream_inference_cost") or 0
        yield Metered(self._usage, self._cost)

    def _finished(self) -> Finished:
        if not self._stop:
            raise unterminated(OPENROUTER)
        if "error" in self._native.lower():
            raise self._masked(self._native)
        if self._stop == "stop" and not (self._generated or self._usage.known):
            raise self._masked("nothing at all, though it said that it had finished")
        stop = _NATIVE_STOPS.get(self._native) or _STOPS.get(self._stop, StopReason.OTHER)
        served = self._call.shown(self._model) if self._model else None
        why = self._call.shown(self._native or self._stop) if stop is StopReason.OTHER else self._refusal
        return Finished(self._usage, stop, served, self._cost, why=why)

    def _masked(self, what: str) -> FlowError:
        """Return the failure that hides behind a finished answer: `stop`, but natively `network_error`."""
        said = f"the model behind it ended with {self._call.shown(what)}"
        complaint = Complaint(OPENROUTER, said, status=502)
        return failure_of(complaint, begun=self._generated, visible=self._visible)
