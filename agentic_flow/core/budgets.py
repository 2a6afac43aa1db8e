"""What calls may cost, in values that the parts of a run share. Amounts are US dollars."""

from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Target

EVERYTHING = ""
"""The scope that every call counts under."""


class Period(StrEnum):
    """The time over which a limit counts, in UTC, as both hosted providers count it."""

    DAY = "day"
    MONTH = "month"

    def key(self, day: str) -> str:
        """Return what the period around `day` (2026-11-25) is called: the day, or 2026-11."""
        return day if self is Period.DAY else day[:7]

    def resets(self, now: datetime) -> datetime:
        """Return when the period around `now`, which is in UTC, ends."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        if self is Period.DAY:
            return midnight + timedelta(days=1)
        return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1)


@frozen
class Rate:
    """The most that a provider is asked for in a minute, all its models together."""

    provider: str
    requests: int
    tokens: int | None = None
    """Read and said; None: any number."""


@frozen
class Limit:
    """At most `amount` for all calls that count under one scope, in one period."""

    amount: Decimal
    name: str
    """As a sentence calls it: 'the daily budget'."""
    setting: str
    """Where a person changes it: 'costOptimization.budgetLimits.daily', '--max-cost'."""
    scope: str = EVERYTHING
    """What counts: everything, a project (its folder), or a name such as `run:ID` and `batch:ID`."""
    period: Period | None = None
    """None: for as long as the scope exists."""
    patient: bool = False
    """Whether a call waits for what others under way may leave of it: a batch has time."""


@frozen
class Ceiling:
    """The most that one call can cost: its prompt, and each token it may answer."""

    prompt: Decimal
    token: Decimal
    tokens: int
    """The longest answer that is wanted."""
    least: int
    """With fewer tokens an answer would be paid for and of no use."""

    def cost(self, tokens: int) -> Decimal:
        """Return the most that the call costs with an answer of at most `tokens`."""
        return self.prompt + self.token * tokens

    def affordable(self, left: Decimal) -> int | None:
        """Return how long the answer may be for `left` dollars; None where that is of no use."""
        if self.cost(self.tokens) <= left:
            return self.tokens
        if not self.token or left < self.prompt:
            return None
        tokens = int(((left - self.prompt) / self.token).to_integral_value(ROUND_FLOOR))
        return tokens if tokens >= self.least else None


@frozen
class PlannedCall:
    """One call of one model that is about to be made, and for whom."""

    run_id: str
    target: Target
    project: str
    agent: str


@frozen
class Room:
    """What a limit leaves now."""

    limit: Limit
    spent: Decimal
    held: Decimal
    """Set aside by calls that are under way."""
    resets: datetime | None
    """When the limit counts anew; None for one that does not."""

    @property
    def left(self) -> Decimal:
        """What may still be spent, never below 0."""
        return max(Decimal(0), self.limit.amount - self.spent - self.held)

    def __str__(self) -> str:
        """Say it as a sentence's part: what is left of what, where it went, when it counts anew."""
        held = f" and {dollars(self.held)} set aside for calls under way" if self.held else ""
        anew = f"; it counts anew from {self.resets:%Y-%m-%d %H:%M} UTC" if self.resets else ""
        return (
            f"{self.limit.name} has {dollars(self.left)} left of {dollars(self.limit.amount)}"
            f" ({dollars(self.spent)} spent{held}{anew})"
        )


@frozen
class Reservation:
    """The worst case of one call, set aside. It counts as spent until it is settled."""

    number: int
    amount: Decimal
    tokens: int
    """The longest answer that it pays for."""
    tightest: Room | None = None
    """The limit that made `tokens` fewer than were wanted; None where none did."""


def dollars(amount: Decimal | int) -> str:
    """Return an amount as a person reads it: cents, and more digits only where there are some."""
    exact = f"{Decimal(amount):.6f}".rstrip("0")
    whole, _, cents = exact.partition(".")
    return f"${int(whole):,}.{cents:<02}"
