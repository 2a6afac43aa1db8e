"""Amounts as a person types them: read exactly, or refused with what would do."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import typer

from agentic_flow.cli.amounts import dollars, moment, rate, seconds, size
from agentic_flow.core.budgets import Rate


def test_each_is_read_as_it_is_meant() -> None:
    assert [dollars(said) for said in ("0.10", "$5", " 0 ")] == [Decimal("0.10"), Decimal(5), Decimal(0)]
    assert [seconds(said) for said in ("90", "0.5", "500ms", "2m", "1h")] == [90, 0.5, 0.5, 120, 3600]
    assert [size(said) for said in ("100", "500MB", "1GiB")] == [100, 500_000_000, 2**30]
    assert rate("anthropic=50") == Rate("anthropic", 50, None)
    assert rate("openrouter=20/40000") == Rate("openrouter", 20, 40_000)
    assert moment("2026-11") == datetime(2026, 11, 1, tzinfo=UTC)
    assert moment("2026-11-25T12:30+02:00") == datetime(2026, 11, 25, 10, 30, tzinfo=UTC)
    assert abs(datetime.now(UTC) - moment("7d") - timedelta(days=7)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("read", "said", "expected"),
    [
        *(
            (dollars, said, "expected US dollars")
            for said in ("-1", "ten", "", "nan", "inf", "1,5", "0.1 EUR")
        ),
        *((seconds, said, "expected a time such as") for said in ("0", "-5", "5x", "", "1e3", "nan")),
        (seconds, "200h", "expected a week at most"),
        *((size, said, "expected") for said in ("-5", "5 potatoes", "", "1e9", "GB")),
        *(
            (rate, said, "such as anthropic=50/40000")
            for said in ("50", "onnx=5", "anthropic=0", "anthropic=5/0")
        ),
        *(
            (rate, said, "which is too large: openrouter=999999999/999999999999 at most")
            for said in ("openrouter=1000000000", "openrouter=5/1000000000000", "openrouter=" + "9" * 5000)
        ),
        *(
            (moment, said, "expected a day such as")
            for said in ("yesterday", "7", "", "99999999w", "2026-13")
        ),
    ],
)
def test_what_is_no_amount_says_what_would_be(read: object, said: str, expected: str) -> None:
    assert callable(read)
    with pytest.raises(typer.BadParameter) as refused:
        read(said)
    assert expected in refused.value.message
    assert repr(said) in refused.value.message
