"""Settings, a target -> what its tokens cost: by the person, else the provider's list, else the table."""

from datetime import UTC, date, datetime
from enum import StrEnum

from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import HOSTED
from agentic_flow.core.pricing import Price
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Target
from agentic_flow.hosting import last_listing
from agentic_flow.prices import price_of, table_date


class Source(StrEnum):
    """Who says what a model costs."""

    LOCAL = "a local model"
    OWN = "your configuration"
    LISTED = "the provider's list"
    TABLE = "the shipped table"
    NOBODY = "nobody"


@frozen
class Quote:
    """A model's price, and who says so on which day."""

    price: Price | None
    source: Source
    day: date | None = None


def price_for(target: Target, settings: Settings) -> Price | None:
    """Return what a model costs today (UTC); None when nobody knows."""
    return quote(target, settings).price


def quote(target: Target, settings: Settings) -> Quote:
    """Return what a model costs today, and who says so."""
    today = datetime.now(UTC).date()
    listing = last_listing(target.provider, settings)
    model = None if listing is None else listing.find(target.model)
    live = None if model is None else model.price
    price = price_of(target, today, settings.prices.own, live)
    if price is None:
        return Quote(None, Source.NOBODY)
    if target.provider not in HOSTED:
        return Quote(price, Source.LOCAL)
    if str(target) in settings.prices.own:
        return Quote(price, Source.OWN)
    if live is not None and listing is not None:
        return Quote(price, Source.LISTED, datetime.fromtimestamp(listing.fetched, UTC).date())
    return Quote(price, Source.TABLE, table_date())
