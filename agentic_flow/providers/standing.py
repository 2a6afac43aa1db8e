"""What OpenRouter says of a key -> what is left to spend with it. Its label is a part of the key: not read.

Source: https://openrouter.ai/docs/api/api-reference/api-keys/get-current-key.
"""

from decimal import Decimal

from agentic_flow.core.errors import UnknownModel
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import OPENROUTER
from agentic_flow.core.settings import RemoteSettings
from agentic_flow.providers import openrouter
from agentic_flow.providers.exchange import asking, discreet, fetched, key_of
from agentic_flow.providers.payload import amount, child
from agentic_flow.providers.wire import Wire


@frozen
class Standing:
    """What a key may still spend, in US dollars. None: it has no limit of its own."""

    left: Decimal | None
    limit: Decimal | None


def standing(settings: RemoteSettings, wire: Wire) -> Standing | None:
    """Ask what a key may spend; None where a server of the same dialect knows nothing of it.

    Raises `KeyProblem` and what a call raises.
    """
    key = key_of(OPENROUTER, settings)
    url = f"{openrouter.base_url(settings)}/key"
    call = discreet(asking(OPENROUTER, url, key, openrouter.headers_of(key, settings)), settings)
    try:
        said = child(fetched(wire, call), "data")
    except UnknownModel:
        return None
    return Standing(amount(said, "limit_remaining"), amount(said, "limit"))
