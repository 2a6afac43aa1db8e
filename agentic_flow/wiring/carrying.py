"""Settings -> what travels to another machine: settings without keys, and the keys apart from them."""

from collections.abc import Mapping
from dataclasses import replace

from agentic_flow.core.names import ANTHROPIC, OPENROUTER
from agentic_flow.core.settings import Secret, Settings

Keys = Mapping[str, Secret]
"""By provider."""


def keys_of(settings: Settings) -> Keys:
    """Return the keys that the settings hold."""
    held = {ANTHROPIC: settings.anthropic.api_key, OPENROUTER: settings.openrouter.api_key}
    return {provider: key for provider, key in held.items() if key is not None}


def with_keys(settings: Settings, keys: Keys) -> Settings:
    """Return the settings with these keys and no other."""
    return replace(
        settings,
        anthropic=replace(settings.anthropic, api_key=keys.get(ANTHROPIC)),
        openrouter=replace(settings.openrouter, api_key=keys.get(OPENROUTER)),
    )
