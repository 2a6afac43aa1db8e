"""One run -> who pays for its calls, what they cost, and what the limits leave of it."""

from decimal import Decimal

from agentic_flow.core.budgets import Limit, PlannedCall, Room
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import HOSTED
from agentic_flow.core.ports import Ledger
from agentic_flow.core.pricing import Price
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Target, Task, Usage
from agentic_flow.wiring.paying import Retention, RunAccount, may_serve


@frozen
class Purse:
    """What a run pays from."""

    settings: Settings
    task: Task
    run_id: str
    ledger: Ledger
    limits: tuple[Limit, ...]
    retention: Retention | None
    """What keeps paid answers, where somebody goes on with the run."""

    def account(self, target: Target, max_tokens: int) -> RunAccount:
        """Return who pays for a target's calls; `max_tokens`: the longest answer it asks for by itself."""
        call = PlannedCall(self.run_id, target, str(self.settings.places.project), self.task.agent)
        servers = may_serve(target, self.settings)
        return RunAccount(self.ledger, call, self.limits, servers, self.price, max_tokens, self.retention)

    def room(self) -> Room | None:
        """Return what the tightest limit leaves; None where none holds."""
        return self.ledger.room(self.limits)

    def price(self, target: Target) -> Price | None:
        """Return what a target's tokens cost; None where nobody knows."""
        from agentic_flow.costing import price_for

        return price_for(target, self.settings)

    def cost(self, target: Target, usage: Usage) -> Decimal | None:
        """Return what a call's tokens cost; None where the price or the tokens are not known."""
        price = self.price(target)
        if price is None or (target.provider in HOSTED and not usage.known):
            return None
        return price.cost(usage)
