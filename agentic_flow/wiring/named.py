"""Settings -> what there is to say of the names in them, of models and of the agent. Nobody is asked."""

from collections.abc import Iterator

from agentic_flow.config import Finding
from agentic_flow.core.errors import InvalidTemplate, UnknownAgent, UnknownModel
from agentic_flow.core.names import ANTHROPIC, LOCAL, OPENROUTER
from agentic_flow.core.settings import Settings
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


def _models(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield where a model is named: the field, the part of it, the name."""
    if named := settings.defaults.model:
        yield "defaults.model", "", named
    for provider in (ANTHROPIC, OPENROUTER, LOCAL):
        yield f"{provider}.default_model", "", f"{provider}/default"
    for number, rule in enumerate(settings.routing.rules):
        if rule.model is not None:
            yield "routing.rules", f"[{number}].model", f"{rule.provider}/{rule.model}"
