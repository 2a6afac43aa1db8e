"""The library: messages in, a reply out, through the same routing, retries, fallbacks and accounts as a run.

    from agentic_flow import ModelRouter

    router = ModelRouter.from_config()
    hello = [{"role": "user", "content": "Hello"}]
    reply = router.chat(provider="openrouter", model="maker/model", messages=hello)
    print(reply.text, reply.cost_usd)

Nothing is printed and no file is written. What goes wrong is raised as a `FlowError`; an answer that was cut,
refused or empty is an `IncompleteAnswer`, never a reply. Each call is remembered as a run of no agent.
"""

import threading
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self, Unpack, overload
from weakref import finalize

from agentic_flow.core.errors import FlowError, UsageMistake
from agentic_flow.core.events import Finished, ProviderEvent, TextDelta, Warned
from agentic_flow.core.names import LOCAL
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Message, Prompt, RunResult, StopReason, Target
from agentic_flow.library.replies import ChatReply, ChatStream
from agentic_flow.library.requests import (
    ChatRequest,
    prompt_of,
    read_messages,
    read_request,
    require_many,
    task_of,
    template_of,
)
from agentic_flow.library.words import retell, told

if TYPE_CHECKING:
    from agentic_flow.runner import Deps
    from agentic_flow.wiring import Share

__all__ = ["ChatReply", "ChatRequest", "ChatStream", "ModelRouter"]


class ModelRouter:
    """Gives messages to the model that is named, or to the one that suits them. May be used from threads."""

    def __init__(self, settings: Settings | None = None, *, remember: bool = True) -> None:
        """Use `settings`; without them, what `from_config` finds.

        Without `remember` the history and a collector (OTEL_EXPORTER_OTLP_ENDPOINT) hear of no call; what is
        spent is counted all the same.
        """
        from agentic_flow.wiring.serving import local_shelf

        self._settings = settings or _settings(None)
        self._remember = remember
        self._models = local_shelf(self._settings, many=False)
        finalize(self, self._models.close).atexit = False  # the end of the process frees all there is
        self._local_turn = threading.Lock()
        self._turn_of: int | None = None
        """The thread that reads a local answer."""

    @classmethod
    def from_config(cls, config: str | Path | None = None, *, remember: bool = True) -> Self:
        """Read `router.config.json`, `.env` and the environment as the command line does.

        `config` is read instead of the project's file. Raises `ConfigMistake`.
        """
        return cls(_settings(config), remember=remember)

    def close(self) -> None:
        """Let go of what is kept for a next call: connections and a local model. A later call gets its own.

        The end of a `with` does it, and so does the end of the process.
        """
        from agentic_flow.wiring import hang_up

        hang_up()
        self._models.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def chat(self, **request: Unpack[ChatRequest]) -> ChatReply:
        """Return the answer to `messages`. Raises a `FlowError` where there is none."""
        return self._chat(self._share, **request)

    def stream(self, **request: Unpack[ChatRequest]) -> ChatStream:
        """Return the answer to `messages` piece by piece. Nobody is asked before the first piece is."""
        return self._stream(self._share, **request)

    @overload
    def chat_many(
        self, requests: Sequence[ChatRequest], *, jobs: int = 4, settle: Literal[False] = False
    ) -> list[ChatReply]: ...

    @overload
    def chat_many(
        self, requests: Sequence[ChatRequest], *, jobs: int = 4, settle: Literal[True]
    ) -> list[ChatReply | FlowError]: ...

    def chat_many(
        self, requests: Sequence[ChatRequest], *, jobs: int = 4, settle: bool = False
    ) -> Sequence[ChatReply | FlowError]:
        """Return the answers to many requests, in their order, up to `jobs` at a time.

        Every request is made, whatever becomes of the others. Then the first failure in their order is
        raised; with `settle` failures stand among the replies instead, each in its place. A local model is
        loaded once for all of them, and makes up to `optimization.onnx.batchSize` answers together.
        """
        if jobs < 1:
            raise UsageMistake(f"jobs is {jobs}; at least one is needed")
        require_many(requests)

        from agentic_flow.batch.crew import Crew
        from agentic_flow.library.many import Chats, Requests
        from agentic_flow.wiring.serving import local_shelf

        self._models.close()  # two of them might not fit
        with closing(local_shelf(self._settings, many=True)) as models:
            share = replace(self._share, local=models.provider)
            crew = Crew(Chats(partial(self._chat, share)), min(jobs, max(1, len(requests))))
            done = dict(crew.work(Requests(requests)))
        outcomes = [done[number] for number in range(len(requests))]
        failures = [outcome for outcome in outcomes if isinstance(outcome, FlowError)]
        if failures and not settle:
            raise failures[0]
        return outcomes

    def _chat(self, share: "Share", **request: Unpack[ChatRequest]) -> ChatReply:
        stream = self._stream(share, **request)
        for _ in stream:
            pass
        return stream.reply

    def _stream(self, share: "Share", **request: Unpack[ChatRequest]) -> ChatStream:
        read = read_request(request)
        return ChatStream(self._answer(read_messages(read), read, share))

    def _answer(
        self, messages: tuple[Message, ...], request: ChatRequest, share: "Share"
    ) -> Generator[str, None, ChatReply]:
        from agentic_flow.runner.answering import answer
        from agentic_flow.runner.record import Record
        from agentic_flow.wiring import RunOptions, wire

        settings = self._settings
        task = task_of(messages, request, settings)
        deps = wire(settings, task, RunOptions(Path(), share=share))
        record = Record(task, deps, begun=deps.clock())
        heard = _Heard()

        def listened(to: Target) -> Provider:
            return heard.through(deps.provider(to))

        listening = replace(deps, provider=listened)
        warnings = [*settings.warnings]
        try:
            decision = deps.choose(task, template_of(messages))
            record.decision = decision = replace(decision, reason=told(decision.reason))
            warnings += decision.warnings
            prompt = prompt_of(messages, request, decision.target, task)
            with self._turn(decision.target) if share is self._share else nullcontext():
                for event in answer(prompt, decision.target, listening, record):
                    match event:
                        case TextDelta():
                            yield event.text
                        case Warned():
                            warnings.append(event.text)
                        case _:
                            pass
            result = record.result(Outcome.OK)
        except BaseException as failure:
            if isinstance(failure, FlowError):
                retell(failure)
            self._keep(record.ended(failure), deps)
            raise
        warnings += self._keep(result, deps)
        return _reply(result, decision.reason, heard.stop_reason, warnings)

    def _keep(self, result: RunResult, deps: "Deps") -> Sequence[str]:
        return deps.remember(result) if self._remember else ()

    @cached_property
    def _share(self) -> "Share":
        """What calls have in common: whom they are told to, the pace of each model, a local one in memory."""
        from agentic_flow.wiring import shared

        return shared(local=self._models.provider)

    @contextmanager
    def _turn(self, target: Target) -> Generator[None]:
        """Let one local answer be made at a time: each takes the machine's cores for itself."""
        if target.provider != LOCAL:
            yield
            return
        if self._turn_of == threading.get_ident():  # it would wait for itself for ever
            raise UsageMistake(
                "this thread still reads another answer of a local model; read that to its end, or close it"
            )
        with self._local_turn:
            self._turn_of = threading.get_ident()
            try:
                yield
            finally:
                self._turn_of = None


def _reply(result: RunResult, reason: str, stop: StopReason, warnings: Sequence[str]) -> ChatReply:
    served = result.attempts[-1]
    return ChatReply(
        text=result.text,
        provider=served.provider,
        model=served.model,
        usage=result.usage,
        cost_usd=result.cost_usd,
        stop_reason=stop,
        reason=reason,
        attempts=tuple(replace(each, error=each.error and told(each.error)) for each in result.attempts),
        warnings=tuple(warnings),
        ttft_ms=result.ttft_ms,
        duration_ms=result.duration_ms,
        run_id=result.run_id,
    )


class _Heard:
    """What the end of an answer says about it."""

    stop_reason = StopReason.OTHER

    def through(self, provider: Provider) -> Provider:
        """Return `provider`, listened to."""
        return _Listened(provider, self)


class _Listened:
    def __init__(self, provider: Provider, heard: _Heard) -> None:
        self._provider = provider
        self._heard = heard

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        with closing(self._provider.stream(prompt)) as events:
            for event in events:
                if isinstance(event, Finished):
                    self._heard.stop_reason = event.stop_reason
                yield event


def _settings(config: str | Path | None) -> Settings:
    from agentic_flow.config import Flags, load_settings

    return load_settings(Flags(None if config is None else Path(config)))
