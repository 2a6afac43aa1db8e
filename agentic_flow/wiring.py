"""Settings -> Deps: the only place that names concrete parts. Heavy parts load when a run reaches them."""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_flow.core.errors import LocalModelProblem, ModelMissing, UsageMistake
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import (
    AgentTemplate,
    Candidate,
    Check,
    Decision,
    Draft,
    FileChange,
    Named,
    Target,
    Task,
    Usage,
)
from agentic_flow.offering import hosted_obstacle, policy_of, why_private
from agentic_flow.routing import LOCAL, choose, decide
from agentic_flow.runner import Deps

if TYPE_CHECKING:
    from agentic_flow.providers.wire import Wire

CHECK_SECONDS = 300.0
SCRIPTED = "scripted"
HOSTED = ("anthropic", "openrouter")


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Where a run writes, and whom it may ask. Without `confirm` and `fetch` it asks nobody."""

    output_dir: Path
    overwrite: bool = False
    agents_dir: Path | None = None
    confirm: Callable[[Sequence[FileChange]], bool] | None = None
    fetch: Callable[[ModelMissing], bool] | None = None


def wire(settings: Settings, task: Task, options: RunOptions) -> Deps:
    """Name the parts of one run."""
    run_id = new_run_id(datetime.now(UTC))
    return Deps(
        run_id=run_id,
        template=lambda name: find_agent(name, settings, options.agents_dir),
        choose=lambda task, template: choose_model(task, template, settings, options.fetch),
        provider=lambda target: _serving(target, task, settings, options),
        write=lambda drafts: _write(drafts, task, settings, options, run_id),
        verify=lambda command, left: _verify(command, options, left),
        price=_cost,
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
    )


def undo_folder(settings: Settings) -> Path:
    """Return where each run keeps the bytes it replaced, in a folder of its own."""
    return settings.places.user_data / "undo"


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time and that no two runs share."""
    return f"{now:%Y%m%d-%H%M%S-%f}-{secrets.token_hex(3)}"


def find_agent(name: str, settings: Settings, agents_dir: Path | None = None) -> AgentTemplate:
    """Return the agent of a name. Raises `UnknownAgent` and `InvalidTemplate`."""
    from agentic_flow.templates import find_template, template_folders

    return find_template(name, template_folders(settings.places, agents_dir))


def choose_model(
    task: Task,
    template: AgentTemplate,
    settings: Settings,
    fetch: Callable[[ModelMissing], bool] | None = None,
) -> Decision:
    """Choose by the task itself where it is asked for, or where nothing may leave; else by who named a model.

    Raises `ModelMissing` where the task must stay here and no local model can serve, and `fetch` brings none.
    """
    resolve = _resolver(settings)
    named = task.model or template.model or settings.defaults.model
    private = why_private(settings)
    if not task.auto_route and (named or private is None):
        decision = choose(task, template, settings.defaults.model, resolve, _candidates(settings))
        if private is None or decision.target.provider not in HOSTED:
            return decision
        if task.model is not None:
            raise UsageMistake(f"{decision.target} is hosted, and nothing may leave this machine: {private}")
    try:
        return _route(task, template, settings, resolve)
    except ModelMissing as missing:
        if fetch is None or not fetch(missing):
            raise
        return _route(task, template, settings, resolve)


def _route(
    task: Task, template: AgentTemplate, settings: Settings, resolve: Callable[[str], Named]
) -> Decision:
    from agentic_flow.analysis import analyse

    profile = analyse(task, template, private=why_private(settings))
    return decide(profile, policy_of(settings, resolve))


def resolve_model(name: str, settings: Settings) -> Named:
    """Return the target that a model's name stands for. Raises `UnknownModel`."""
    return _resolver(settings)(name)


def _resolver(settings: Settings) -> Callable[[str], Named]:
    from agentic_flow.naming import Names, resolve
    from agentic_flow.weights.names import local_names

    names = Names(
        settings=settings,
        local=local_names(settings.places, settings.onnx),
        today=datetime.now(UTC).date(),
        verbatim=frozenset({SCRIPTED}),
    )
    return lambda name: resolve(name, names)


def _candidates(settings: Settings) -> list[Candidate]:
    """Return each provider's default, in the order in which they are asked when nobody chose."""
    hosted = (("anthropic", settings.anthropic), ("openrouter", settings.openrouter))
    candidates = [
        Candidate(resolve_model(f"{name}/default", settings).target, obstacle)
        if (obstacle := hosted_obstacle(name, remote)) is None
        else Candidate(Target(name, "default"), obstacle)
        for name, remote in hosted
    ]
    local = None if settings.onnx.enabled else "switched off"
    return [*candidates, Candidate(resolve_model("onnx/default", settings).target, local)]


def _serving(target: Target, task: Task, settings: Settings, options: RunOptions) -> Provider:
    """Return who serves a run: `target`, and behind it the fallback chain where nobody named a model."""
    if task.model is not None or not settings.fallback.enabled:
        return open_provider(target, settings, options.fetch)
    from agentic_flow.providers.fallback import FallbackProvider, Link

    def link(to: Target) -> Link:
        return Link(to, lambda: open_provider(to, settings, options.fetch))

    behind = _behind(target, settings)
    if _stays_here(task, settings):
        behind = [other for other in behind if other.provider == LOCAL]
    return FallbackProvider([link(target), *map(link, behind)])


def _stays_here(task: Task, settings: Settings) -> bool:
    from agentic_flow.analysis import why_private as task_is_private

    return why_private(settings) is not None or (task.auto_route and task_is_private(task) is not None)


def _behind(target: Target, settings: Settings) -> list[Target]:
    """Return the targets of the fallback chain that could serve now, less `target`, each once."""
    chain: list[Target] = []
    for name in settings.fallback.chain:
        other = resolve_model(name, settings).target
        if other != target and other not in chain and _could_serve(other, settings):
            chain.append(other)
    return chain


def _could_serve(target: Target, settings: Settings) -> bool:
    if target.provider == "onnx":
        return settings.onnx.enabled and _is_here(target, settings)
    remote = settings.anthropic if target.provider == "anthropic" else settings.openrouter
    return hosted_obstacle(target.provider, remote) is None


def _is_here(target: Target, settings: Settings) -> bool:
    from agentic_flow.weights.store import find

    try:
        find(target.model, settings.places, settings.onnx)
    except LocalModelProblem:
        return False
    return True


def open_provider(
    target: Target, settings: Settings, fetch: Callable[[ModelMissing], bool] | None = None
) -> Provider:
    """Return the provider that serves `target`, with the retries that the settings ask for.

    `fetch` may bring a local model that is missing; it returns whether it did.
    """
    match target.provider:
        case "onnx":
            return _local(target, settings, fetch)
        case "scripted":
            from agentic_flow.providers.scripted import read_script

            return read_script(Path(target.model))
        case _:
            return _hosted(target, settings)


def _local(target: Target, settings: Settings, fetch: Callable[[ModelMissing], bool] | None) -> Provider:
    from agentic_flow.weights.store import find

    try:
        folder = find(target.model, settings.places, settings.onnx)
    except ModelMissing as missing:
        if fetch is None or not fetch(missing):
            raise
        folder = find(target.model, settings.places, settings.onnx)
    from agentic_flow.providers.local import LocalProvider

    return LocalProvider(folder, target.model, settings.onnx)


def _hosted(target: Target, settings: Settings) -> Provider:
    from agentic_flow.providers.retrying import RetryingProvider

    provider: Provider
    if target.provider == "anthropic":
        from agentic_flow.providers.anthropic import AnthropicProvider

        provider = AnthropicProvider(settings.anthropic, _wire())
    else:
        from agentic_flow.providers.openrouter import OpenRouterProvider

        provider = OpenRouterProvider(settings.openrouter, _wire())
    return RetryingProvider(provider, target.provider, settings.fallback)


@cache
def _wire() -> "Wire":
    """Return this process's way out: its trust store is read once."""
    from agentic_flow.providers.wire import Wire

    return Wire()


def _write(
    drafts: Sequence[Draft], task: Task, settings: Settings, options: RunOptions, run_id: str
) -> Iterable[FileChange]:
    from agentic_flow.writing import Workspace, write

    return write(
        drafts,
        Workspace(
            root=options.output_dir,
            overwrite=options.overwrite,
            readable=frozenset(file.path for file in task.context),
            confirm=options.confirm,
            keep=undo_folder(settings) / run_id,
        ),
    )


def _cost(target: Target, usage: Usage) -> Decimal | None:
    """Return what a call's tokens cost; None where the price or the tokens are not known."""
    from agentic_flow.prices import price_of

    price = price_of(target, datetime.now(UTC).date())
    if price is None or (target.provider in HOSTED and not usage.known):
        return None
    return price.cost(usage)


def _verify(command: str, options: RunOptions, left: float | None) -> Check:
    from agentic_flow.config.environment import environment
    from agentic_flow.verification import verify, without_keys

    timeout = CHECK_SECONDS if left is None else min(left, CHECK_SECONDS)
    return verify(command, options.output_dir, timeout=timeout, environment=without_keys(environment()))
