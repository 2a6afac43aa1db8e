"""Settings -> whether each provider could serve now, what the machine has, and what a run would choose.

Asking a provider what it serves costs nothing; a call is a real one, of a few tokens, and is accounted for
like any other.
"""

import shutil
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from agentic_flow.core.errors import ConfigMistake, FlowError, IncompleteAnswer, KeyProblem, OutOfCredit
from agentic_flow.core.events import Finished
from agentic_flow.core.frozen import frozen
from agentic_flow.core.looking import is_there
from agentic_flow.core.names import LOCAL, OPENROUTER
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import AgentTemplate, Message, Prompt, Role, Sampling, Target, Task, Usage
from agentic_flow.hosting import ask, brief_wire, remote_of
from agentic_flow.wiring.choosing import choose_model, resolve_model

_CALL_TOKENS = 16
_CALL_SECONDS = 120.0
_PROBES: Mapping[str, str] = {
    "small": "Write hello world in Python",
    "hard": "Build a complex distributed system",
}

Sources = Mapping[str, str]
"""A setting's dotted key -> who said it."""


@frozen
class CallMade:
    """One real call."""

    target: Target
    seconds: float
    usage: Usage
    cost_usd: Decimal | None


@dataclass(slots=True)
class Examined:
    """What was found out about one provider."""

    provider: str
    facts: dict[str, str] = field(default_factory=dict[str, str])
    """What is configured and what was seen, in words, in the order in which it is read."""
    warnings: list[str] = field(default_factory=list[str])
    problem: FlowError | None = None
    """Why it cannot serve; it says what to do."""
    call: CallMade | None = None


@frozen
class Machine:
    """What this machine has left."""

    memory: int | None
    """Bytes; None where the system does not say."""
    cores: int
    disk: int
    """Bytes free where models are kept."""
    models: Path


@frozen
class Chosen:
    """What a run would go to, and why; or why to none."""

    run: str
    words: str
    can_run: bool


def examine(provider: str, settings: Settings, sources: Sources, *, call: bool) -> Examined:
    """Find out whether a provider could serve."""
    found = Examined(provider)
    try:
        named = resolve_model(f"{provider}/default", settings)
        found.facts["default model"] = named.target.model
        found.warnings += named.warnings
        if provider == LOCAL:
            _look(found, named.target, settings)
        else:
            _ask(found, settings, sources)
        if call:
            found.call = make_call(named.target, settings)
    except FlowError as failure:
        found.problem = failure
    return found


def _ask(found: Examined, settings: Settings, sources: Sources) -> None:
    """Ask a hosted provider what it serves, and OpenRouter what the key may spend."""
    provider, remote = found.provider, remote_of(found.provider, settings)
    at = f"providers.{provider}"
    key = f"set ({sources.get(f'{at}.apiKey', 'unknown')})" if remote.api_key else "not set"
    found.facts["key"] = key
    found.facts["address"] = f"{remote.base_url} ({sources.get(f'{at}.baseURL', 'unknown')})"
    if not remote.enabled:
        raise ConfigMistake(f"{provider} is switched off; set {at}.enabled to true")
    if remote.key_problem:
        raise ConfigMistake(remote.key_problem)
    if not remote.api_key:
        name = f"{provider.upper()}_API_KEY"
        raise KeyProblem(f"there is no key for {provider}: set {name} in the environment or in .env")
    began = time.monotonic()
    listing = ask(provider, settings)
    found.facts["answers"] = f"{len(listing.models):,} models listed in {time.monotonic() - began:.1f} s"
    _notice(found, settings)
    if provider == OPENROUTER:
        _credit(found, settings)


def _notice(found: Examined, settings: Settings) -> None:
    """Warn of each configured model that has gone or soon will."""
    for tier in remote_of(found.provider, settings).models:
        for warning in resolve_model(f"{found.provider}/{tier}", settings).warnings:
            if warning not in found.warnings:
                found.warnings.append(warning)


def _credit(found: Examined, settings: Settings) -> None:
    from agentic_flow.providers.standing import standing

    known = standing(remote_of(OPENROUTER, settings), brief_wire())
    if known is None:
        found.warnings.append("it says nothing of the key, so only --call proves that it is taken")
    elif known.left is None:
        found.facts["credit"] = "the key has no limit of its own"
    else:
        found.facts["credit"] = f"${known.left:.2f} left of ${known.limit or known.left:.2f}"
        if not known.left:
            raise OutOfCredit("nothing is left to spend with this key; raise its limit at OpenRouter")


def _look(found: Examined, target: Target, settings: Settings) -> None:
    """Look for the default model and the others on this machine; only to try a device is one loaded."""
    from agentic_flow.providers.devices import find_device
    from agentic_flow.providers.folder import read_folder
    from agentic_flow.providers.machine import free_memory
    from agentic_flow.providers.memory import Bounds, require_memory
    from agentic_flow.weights.store import State, find, stored

    ready: list[str] = []
    for model in stored(settings.places, settings.onnx):
        if model.state is State.READY:
            ready.append(model.name)
        elif model.problem is not None:
            found.warnings.append(model.problem)
    found.facts["downloaded"] = ", ".join(ready) or "none"
    if not settings.onnx.enabled:
        raise ConfigMistake("local models are switched off; set providers.onnx.enabled to true")
    folder = read_folder(find(target.model, settings.places, settings.onnx))
    device = find_device(settings.onnx.execution_provider)
    bounds = Bounds(settings.onnx.memory_limit, free_memory())
    require_memory(folder, target.model, _CALL_TOKENS, bounds, loaded=False)
    if device.provider is not None:
        from agentic_flow.providers.engine import require_device

        require_device(folder.path, device)


def make_call(target: Target, settings: Settings) -> CallMade:
    """Make one real call of a few tokens. An answer that is cut at them is an answer here."""
    from agentic_flow.wiring import RunOptions, wire

    words = Message(Role.USER, "Say ok.")
    task = Task(words.text, "", model=str(target), max_tokens=_CALL_TOKENS, timeout=_CALL_SECONDS)
    deps = wire(settings, task, RunOptions(Path()))
    prompt = Prompt(target.model, (words,), Sampling(_CALL_TOKENS), timeout=_CALL_SECONDS)
    began = time.monotonic()
    with closing(deps.provider(target).stream(prompt)) as events:
        for event in events:
            if isinstance(event, Finished):
                cost = event.cost_usd
                cost = deps.price(target, event.usage) if cost is None else cost
                return CallMade(target, time.monotonic() - began, event.usage, cost)
    raise IncompleteAnswer(f"{target} ended its answer without an end mark", maybe_billed=True)


def machine(settings: Settings) -> Machine:
    """Return what this machine has left."""
    from agentic_flow.providers.machine import free_memory, usable_cores

    folder = settings.places.models
    there = next(path for path in (folder, *folder.parents) if is_there(path))
    return Machine(free_memory(), usable_cores(), shutil.disk_usage(there).free, folder)


def choices(settings: Settings) -> list[Chosen]:
    """Return what runs would go to, without a model and with --auto-route."""
    nobody = AgentTemplate("", "", "", Path(), "")
    plain = Task("Hello", "")
    asked = {"without --model": plain} | {
        f"--auto-route, a {size} task": Task(text, "", auto_route=True) for size, text in _PROBES.items()
    }
    return [_choice(run, task, nobody, settings) for run, task in asked.items()]


def _choice(run: str, task: Task, template: AgentTemplate, settings: Settings) -> Chosen:
    try:
        decision = choose_model(task, template, settings)
    except FlowError as failure:
        return Chosen(run, str(failure), can_run=False)
    return Chosen(run, f"{decision.target} ({decision.reason})", can_run=True)
