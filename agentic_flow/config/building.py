"""Merged settings -> `Settings`."""

from collections import defaultdict
from typing import Any, cast

from agentic_flow.config.kinds import SecretText
from agentic_flow.config.loading import Loaded
from agentic_flow.core.settings import (
    BudgetSettings,
    CacheSettings,
    Defaults,
    FallbackSettings,
    HistorySettings,
    OnnxSettings,
    PriceSettings,
    ProjectChecks,
    RemoteSettings,
    RoutingSettings,
    Secret,
    Settings,
)


def build(loaded: Loaded) -> Settings:
    """Put every value where the table says; what nobody says is left to the defaults of `Settings`."""
    fields: dict[str, dict[str, Any]] = defaultdict(dict)
    for into, entry in loaded.merged.entries.items():
        section, name, *tier = into.split(".")
        value = Secret(str(entry.value)) if isinstance(entry.key.kind, SecretText) else entry.value
        if tier:
            fields[section].setdefault(name, {})[tier[0]] = value
        else:
            fields[section][name] = value
    chain = loaded.merged.entries.get("fallback.chain")
    fields["fallback"]["chosen"] = chain is not None and chain.source.personal
    for into, problem in loaded.bad_keys.items():
        fields[into.partition(".")[0]]["key_problem"] = problem
    return Settings(
        places=loaded.places,
        anthropic=RemoteSettings(**fields["anthropic"]),
        openrouter=RemoteSettings(**fields["openrouter"]),
        onnx=OnnxSettings(**fields["onnx"]),
        routing=RoutingSettings(**fields["routing"]),
        fallback=FallbackSettings(**fields["fallback"]),
        cache=CacheSettings(**fields["cache"]),
        budget=BudgetSettings(**fields["budget"]),
        defaults=Defaults(**fields["defaults"]),
        prices=PriceSettings(**fields["prices"]),
        history=HistorySettings(**fields["history"]),
        project_checks=_project_checks(loaded),
        warnings=loaded.warnings,
    )


def _project_checks(loaded: Loaded) -> ProjectChecks | None:
    entry = loaded.merged.aside.get("defaults.checks")
    if entry is None or not entry.value or entry.source.file is None:
        return None
    return ProjectChecks(cast("tuple[str, ...]", entry.value), entry.source.file)
