"""`make prices`: what genai-prices says becomes the table, and nobody gets a price that was not listed."""

import json
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from types import SimpleNamespace as Said

import pytest

from agentic_flow import prices
from agentic_flow.core.values import Target, Usage
from agentic_flow.prices import price_of, refresh

TIERED = Said(base=Decimal(1), tiers=[Said(start=100_000, price=Decimal(5))])
OLD = Said(input_mtok=Decimal(8), output_mtok=Decimal(24))
NEW = Said(input_mtok=TIERED, output_mtok=Decimal(5), cache_read_mtok=Decimal("0.1"), cache_write_mtok=None)
MODELS = [
    Said(
        id="dear",
        match=Said(or_=[Said(equals="dear-latest"), Said(starts_with="dear-2"), Said(contains="ear")]),
        prices=[
            Said(constraint=Said(start_date=date(2026, 6, 1)), prices=NEW),
            Said(constraint=None, prices=OLD),
        ],
    ),
    Said(id="plain", match=Said(regex="^plain-[0-9]$"), prices=OLD),
    Said(id="pictures", match=Said(equals="pictures"), prices=Said(input_mtok=None, output_mtok=Decimal(1))),
]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return the table that was made of `MODELS`, in use."""
    data = ModuleType("genai_prices.data")
    data.__dict__["providers"] = [Said(id="anthropic", models=MODELS), Said(id="elsewhere", models=MODELS)]
    monkeypatch.setitem(sys.modules, "genai_prices", ModuleType("genai_prices"))
    monkeypatch.setitem(sys.modules, "genai_prices.data", data)
    monkeypatch.setattr(refresh, "version", lambda _: "9.9")
    for module in (refresh, prices):
        monkeypatch.setattr(module, "TABLE", tmp_path / "table.json")
    refresh.main()
    caches = (prices._table, prices._listed)  # noqa: SLF001  (what they hold is the shipped table)
    for cache in caches:
        cache.cache_clear()
    yield tmp_path / "table.json"
    for cache in caches:
        cache.cache_clear()


def cost(model: str, day: date, usage: Usage) -> Decimal | None:
    price = price_of(Target("anthropic", model), day)
    return None if price is None else price.cost(usage)


@pytest.mark.usefixtures("table")
def test_names_patterns_dates_and_tiers_come_over() -> None:
    million = Usage(1_000_000, 1_000_000)
    before, after = date(2026, 5, 31), date(2026, 6, 1)
    assert cost("dear", before, million) == 32
    assert cost("dear-latest", after, Usage(100_000, 0)) == Decimal("0.1")
    assert cost("dear-2-20260101", after, million) == 10
    assert cost("dear", after, Usage(1000, cached_input_tokens=1000)) == Decimal("0.0001")
    assert cost("plain-7", after, million) == 32


@pytest.mark.usefixtures("table")
def test_who_is_only_alike_or_has_no_price_for_words_has_none() -> None:
    day, usage = date(2026, 6, 1), Usage(1, 1)
    assert cost("bear", day, usage) is None
    assert cost("pictures", day, usage) is None
    assert price_of(Target("elsewhere", "dear"), day) is None


def test_the_table_has_a_line_a_model_and_says_where_it_is_from(table: Path) -> None:
    text = table.read_text()
    assert json.loads(text)["source"] == "genai-prices 9.9 (MIT)"
    assert [line[:11] for line in text.splitlines()[1:-1]] == ['{"match":["', '{"match":["']
