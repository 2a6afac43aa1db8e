"""Who is beaten by nobody."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.values import Attempt, RunResult, Target, Usage
from agentic_flow.reports.measured import Measured, Spread, measure, unbeaten


def one(model: str, passed: int, cost: str | None, seconds: float) -> Measured:
    spread = Spread(seconds, seconds, seconds)
    return Measured(
        Target("p", model), 10, passed, spread, spread, spread, None if cost is None else Decimal(cost), []
    )


def test_a_model_that_is_worse_in_all_is_beaten_and_a_trade_is_not() -> None:
    best, cheap, fast = one("best", 10, "1", 5), one("cheap", 6, "0", 9), one("fast", 8, "1", 1)
    worse, free_of_use = one("worse", 9, "1", 5), one("useless", 0, "0", 0.1)
    unknown = one("unknown", 10, None, 1)
    assert unbeaten([best, cheap, fast, worse, free_of_use, unknown]) == [best, cheap, fast]


def test_two_alike_beat_neither() -> None:
    assert len(unbeaten([one("a", 5, "1", 1), one("b", 5, "1", 1)])) == 2


MODELS = st.builds(one, st.text("ab"), st.integers(1, 10), st.sampled_from("012"), st.integers(1, 3))


@given(st.lists(MODELS, min_size=1, max_size=6))
def test_there_is_always_one_whom_nobody_beats(models: list[Measured]) -> None:
    found = unbeaten(models)
    assert found
    assert max(each.pass_rate for each in models) == max(each.pass_rate for each in found)


def test_medians_come_from_runs_that_answered() -> None:
    def ran(milliseconds: int, usage: Usage, code: int = 0) -> RunResult:
        attempt = Attempt("p", "m", "ok", "", milliseconds, usage, Decimal("0.5"))
        return RunResult(
            "r",
            "ok",
            code,
            "coder",
            attempts=(attempt,),
            cost_usd=Decimal("0.5"),
            ttft_ms=100,
            duration_ms=milliseconds,
            error="no" if code else None,
        )

    told = measure(
        Target("p", "m"), [ran(1000, Usage(5, 10)), ran(3000, Usage(5, 30)), ran(9, Usage(), code=5)]
    )
    assert (told.runs, told.passed, told.cost_usd) == (3, 2, Decimal("1.5"))
    assert told.seconds == Spread(2.0, 1.0, 3.0)
    assert told.speed == Spread(10.0, 10.0, 10.0)
    assert told.failures == ["ok: no"]
