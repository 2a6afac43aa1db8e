"""A provider's models <-> one private file a provider and address, with its age. It asks nobody.

The file holds nothing secret, only what a provider tells everyone, and still it is written for its owner
alone. What cannot be read counts as not there: it is asked for again.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from decimal import InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import Any

from agentic_flow.core.listings import HostedModel, Lifecycle, Listing
from agentic_flow.core.pricing import Price, read_rate
from agentic_flow.core.whole_files import write_privately

__all__ = ["keep", "kept"]

_FORM = 1
"""What the file's form is called; another one is not read."""
_RATES: Mapping[str, str] = {"in": "input", "out": "output", "read": "cache_read", "write": "cache_write"}


def keep(listing: Listing, folder: Path, address: str) -> None:
    """Write a listing down, whole or not at all. Where that cannot be done nothing is kept."""
    path = _path(folder, listing.provider, address)
    shape = {
        "form": _FORM,
        "provider": listing.provider,
        "address": address,
        "fetched": listing.fetched,
        "models": [_shape(model) for model in listing.models],
    }
    with suppress(OSError):
        write_privately(path, json.dumps(shape, separators=(",", ":")))


def kept(provider: str, folder: Path, address: str) -> Listing | None:
    """Return what was kept of a provider at an address, None where there is nothing that can be read."""
    try:
        said: Any = json.loads(_path(folder, provider, address).read_text(encoding="utf-8"))
        if said["form"] != _FORM or said["address"] != address:
            return None
        return Listing(provider, tuple(_model(model) for model in said["models"]), float(said["fetched"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidOperation, RecursionError):
        return None


def _path(folder: Path, provider: str, address: str) -> Path:
    return folder / f"{provider}-{sha256(address.encode()).hexdigest()[:12]}.json"


def _shape(model: HostedModel) -> dict[str, Any]:
    shape = {
        "id": model.id,
        "name": model.name,
        "context": model.context,
        "max_output": model.max_output,
        "price": None if model.price is None else _price_shape(model.price),
        "lifecycle": model.lifecycle,
        "retires": None if model.retires is None else model.retires.isoformat(),
        "aliases": list(model.aliases),
        "parameters": list(model.parameters),
    }
    return {name: value for name, value in shape.items() if value}


def _price_shape(price: Price) -> dict[str, Any]:
    rates = {short: getattr(price, name).shape for short, name in _RATES.items()}
    return {**rates, "request": str(price.request)}


def _model(said: Any) -> HostedModel:
    price, retires, lifecycle = said.get("price"), said.get("retires"), said.get("lifecycle")
    return HostedModel(
        id=str(said["id"]),
        name=str(said.get("name", "")),
        context=said.get("context"),
        max_output=said.get("max_output"),
        price=None if price is None else _price(price),
        lifecycle=None if lifecycle is None else Lifecycle(lifecycle),
        retires=None if retires is None else date.fromisoformat(retires),
        aliases=tuple(said.get("aliases", ())),
        parameters=tuple(said.get("parameters", ())),
    )


def _price(said: Any) -> Price:
    rates = {name: read_rate(said[short]) for short, name in _RATES.items()}
    return Price(**rates, request=read_rate(said["request"]).base)
