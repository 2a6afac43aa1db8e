"""Settings -> what there is to say of what they name: models, the agent, a folder. Nobody is asked."""

from collections.abc import Iterator
from contextlib import suppress

from agentic_flow.config import Finding
from agentic_flow.core.errors import (
    InvalidTemplate,
    LocalModelProblem,
    RuntimeMissing,
    UnknownAgent,
    UnknownModel,
)
from agentic_flow.core.names import ANTHROPIC, LOCAL, OPENROUTER
from agentic_flow.core.settings import OnnxSettings, RemoteSettings, Settings
from agentic_flow.wiring import find_agent, resolve_model


def judge_names(settings: Settings) -> Iterator[Finding]:
    """Yield each name that stands for nothing here, with what would do, and each that is retired."""
    try:
        find_agent(settings.defaults.agent, settings)
    except (InvalidTemplate, UnknownAgent) as mistake:
        yield Finding("defaults.agent", str(mistake), wrong=True)
    for field, part, name in _models(settings):
        try:
            warnings = resolve_model(name, settings).warnings
        except UnknownModel as mistake:
            yield Finding(field, str(mistake), wrong=True, part=part)
        else:
            yield from (Finding(field, warning, wrong=False, part=part) for warning in warnings)
    yield from _model_path(settings)
    yield from _device(settings)


def _models(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield where a model is named: the field, the part of it, the name. A tier is judged where it is set."""
    own: dict[str, RemoteSettings | OnnxSettings] = {
        ANTHROPIC: settings.anthropic,
        OPENROUTER: settings.openrouter,
        LOCAL: settings.onnx,
    }
    tiers = {provider: each.models for provider, each in own.items()}
    for provider, each in own.items():
        yield from ((f"{provider}.models.{tier}", "", f"{provider}/{tier}") for tier in tiers[provider])
        if each.default_model not in tiers[provider]:
            yield f"{provider}.default_model", "", f"{provider}/default"
    named = [("defaults.model", "", settings.defaults.model)]
    for number, rule in enumerate(settings.routing.rules):
        name = None if rule.model is None else f"{rule.provider}/{rule.model}"
        named.append(("routing.rules", f"[{number}].model", name))
    for field, part, name in named:
        provider, _, model = (name or "").partition("/")
        if name and not (provider in tiers and model in {"default", *tiers[provider]}):
            yield field, part, name


def _model_path(settings: Settings) -> Iterator[Finding]:
    """Say what is wrong with the folder or file that is to be the local model, if one is named."""
    from agentic_flow.providers.folder import read_folder
    from agentic_flow.weights.catalog import load_catalog
    from agentic_flow.weights.model_path import default_name, idle, pointed_model

    if (path := settings.onnx.model_path) is None:
        return
    try:
        if pointed := pointed_model(path):
            read_folder(pointed)
        else:
            default_name(settings.onnx, load_catalog(settings.places))
    except LocalModelProblem as mistake:
        yield Finding("onnx.model_path", str(mistake), wrong=True)
    else:
        if remark := idle(path):
            yield Finding("onnx.model_path", remark, wrong=False)


def _device(settings: Settings) -> Iterator[Finding]:
    """Say what a run would of the device that is to compute: one that is not here may be elsewhere."""
    from agentic_flow.providers.devices import find_device
    from agentic_flow.weights.store import find

    try:
        device = find_device(settings.onnx.execution_provider)
    except RuntimeMissing as nowhere:
        yield Finding("onnx.execution_provider", str(nowhere).removeprefix("executionProvider: "), wrong=True)
        return
    if device.provider is None or not settings.onnx.enabled:
        return
    from agentic_flow.providers.engine import require_device

    with suppress(LocalModelProblem, UnknownModel):  # without a model here there is nothing to try it with
        folder = find(
            resolve_model(f"{LOCAL}/default", settings).target.model, settings.places, settings.onnx
        )
        try:
            require_device(folder, device)
        except RuntimeMissing as missing:
            yield Finding("onnx.execution_provider", str(missing), wrong=False)
