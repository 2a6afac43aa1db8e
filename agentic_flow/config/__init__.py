"""router.config.json, .env, the environment and flags -> `Settings`; the front door of this stage.

How a project's files are kept from collecting keys stands in `trust`.
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_flow.config.loading import Finding, Flags
from agentic_flow.core.settings import Secret, Settings

if TYPE_CHECKING:
    from agentic_flow.config.explaining import Origin

__all__ = [
    "Finding",
    "Flags",
    "check_settings",
    "explain_settings",
    "load_settings",
    "schema",
    "scrubbed",
    "scrubber",
]


Judge = Callable[[Settings], Iterable[Finding]]
"""Looks for what settings name. What there is of models and agents is not for this stage to know."""


def load_settings(flags: Flags) -> Settings:
    """Read the whole configuration. Raises `ConfigMistake` with a line for each mistake."""
    from agentic_flow.config.building import build
    from agentic_flow.config.loading import load

    return build(load(flags))


def explain_settings(flags: Flags) -> list["Origin"]:
    """Return each setting with its value and who said it. Raises `ConfigMistake`."""
    from agentic_flow.config.explaining import explain
    from agentic_flow.config.loading import load

    return explain(load(flags))


def check_settings(
    flags: Flags, file: Path | None = None, judge: Judge | None = None
) -> tuple[list[str], tuple[str, ...]]:
    """Return the sources that are fine, in words, and the warnings. Raises `ConfigMistake`.

    `file` is judged as if it were the project's, which is the strictest reading.
    """
    from agentic_flow.config.building import build
    from agentic_flow.config.loading import judged, load, require_keys

    loaded = load(flags, file)
    require_keys(loaded)
    if judge is not None:
        loaded = judged(loaded, judge(build(loaded)))
    said = (layer for layer in loaded.layers if layer.entries or layer.source.bound)
    return [f"{layer.source.words}: {_counted(len(layer.entries))}" for layer in said], (
        *loaded.warnings,
        *loaded.strange,
    )


def _counted(settings: int) -> str:
    return f"{settings} setting{'' if settings == 1 else 's'}"


def schema() -> dict[str, object]:
    """Return the JSON Schema (draft 2020-12) of `router.config.json`."""
    from agentic_flow.config.schema import config_schema

    return config_schema()


def scrubbed(text: str) -> str:
    """Return a text without any key that this machine is configured with."""
    from agentic_flow.config.scrubbing import scrub

    return scrub(text)


def scrubber(known: Mapping[str, Secret]) -> Callable[[str], str]:
    """Return what takes every key that this machine is configured with, or that is `known`, out of texts."""
    from agentic_flow.config import scrubbing

    return scrubbing.scrubber(known)
