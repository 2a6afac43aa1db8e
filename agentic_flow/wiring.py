"""Settings -> Deps: the only place that names concrete parts. Heavy parts load when a run reaches them."""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from agentic_flow.core.errors import ModelMissing
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import RemoteSettings, Settings
from agentic_flow.core.values import AgentTemplate, Check, Decision, Draft, FileChange, Named, Target, Task
from agentic_flow.routing import Candidate, choose
from agentic_flow.runner import Deps

CHECK_SECONDS = 300.0
SCRIPTED = "scripted"


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
        template=lambda name: _template(name, settings, options),
        choose=lambda task, template: _choose(task, template, settings),
        provider=lambda target: open_provider(target, settings, options.fetch),
        write=lambda drafts: _write(drafts, task, settings, options, run_id),
        verify=lambda command: _verify(command, options),
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
    )


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time and that no two runs share."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def _template(name: str, settings: Settings, options: RunOptions) -> AgentTemplate:
    from agentic_flow.templates import find_template, template_folders

    return find_template(name, template_folders(settings.places, options.agents_dir))


def _choose(task: Task, template: AgentTemplate, settings: Settings) -> Decision:
    def named(name: str) -> Named:
        return resolve_model(name, settings)

    return choose(task, template, settings.defaults.model, named, _candidates(settings))


def resolve_model(name: str, settings: Settings) -> Named:
    """Return the target that a model's name stands for. Raises `UnknownModel`."""
    from agentic_flow.naming import Names, resolve
    from agentic_flow.weights.names import local_names

    names = Names(
        settings=settings,
        local=local_names(settings.places, settings.onnx),
        today=datetime.now(UTC).date(),
        verbatim=frozenset({SCRIPTED}),
    )
    return resolve(name, names)


def _candidates(settings: Settings) -> list[Candidate]:
    """Return each provider's default, in the order in which they are asked when nobody chose."""
    hosted = (("anthropic", settings.anthropic), ("openrouter", settings.openrouter))
    candidates = [
        Candidate(resolve_model(f"{name}/default", settings).target, obstacle)
        if (obstacle := _obstacle(name, remote)) is None
        else Candidate(Target(name, "default"), obstacle)
        for name, remote in hosted
    ]
    local = None if settings.onnx.enabled else "switched off"
    return [*candidates, Candidate(resolve_model("onnx/default", settings).target, local)]


def _obstacle(name: str, remote: RemoteSettings) -> str | None:
    if not remote.enabled:
        return "switched off"
    return None if remote.api_key else f"no {name.upper()}_API_KEY"


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
    from agentic_flow.providers.wire import Wire

    provider: Provider
    if target.provider == "anthropic":
        from agentic_flow.providers.anthropic import AnthropicProvider

        provider = AnthropicProvider(settings.anthropic, Wire())
    else:
        from agentic_flow.providers.openrouter import OpenRouterProvider

        provider = OpenRouterProvider(settings.openrouter, Wire())
    return RetryingProvider(provider, target.provider, settings.fallback)


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
            keep=settings.places.user_data / "undo" / run_id,
        ),
    )


def _verify(command: str, options: RunOptions) -> Check:
    from agentic_flow.config.environment import environment
    from agentic_flow.verification import verify, without_keys

    return verify(command, options.output_dir, timeout=CHECK_SECONDS, environment=without_keys(environment()))
