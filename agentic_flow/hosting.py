"""Settings -> what a hosted provider serves: from its list on disk, asked for anew when that is old.

Two readers: a person who looks around (`hosted_models`, which may ask the provider), and a run that wants to
know what a model costs and whether it is still there (`last_listing`, which reads only what is on disk).
"""

import time
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_flow.catalogue import keep, kept
from agentic_flow.core.errors import ConfigMistake, FlowError, KeyProblem, LimitReached, ProviderUnavailable
from agentic_flow.core.frozen import frozen
from agentic_flow.core.listings import Listing
from agentic_flow.core.names import ANTHROPIC, HOSTED
from agentic_flow.core.settings import RemoteSettings, Settings

if TYPE_CHECKING:
    from agentic_flow.providers.wire import Wire

FRESH = 24 * 3600.0
"""Seconds for which a list is shown without asking again."""
BELIEVED = 7 * 24 * 3600.0
"""Seconds for which a list says what a model costs and whether it is there."""
_FOLDER = "catalogue"
_PATIENCE = 20.0


@frozen
class Found:
    """A provider's models, and how they came here."""

    listing: Listing
    age: float
    """Seconds."""
    problem: FlowError | None = None
    """Why the provider could not be asked, where it should have been."""


def remote_of(provider: str, settings: Settings) -> RemoteSettings:
    """Return the settings of a hosted provider, with what its words must not show of the others'."""
    mine, other = settings.anthropic, settings.openrouter
    if provider != ANTHROPIC:
        mine, other = other, mine
    return mine if other.api_key is None else replace(mine, unsaid=(other.api_key,))


def hosted_models(provider: str, settings: Settings, *, refresh: bool = False) -> Found:
    """Return what a provider serves, and ask it where its list is old, missing or to be refreshed.

    Where it cannot be asked, what is on disk serves, however old, and the answer says why. Raises
    `KeyProblem` and `ProviderUnavailable` where nothing is on disk either.
    """
    remote = remote_of(provider, settings)
    before = kept(provider, _folder(settings), _address(remote))
    if before is not None and not refresh and 0 <= time.time() - before.fetched < FRESH:
        return Found(before, time.time() - before.fetched)
    try:
        return Found(ask(provider, settings), 0.0)
    except (ProviderUnavailable, KeyProblem, LimitReached) as failure:
        if before is None:
            raise
        return Found(before, max(0.0, time.time() - before.fetched), failure)


def ask(provider: str, settings: Settings) -> Listing:
    """Ask a provider what it serves, and keep the answer. Raises what a call raises."""
    from agentic_flow.providers.listing import list_models

    remote = remote_of(provider, settings)
    if not remote.enabled:
        raise ConfigMistake(f"{provider} is switched off; set providers.{provider}.enabled to true")
    models = list_models(provider, remote, brief_wire())
    listing = Listing(provider, models, time.time())
    keep(listing, _folder(settings), _address(remote))
    _read.cache_clear()
    return listing


def brief_wire() -> "Wire":
    """Return a way out for questions that are answered at once or not at all."""
    from agentic_flow.providers.clocks import Patience
    from agentic_flow.providers.wire import Wire

    return Wire(Patience(first_token=_PATIENCE, silence=_PATIENCE))


def last_listing(provider: str, settings: Settings) -> Listing | None:
    """Return what a provider listed not long ago, None where nothing is on disk or it is too old."""
    if provider not in HOSTED:
        return None
    listing = _read(provider, settings.places.user_cache, _address(remote_of(provider, settings)))
    believed = listing is not None and 0 <= time.time() - listing.fetched < BELIEVED
    return listing if believed else None


@cache
def _read(provider: str, cached: Path, address: str) -> Listing | None:
    """Read a list once in the life of a process: each task of a batch asks for it, several times."""
    return kept(provider, cached / _FOLDER, address)


def _folder(settings: Settings) -> Path:
    return settings.places.user_cache / _FOLDER


def _address(remote: RemoteSettings) -> str:
    return remote.base_url.rstrip("/")
