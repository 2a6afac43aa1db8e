"""What a machine of a cluster is lent by the one that keeps the books, as each of the two sees it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from agentic_flow.batch.entries import Entry
from agentic_flow.batch.events import Ended
from agentic_flow.batch.performing import Prepare
from agentic_flow.core.budgets import Rate
from agentic_flow.core.frozen import frozen
from agentic_flow.core.ports import Ledger
from agentic_flow.core.settings import Secret

if TYPE_CHECKING:
    from agentic_flow.providers.pace import Allowing


@frozen
class Abroad:
    """The ledger, the rates and the keys, wherever they are kept."""

    ledger: Ledger
    open_quota: "Callable[[Rate], Allowing]"
    """Finds where the calls of a provider are held to its rate."""
    keys: Mapping[str, Secret]
    """By provider."""


@frozen
class Lent:
    """What the driver's machine gives to the cluster, and what the workers make of it."""

    open_ledger: Callable[[], Ledger]
    make: Callable[[Abroad], Prepare]
    """Holds no key: it is told which there are."""
    rates: Sequence[Rate]
    keys: Mapping[str, Secret]
    handed_in: Callable[[Entry], Ended | None]
    """Returns how a task ended that the ledger knows the result of, though its worker did not tell."""
