"""What a machine of a cluster is lent by the one that keeps the books."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentic_flow.core.budgets import Rate
from agentic_flow.core.ports import Ledger
from agentic_flow.core.settings import Secret

if TYPE_CHECKING:
    from agentic_flow.providers.pace import Allowing


@dataclass(frozen=True, slots=True)
class Abroad:
    """The ledger, the rates and the keys, wherever they are kept."""

    ledger: Ledger
    open_quota: "Callable[[Rate], Allowing]"
    """Finds where the calls of a provider are held to its rate."""
    keys: Mapping[str, Secret]
    """By provider."""
