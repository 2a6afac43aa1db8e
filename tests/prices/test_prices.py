"""A call's cost is computed exactly, from a dated table, and is unknown rather than guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.values import Target, Usage
from agentic_flow.prices import FREE, Price, Rate, price_of, table_date

DAY = date(2026, 11, 22)


def cost(model: str, usage: Usage, day: date = DAY) -> Decimal:
    price = price_of(Target("anthropic", model), day)
    assert price is not None
    return price.cost(usage)


def test_input_output_and_cache_have_their_own_rates() -> None:
    # 700 fresh at $2, 200 read at $0.10, 100 written at $2.50, 500 out at $10, all a million tokens
    usage = Usage(input_tokens=1000, output_tokens=500, cached_input_tokens=200, cache_write_tokens=100)
    assert cost("claude-sonnet-5-5", usage) == Decimal("0.00667")


def test_past_a_tier_every_token_costs_the_higher_rate() -> None:
    assert cost("claude-haiku-5-5", Usage(100_000, 1000)) == Decimal("0.0105")
    assert cost("claude-haiku-5-5", Usage(100_001, 1000)) == Decimal("0.0525005")


@pytest.mark.parametrize(
    ("model", "input_rate"),
    [("claude-opus-4-5", "5"), ("claude-opus-4-5-20251101", "5"), ("claude-opus-5-5-20260901", "4")],
)
def test_dated_ids_cost_what_their_model_costs(model: str, input_rate: str) -> None:
    assert cost(model, Usage(1_000_000)) == Decimal(input_rate)


def test_a_local_model_costs_nothing_and_an_unlisted_one_nobody_knows() -> None:
    assert price_of(Target("onnx", "anything"), DAY) is FREE
    assert price_of(Target("anthropic", "claude-from-the-future"), DAY) is None
    assert price_of(Target("nowhere", "model"), DAY) is None


def test_an_override_wins_over_the_table() -> None:
    mine = Price(*(Rate(Decimal(1)),) * 4)
    overrides = {"anthropic/claude-sonnet-5-5": mine}
    assert price_of(Target("anthropic", "claude-sonnet-5-5"), DAY, overrides) is mine


def test_the_table_is_dated() -> None:
    assert date(2026, 11, 1) <= table_date() <= date.today()  # noqa: DTZ011  (any zone will do)


@given(
    st.integers(0, 2_000_000),
    st.integers(0, 200_000),
    st.floats(0, 1),
    st.floats(0, 1),
    st.sampled_from(["claude-haiku-5-5", "claude-sonnet-5-5", "claude-fable-5-2"]),
)
def test_no_call_costs_more_than_its_worst_case(
    size: int, out: int, cached: float, written: float, model: str
) -> None:
    price = price_of(Target("anthropic", model), DAY)
    assert price is not None
    read = int(size * cached)
    usage = Usage(size, out, read, int((size - read) * written))
    assert 0 <= price.cost(usage) <= price.worst(size, out)
