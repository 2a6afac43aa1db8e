"""genai-prices -> table.json. Run by `make prices`; the product itself never needs genai-prices."""

import json
import sys
from datetime import UTC, date, datetime
from importlib import import_module
from importlib.metadata import version
from typing import Any

from agentic_flow.core.names import HOSTED
from agentic_flow.prices import TABLE, PriceShape, RateShape, RowShape, TableShape

_KEYS = {"in": "input_mtok", "out": "output_mtok", "read": "cache_read_mtok", "write": "cache_write_mtok"}


def main() -> None:
    """Write the table anew and say how many models it holds."""
    providers: Any = import_module("genai_prices.data").providers

    table: TableShape = {
        "dated": datetime.now(UTC).date().isoformat(),
        "source": f"genai-prices {version('genai-prices')} (MIT)",
        "providers": {
            provider.id: [row for model in provider.models if (row := _row(model))]
            for provider in providers
            if provider.id in HOSTED
        },
    }
    lines = json.dumps(table, indent=None, separators=(",", ":"))
    # A line a model, so that the next refresh shows as a diff that can be read.
    TABLE.write_text(
        lines.replace('{"match"', '\n{"match"').replace("]}]}", "]}]\n}") + "\n", encoding="utf-8"
    )
    counts = ", ".join(f"{len(rows)} of {name}" for name, rows in table["providers"].items())
    sys.stdout.write(f"{TABLE.name}: {counts}, {table['source']}\n")


def _row(model: Any) -> RowShape | None:
    found: Any = model.prices
    listed: list[Any] = [*found] if isinstance(found, list) else [found]
    prices = [price for one in listed if (price := _price(one))]
    patterns = [model.id, *_patterns(model.match)]
    return {"match": list(dict.fromkeys(patterns)), "prices": sorted(prices, key=_start)} if prices else None


def _start(price: PriceShape) -> str:
    return price.get("from", date.min.isoformat())


def _price(listed: Any) -> PriceShape | None:
    constraint = getattr(listed, "constraint", None)
    rates = getattr(listed, "prices", listed)
    if getattr(rates, "input_mtok", None) is None:
        return None
    listed_rates = {key: getattr(rates, name, None) for key, name in _KEYS.items()}
    shape: dict[str, Any] = {key: _rate(rate) for key, rate in listed_rates.items() if rate is not None}
    if constraint is not None:
        shape["from"] = constraint.start_date.isoformat()
    return shape  # type: ignore[return-value]  # pyright: ignore[reportReturnType]


def _rate(rate: Any) -> RateShape:
    if hasattr(rate, "tiers"):
        return [str(rate.base), *([tier.start, str(tier.price)] for tier in rate.tiers)]
    return str(rate)


def _patterns(clause: Any) -> list[str]:
    """Flatten a match clause; `contains` is left out: it would give a price to models nobody listed."""
    if hasattr(clause, "or_"):
        return [pattern for part in clause.or_ for pattern in _patterns(part)]
    if hasattr(clause, "equals"):
        return [clause.equals]
    if hasattr(clause, "starts_with"):
        return [f"{clause.starts_with}*"]
    if hasattr(clause, "regex"):
        return [f"/{clause.regex}/"]
    return []


if __name__ == "__main__":
    main()
