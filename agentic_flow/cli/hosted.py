"""What hosted providers serve, drawn: a list, a search, one model; always with the age of what is shown."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from agentic_flow.cli.columns import put, put_columns
from agentic_flow.cli.console import say
from agentic_flow.core.errors import FlowError, UnknownModel
from agentic_flow.core.names import HOSTED, LOCAL
from agentic_flow.core.values import Target
from agentic_flow.hosting import Found, hosted_models

if TYPE_CHECKING:
    from agentic_flow.core.listings import HostedModel
    from agentic_flow.core.settings import Settings
    from agentic_flow.core.values import Named
    from agentic_flow.costing import Quote

_HEAD = ("ID", "CONTEXT", "INPUT $/MTOK", "OUTPUT $/MTOK", "NOTE")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def put_listing(provider: str, settings: "Settings", *, refresh: bool, as_json: bool) -> None:
    """Print all models of a provider; prices are US dollars a million tokens."""
    found = hosted_models(provider, settings, refresh=refresh)
    if as_json:
        put(json.dumps(_whole(found, settings), indent=2))
        return
    _say_age(found)
    put_columns([_HEAD, *(_row(provider, model, settings) for model in found.listing.models)])


def put_search(
    words: Sequence[str], providers: Sequence[str], settings: "Settings", *, refresh: bool, as_json: bool
) -> None:
    """Print the models whose id or name holds every word. A provider that cannot be asked is named."""
    wanted = [word.casefold() for part in words for word in part.split()]
    shapes: list[dict[str, Any]] = []
    rows: list[tuple[str, ...]] = []
    for provider in providers:
        if provider == LOCAL:
            for name, title, aliases in _local(settings):
                if _holds(f"{name} {title} {' '.join(aliases)}", wanted):
                    shapes.append({"id": f"{LOCAL}/{name}", "name": title})
                    rows.append((f"{LOCAL}/{name}", "-", "0", "0", title))
            continue
        try:
            found = hosted_models(provider, settings, refresh=refresh)
        except FlowError as failure:
            say(f"{provider} is left out: {failure}")
            continue
        _say_age(found)
        for model in found.listing.models:
            if _holds(f"{model.id} {model.name}", wanted):
                facts = facts_of(Target(provider, model.id), model, settings)
                shapes.append({**facts, "id": f"{provider}/{model.id}"})
                _, *rest = _row(provider, model, settings)
                rows.append((f"{provider}/{model.id}", *rest))
    if as_json:
        put(json.dumps(shapes, indent=2))
    elif rows:
        put_columns([_HEAD, *rows])
    else:
        say(f"no model holds {' and '.join(map(repr, wanted))}")


def put_model(named: "Named", settings: "Settings", *, refresh: bool, as_json: bool) -> None:
    """Print one model. Raises `UnknownModel` where its provider does not list it."""
    from agentic_flow.catalogue.notices import listed

    target = named.target
    found = hosted_models(target.provider, settings, refresh=refresh)
    model = listed(target.model, found.listing)
    if model is None:
        raise _unlisted(target, found)
    for warning in named.warnings:
        say(f"warning: {warning}")
    facts = facts_of(target, model, settings)
    if as_json:
        put(json.dumps({**facts, **_age(found)}, indent=2))
        return
    _say_age(found)
    put_columns([(name, _words(value)) for name, value in facts.items()])


def named_hosted(name: str, settings: "Settings") -> "Named | None":
    """Return the hosted model that a name stands for; None where it is a local model's, or nobody's."""
    from agentic_flow.wiring import resolve_model

    try:
        named = resolve_model(name, settings)
    except UnknownModel:
        if name.partition("/")[0] in HOSTED:
            raise
        return None
    return named if named.target.provider in HOSTED else None


def facts_of(target: Target, model: "HostedModel", settings: "Settings") -> dict[str, Any]:
    """Return everything known of a model, in the order in which it is read. Money is text: it is exact."""
    from agentic_flow.costing import quote

    quoted = quote(target, settings)
    return {
        "provider": target.provider,
        "id": model.id,
        "name": model.name or None,
        "context": model.context,
        "max_output": model.max_output,
        "lifecycle": model.lifecycle,
        "retires": None if model.retires is None else model.retires.isoformat(),
        "price": _price(quoted),
        "price_from": _source(quoted),
        "parameters": list(model.parameters),
    }


def age_in_words(seconds: float) -> str:
    """Return how old something is: `just now`, `5 min old`, `3 h old`, `2 days old`."""
    if seconds < _MINUTE:
        return "just now"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min old"
    return f"{seconds / _HOUR:.0f} h old" if seconds < 2 * _DAY else f"{seconds / _DAY:.0f} days old"


def _say_age(found: Found) -> None:
    listing = found.listing
    told = f"{listing.provider}: {len(listing.models):,} models, "
    if found.problem is not None:
        say(f"warning: {found.problem}")
        say(f"{told}from the list kept here, {age_in_words(found.age)}")
    elif found.age:
        say(f"{told}from the list kept here, {age_in_words(found.age)}; --refresh asks again")
    else:
        say(f"{told}asked just now")


def _age(found: Found) -> dict[str, Any]:
    at = datetime.fromtimestamp(found.listing.fetched, UTC)
    return {
        "fetched": at.isoformat(timespec="seconds"),
        "age_s": round(found.age),
        "problem": None if found.problem is None else str(found.problem),
    }


def _whole(found: Found, settings: "Settings") -> dict[str, Any]:
    provider = found.listing.provider
    models = [facts_of(Target(provider, model.id), model, settings) for model in found.listing.models]
    return {"provider": provider, **_age(found), "models": models}


def _row(provider: str, model: "HostedModel", settings: "Settings") -> tuple[str, ...]:
    from agentic_flow.costing import quote

    price = quote(Target(provider, model.id), settings).price
    rates = ("?", "?") if price is None else (_rate(price.input.base), _rate(price.output.base))
    context = "?" if model.context is None else f"{model.context:,}"
    return (model.id, context, *rates, _note(model, datetime.now(UTC).date()))


def _note(model: "HostedModel", today: date) -> str:
    if model.retires is not None:
        return f"{'retired' if model.retires <= today else 'retires'} {model.retires}"
    said = model.lifecycle
    return said.value if said is not None and said.value != "active" else model.name


def _price(quoted: "Quote") -> dict[str, Any] | None:
    price = quoted.price
    if price is None:
        return None
    rates = {
        "input": price.input,
        "output": price.output,
        "cache_read": price.cache_read,
        "cache_write": price.cache_write,
    }
    shape: dict[str, Any] = {name: rate.shape for name, rate in rates.items()}
    return shape | ({"request": str(price.request)} if price.request else {})


def _source(quoted: "Quote") -> str:
    return quoted.source if quoted.day is None else f"{quoted.source} of {quoted.day}"


def _rate(rate: Decimal) -> str:
    return f"{rate:f}"


def _words(value: Any) -> str:
    match value:
        case None:
            return "unknown"
        case list():
            return ", ".join(cast("list[str]", value)) or "-"
        case dict():
            rates = cast("dict[str, Any]", value).items()
            parts = (f"{name.replace('_', ' ')} {_tiers(rate)}" for name, rate in rates)
            return f"US dollars a million tokens: {', '.join(parts)}"
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def _tiers(rate: Any) -> str:
    if isinstance(rate, str):
        return f"{Decimal(rate):f}"
    base, *tiers = rate
    return f"{Decimal(base):f}" + "".join(f" ({Decimal(dear):f} above {start:,})" for start, dear in tiers)


def _unlisted(target: Target, found: Found) -> UnknownModel:
    from difflib import get_close_matches

    close = get_close_matches(target.model, [model.id for model in found.listing.models], n=1)
    hint = f"; did you mean {target.provider}/{close[0]}?" if close else ""
    return UnknownModel(
        f"{target.provider} lists no model {target.model!r} (list: {age_in_words(found.age)}){hint}"
        f" `agentic-flow models search WORDS` looks for one"
    )


def _holds(text: str, wanted: Sequence[str]) -> bool:
    said = text.casefold()
    return all(word in said for word in wanted)


def _local(settings: "Settings") -> Iterator[tuple[str, str, tuple[str, ...]]]:
    from agentic_flow.weights.catalog import load_catalog
    from agentic_flow.weights.store import stored

    catalog = load_catalog(settings.places)
    for model in stored(settings.places, settings.onnx):
        entry = catalog.get(model.name.partition("@")[0])
        yield model.name, f"{entry.title if entry else 'your own'} ({model.state})", model.aliases
