"""Sums add up however they are parted."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.remembered import Total
from agentic_flow.core.values import Target, Usage
from agentic_flow.reports.summing import Grouping, report, sums

TOTALS = st.builds(
    Total,
    day=st.sampled_from(["2026-11-01", "2026-11-02", "2026-10-31"]),
    project=st.sampled_from(["/a", "/b"]),
    agent=st.sampled_from(["coder", "reviewer"]),
    target=st.sampled_from([Target("onnx", "m"), Target("anthropic", "m"), Target("anthropic", "n")]),
    calls=st.integers(0, 5),
    usage=st.builds(Usage, st.integers(0, 1000), st.integers(0, 1000)),
    spent_usd=st.decimals(0, 10, places=6),
    unpriced=st.integers(0, 2),
    saved_usd=st.decimals(0, 10, places=6),
)


@given(st.lists(TOTALS, max_size=12))
def test_each_way_of_parting_adds_up_to_the_same(totals: list[Total]) -> None:
    told = report(totals, (), None, "2026-11-30")
    for parts in told.by.values():
        assert sum((part.spent_usd for part in parts), Decimal(0)) == told.total.spent_usd
        assert sum(part.tokens for part in parts) == told.total.tokens
        assert sum(part.unpriced for part in parts) == told.total.unpriced
    assert [day.name for day in told.by[Grouping.DAY]] == sorted({total.day for total in totals})


def test_the_dearest_comes_first() -> None:
    def total(model: str, spent: str) -> Total:
        return Total(
            "2026-11-01", "/a", "c", Target("p", model), 1, Usage(1, 1), Decimal(spent), 0, Decimal(0)
        )

    parts = sums([total("a", "0.1"), total("b", "0.3"), total("a", "0.1")], Grouping.MODEL)
    assert [(part.name, part.spent_usd) for part in parts] == [
        ("p/b", Decimal("0.3")),
        ("p/a", Decimal("0.2")),
    ]
