"""What a hosted provider says it serves: its models, as they were at one moment."""

from datetime import date
from enum import StrEnum

from agentic_flow.core.frozen import frozen
from agentic_flow.core.pricing import Price


class Lifecycle(StrEnum):
    """Where a model stands between its first day and its last."""

    ACTIVE = "active"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


@frozen
class HostedModel:
    """One model of a provider. None stands for what the provider does not say."""

    id: str
    name: str = ""
    context: int | None = None
    """Tokens of prompt and answer together."""
    max_output: int | None = None
    """Tokens of the longest answer."""
    price: Price | None = None
    lifecycle: Lifecycle | None = None
    retires: date | None = None
    aliases: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    """What a request may say: `temperature`, `tools`, ..."""


@frozen
class Listing:
    """All models of one provider, as it listed them."""

    provider: str
    models: tuple[HostedModel, ...]
    fetched: float
    """Seconds since 1970."""

    def find(self, model: str) -> HostedModel | None:
        """Return the model of an id or an alias."""
        for listed in self.models:
            if model == listed.id or model in listed.aliases:
                return listed
        return None
