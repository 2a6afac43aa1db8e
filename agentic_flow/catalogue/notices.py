"""A chosen model, what its provider last listed -> what a person should know about it. Pure."""

from datetime import UTC, date, datetime

from agentic_flow.core.listings import HostedModel, Lifecycle, Listing
from agentic_flow.core.names import OPENROUTER
from agentic_flow.core.patterns import pattern
from agentic_flow.core.values import Target

_NOTICE_DAYS = 60
_DATED = pattern(r"-\d{8}|@\d{8}")


def notice(target: Target, listing: Listing, today: date) -> str | None:
    """Return one line where the model has gone, or soon will; None where all is well.

    Only what a provider said decides: a model that it lists nowhere may still answer.
    """
    model = listed(target.model, listing)
    day = datetime.fromtimestamp(listing.fetched, UTC).date()
    if model is None:
        if _is_its_own(target):
            return None
        return f"{target} is not among the models that {target.provider} listed on {day}"
    if model.lifecycle is Lifecycle.RETIRED:
        return f"{target} was retired, as {target.provider} listed it on {day}; choose another model"
    if model.retires is not None and (model.retires - today).days <= _NOTICE_DAYS:
        return f"{target} retires on {model.retires}, as {target.provider} listed it on {day}"
    return None


def listed(model: str, listing: Listing) -> HostedModel | None:
    """Return the listed model that a name asks for, also where the name leaves out a date or adds a variant.

    Anthropic lists `claude-haiku-4-5-20251001` and takes `claude-haiku-4-5` and `-latest`; OpenRouter
    lists `maker/model` and takes `maker/model:nitro`.
    """
    if found := listing.find(model):
        return found
    base = model.partition(":")[0].removesuffix("-latest")
    if found := listing.find(base):
        return found
    dated = [
        one for one in listing.models if one.id.startswith(base) and _DATED.fullmatch(one.id[len(base) :])
    ]
    return max(dated, key=lambda one: one.id) if dated else None


def _is_its_own(target: Target) -> bool:
    """Tell what OpenRouter serves and need not list: its own routers, and a person's presets."""
    return target.provider == OPENROUTER and target.model.startswith(("openrouter/", "@preset/"))
