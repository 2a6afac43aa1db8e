"""What a hosted provider serves, from its `/models` -> `HostedModel`s. Every word of it is a stranger's.

Sources: https://platform.claude.com/docs/en/api/models-list, https://openrouter.ai/docs/api/api-reference/models.
Other servers of OpenAI's dialect list at least the ids.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import cast
from urllib.parse import urlencode

from agentic_flow.core.errors import ProviderUnavailable, UnknownModel
from agentic_flow.core.listings import HostedModel, Lifecycle
from agentic_flow.core.names import ANTHROPIC, OPENROUTER
from agentic_flow.core.pricing import Price, Rate
from agentic_flow.core.settings import RemoteSettings
from agentic_flow.providers import anthropic, openrouter
from agentic_flow.providers.exchange import asking, discreet, fetched, key_of
from agentic_flow.providers.payload import JsonObject, amount_in, child, children, count, word
from agentic_flow.providers.wire import Call, Wire

Shown = Callable[[str], str]
"""Makes a stranger's words fit to be shown, the key left out."""

_MILLION = Decimal(1_000_000)
_LONGEST_ID = 200
_PAGE = 1000
_MOST_PAGES = 20
_RATES = {
    "input": "prompt",
    "output": "completion",
    "cache_read": "input_cache_read",
    "cache_write": "input_cache_write",
}


def list_models(provider: str, settings: RemoteSettings, wire: Wire) -> tuple[HostedModel, ...]:
    """Ask a provider what it serves. Raises `KeyProblem` and what a call raises."""
    listed = _anthropic(settings, wire) if provider == ANTHROPIC else _openrouter(settings, wire)
    models = {model.id: model for model in listed}
    if not models:
        raise ProviderUnavailable(f"{provider} lists no model at all")
    return tuple(models.values())


def _asked(wire: Wire, call: Call) -> JsonObject:
    try:
        return fetched(wire, call)
    except UnknownModel as nothing_there:
        raise ProviderUnavailable(f"{call.provider} has no list of models at {call.url}") from nothing_there


def _anthropic(settings: RemoteSettings, wire: Wire) -> Iterator[HostedModel]:
    key = key_of(ANTHROPIC, settings)
    after = ""
    for _ in range(_MOST_PAGES):
        asked = {"limit": _PAGE, **({"after_id": after} if after else {})}
        url = f"{anthropic.base_url(settings)}/models"
        call = asking(ANTHROPIC, url, key, anthropic.headers_of(key), urlencode(asked))
        call = discreet(call, settings)
        page = _asked(wire, call)
        yield from (model for said in children(page, "data") if (model := _claude(said, call.shown)))
        after = word(page, "last_id")
        if page.get("has_more") is not True or not after:
            return


def _claude(said: JsonObject, shown: Shown) -> HostedModel | None:
    number = _id(said, shown)
    if number is None:
        return None
    return HostedModel(
        id=number,
        name=shown(word(said, "display_name")),
        context=count(said, "max_input_tokens"),
        max_output=count(said, "max_tokens"),
        lifecycle=_LIFECYCLES.get(word(said, "lifecycle")),
        retires=_day(word(said, "retires_at")),
        parameters=tuple(
            shown(name)
            for name in child(said, "capabilities")
            if child(said, "capabilities", name).get("supported") is True
        ),
    )


def _openrouter(settings: RemoteSettings, wire: Wire) -> Iterator[HostedModel]:
    # The list is open to everyone at OpenRouter itself; other servers of its dialect may ask for the key.
    key = settings.api_key.reveal() if settings.api_key else ""
    url = f"{openrouter.base_url(settings)}/models"
    call = discreet(asking(OPENROUTER, url, key, openrouter.headers_of(key, settings)), settings)
    listed = children(_asked(wire, call), "data")
    yield from (model for said in listed if (model := _routed(said, call.shown)))


def _routed(said: JsonObject, shown: Shown) -> HostedModel | None:
    number = _id(said, shown)
    if number is None:
        return None
    slug = word(said, "canonical_slug")
    end = _day(word(said, "expiration_date"))
    return HostedModel(
        id=number,
        name=shown(word(said, "name")),
        context=count(said, "context_length") or count(child(said, "top_provider"), "context_length"),
        max_output=count(child(said, "top_provider"), "max_completion_tokens"),
        price=_price(child(said, "pricing")),
        lifecycle=Lifecycle.DEPRECATED if end else None,
        retires=end,
        aliases=(slug,) if slug != number and _is_name(slug) and shown(slug) == slug else (),
        parameters=tuple(shown(name) for name in _words(said, "supported_parameters")),
    )


def _price(said: JsonObject) -> Price | None:
    """Read prices: strings, in US dollars a token. What is missing or below 0 (it varies) is unknown.

    An override for long prompts is a tier. One for certain hours counts where it is dearer: what a call
    will cost is not to be guessed too low. What an override leaves out costs what it always does.
    """
    prompt, completion = (amount_in(said, _RATES[name]) for name in ("input", "output"))
    if prompt is None or completion is None:
        return None
    rates = {name: _rate(said, key) for name, key in _RATES.items()}
    return Price(**rates, request=amount_in(said, "request") or Decimal(0))


def _rate(said: JsonObject, key: str) -> Rate:
    if amount_in(said, key) is None:  # cached tokens that are not listed cost what others do
        key = _RATES["input"]
    usual = amount_in(said, key) or Decimal(0)
    tiers: dict[int, Decimal] = {}
    for override in children(said, "overrides"):
        price = amount_in(override, key)
        if price is None:
            continue
        if "utc_start" in override or "utc_end" in override:
            price = max(price, usual)
        if start := count(override, "min_prompt_tokens"):
            tiers[start - 1] = _per_million(price)  # from that many tokens on; our tiers begin above
        else:
            usual = price
    return Rate(_per_million(usual), tuple(sorted(tiers.items())))


def _per_million(price: Decimal) -> Decimal:
    return (price * _MILLION).normalize()


_LIFECYCLES: Mapping[str, Lifecycle] = {stage.value: stage for stage in Lifecycle}


def _day(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        return None


def _id(said: JsonObject, shown: Shown) -> str | None:
    number = word(said, "id")
    return number if _is_name(number) and shown(number) == number else None


def _is_name(text: str) -> bool:
    """Tell whether this can be a model's id: visible ASCII that a person can type."""
    return 0 < len(text) <= _LONGEST_ID and text.isascii() and text.isprintable() and " " not in text


def _words(said: JsonObject, key: str) -> list[str]:
    found = said.get(key)
    items = cast("list[object]", found) if isinstance(found, list) else []
    return [item for item in items if isinstance(item, str)]
