"""Settings, a target -> the provider that serves it: retries, fallbacks and all. Heavy parts load here."""

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from agentic_flow.core.errors import LocalModelProblem, ModelMissing
from agentic_flow.core.names import ANTHROPIC, LOCAL, SCRIPTED
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Decision, Prompt, Target, Task
from agentic_flow.hosting import last_listing, remote_of
from agentic_flow.offering import hosted_obstacle, preferred_of, strategy_of, why_private
from agentic_flow.routing import stand_ins
from agentic_flow.wiring.choosing import resolve_model
from agentic_flow.wiring.paying import may_serve
from agentic_flow.wiring.recalling import Around

if TYPE_CHECKING:
    from agentic_flow.providers.breaker import Breaker
    from agentic_flow.providers.local import LocalProvider
    from agentic_flow.providers.pace import Pace
    from agentic_flow.providers.recording import Account
    from agentic_flow.providers.shelf import Shelf
    from agentic_flow.providers.wire import Wire

OpenAccount = Callable[[Target, int], "Account"]
"""A target, the longest answer its provider asks for by itself -> who pays for its calls."""

FindPace = Callable[[Target], "Pace"]
"""How fast a target is asked, by all that ask it."""

OpenProvider = Callable[[Target], Provider]

Fetch = Callable[[ModelMissing], bool]
"""Brings a local model that is missing; says whether it did."""


@runtime_checkable
class _Holding(Protocol):
    """A provider that holds memory until it is told to let go; it serves again when it is asked again."""

    def close(self) -> None: ...


class Servers:
    """Who serves one run. Each provider is opened once, and one local model is in memory at a time."""

    def __init__(self, task: Task, settings: Settings, around: Around, open_one: OpenProvider) -> None:
        self._task = task
        self._settings = settings
        self._around = around
        self._open_one = open_one
        self._opened: dict[Target, Provider] = {}
        self._decision: Decision | None = None

    def follow(self, decision: Decision) -> None:
        """Take in what was weighed, for whom to ask where a target cannot serve."""
        self._decision = decision

    def serving(self, target: Target) -> Provider:
        """Return who serves `target`, and behind it the fallback chain where nobody named a model."""
        task, settings = self._task, self._settings
        if task.model is not None or not settings.fallback.enabled:
            return self.alone(target)
        from agentic_flow.providers.fallback import FallbackProvider, Link

        def link(to: Target) -> Link:
            return Link(to, lambda: self.alone(to))

        behind = self._behind(target)
        if _stays_here(task, settings):
            behind = [other for other in behind if other.provider == LOCAL]
        return FallbackProvider([link(target), *map(link, behind)], breaker=_breaker())

    def _behind(self, target: Target) -> Sequence[Target]:
        """Return who answers where `target` cannot: as the chain says, or the strategy that was asked for.

        Whoever asks for one puts the rules that ship aside, and so the chain that does.
        """
        settings, decision = self._settings, self._decision
        routing = settings.routing
        if settings.fallback.chosen or routing.rules or decision is None or not decision.candidates:
            return _chain(target, settings)
        return stand_ins(target, decision, strategy_of(settings), preferred_of(settings))

    def alone(self, target: Target) -> Provider:
        """Return who serves `target`, nobody behind it; an answer is kept under the name of who gave it."""
        return self._around(target, lambda: self._open(target))

    def _open(self, target: Target) -> Provider:
        for other, provider in self._opened.items():
            if other != target and isinstance(provider, _Holding):
                provider.close()
        if target not in self._opened:
            self._opened[target] = self._open_one(target)
        return self._opened[target]


def _stays_here(task: Task, settings: Settings) -> bool:
    from agentic_flow.analysis import why_private as task_is_private

    return why_private(settings) is not None or (task.auto_route and task_is_private(task) is not None)


def _chain(target: Target, settings: Settings) -> list[Target]:
    """Return the targets of the fallback chain that could serve now, less `target`, each once."""
    chain: list[Target] = []
    for name in settings.fallback.chain:
        other = resolve_model(name, settings).target
        if other != target and other not in chain and _could_serve(other, settings):
            chain.append(other)
    return chain


def _could_serve(target: Target, settings: Settings) -> bool:
    if target.provider == LOCAL:
        return settings.onnx.enabled and _is_here(target, settings)
    return hosted_obstacle(target.provider, remote_of(target.provider, settings)) is None


def _is_here(target: Target, settings: Settings) -> bool:
    from agentic_flow.weights.store import find

    try:
        find(target.model, settings.places, settings.onnx)
    except LocalModelProblem:
        return False
    return True


def open_provider(
    target: Target,
    settings: Settings,
    fetch: Fetch | None = None,
    account: OpenAccount | None = None,
    pace: FindPace | None = None,
) -> Provider:
    """Return the provider that serves `target`, with the retries that the settings ask for.

    `fetch` may bring a local model that is missing; it returns whether it did. `account` pays for each call
    of a hosted one; without it none is counted. `pace` may hold it back; without it none waits for another.
    """
    if target.provider == LOCAL:
        return open_local(target, settings, fetch)
    if target.provider == SCRIPTED:
        from agentic_flow.providers.scripted import read_script

        return read_script(Path(target.model))
    return _hosted(target, settings, account, pace)


def open_local(
    target: Target, settings: Settings, fetch: Fetch | None = None, *, many: bool = False
) -> "LocalProvider":
    """Return a local model, not loaded yet; `many` for many tasks in one process.

    Raises `ModelMissing` where it is not here and none brings it.
    """
    from agentic_flow.weights.model_path import remark_on
    from agentic_flow.weights.store import find

    try:
        folder = find(target.model, settings.places, settings.onnx)
    except ModelMissing as missing:
        if fetch is None or not fetch(missing):
            raise
        folder = find(target.model, settings.places, settings.onnx)
    from agentic_flow.providers.local import LocalProvider

    remark = remark_on(folder, target.model, settings.places)
    return LocalProvider(folder, target.model, settings.onnx, many=many, remark=remark)


def local_shelf(settings: Settings, *, many: bool) -> "Shelf":
    """Return local models for a process with more than one task, which keeps one of them in memory.

    `many`: for tasks that overlap.
    """
    from agentic_flow.providers.shelf import Shelf

    return Shelf(lambda target: open_local(target, settings, many=many))


def _hosted(
    target: Target, settings: Settings, account: OpenAccount | None, pace: FindPace | None
) -> Provider:
    from agentic_flow.providers.retrying import RetryingProvider

    speak, usual = _dialect(target.provider, settings)

    def paid(wire: "Wire") -> Provider:
        if account is None:
            return speak(wire)
        from agentic_flow.providers.recording import RecordingProvider

        return RecordingProvider(lambda sent: speak(wire.telling(sent)), account(target, usual))

    called = paid(_wire()) if pace is None else _paced(paid, target, pace(target))
    if account is not None:
        from agentic_flow.providers.recalling import RecallingProvider

        called = RecallingProvider(called, account(target, usual))
    called = RetryingProvider(called, target.provider, settings.fallback)
    return _fitting(_bounded(called, target, settings, usual), target, settings)


def _paced(opening: "Callable[[Wire], Provider]", target: Target, pace: "Pace") -> Provider:
    """Return what `opening` makes, called when its turn has come."""
    from agentic_flow.analysis import estimate_tokens
    from agentic_flow.providers.pacing import PacedProvider

    def size(prompt: Prompt) -> int:
        return sum(estimate_tokens(message.text) for message in prompt.messages)

    return PacedProvider(lambda heard: opening(_wire().hearing(heard)), str(target), pace, size)


def _bounded(provider: Provider, target: Target, settings: Settings, usual: int) -> Provider:
    """Return `provider`, kept within the longest answer that its own list gives for the model."""
    listing = last_listing(target.provider, settings)
    if listing is None:
        return provider
    from agentic_flow.catalogue.notices import listed
    from agentic_flow.providers.bounding import BoundedProvider

    model = listed(target.model, listing)
    if model is None or not model.max_output:
        return provider
    return BoundedProvider(provider, model.max_output, usual)


def _fitting(provider: Provider, target: Target, settings: Settings) -> Provider:
    """Return `provider`, kept from prompts that no window of all who may serve holds, if all are known."""
    windows = [_window(other, settings) for other in may_serve(target, settings)]
    known = [window for window in windows if window]
    if len(known) < len(windows):
        return provider
    from agentic_flow.analysis import least_tokens
    from agentic_flow.providers.fitting import FittingProvider

    return FittingProvider(provider, str(target), max(known), least_tokens)


def _window(target: Target, settings: Settings) -> int | None:
    """Return the context of a hosted model as its provider lists it, else as the router believes."""
    from agentic_flow.catalogue.notices import listed
    from agentic_flow.routing.strengths import standing_of

    listing = last_listing(target.provider, settings)
    model = None if listing is None else listed(target.model, listing)
    return (model and model.context) or standing_of(target).context


def _dialect(provider: str, settings: Settings) -> "tuple[Callable[[Wire], Provider], int]":
    """Return what speaks to a hosted provider, and the longest answer it asks for by itself."""
    from agentic_flow.providers.thinking import usual_tokens

    remote = remote_of(provider, settings)
    longest = usual_tokens(remote.thinking)
    if provider == ANTHROPIC:
        from agentic_flow.providers import anthropic

        return lambda wire: anthropic.AnthropicProvider(remote, wire), longest
    from agentic_flow.providers import openrouter

    return lambda wire: openrouter.OpenRouterProvider(remote, wire), longest


@cache
def _breaker() -> "Breaker":
    """Return what this process knows of targets that keep failing: all its runs share it."""
    from agentic_flow.providers.breaker import Breaker

    return Breaker()


def hang_up() -> None:
    """Let go of the connections that are kept for a next call: there is none."""
    if _only_wire.cache_info().currsize:
        _only_wire().close()


def _wire() -> "Wire":
    """Return this process's way out: its trust store is read once, and all its runs share connections."""
    with _OPENING:
        return _only_wire()


_OPENING = Lock()
"""`cache` alone would let threads that come at once open one each."""


@cache
def _only_wire() -> "Wire":
    from agentic_flow.providers.wire import Wire

    return Wire()
