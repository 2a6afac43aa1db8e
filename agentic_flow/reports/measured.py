"""Runs of the same tasks by several models -> medians, spreads, and who is beaten by nobody. Pure."""

from collections.abc import Sequence
from decimal import Decimal
from statistics import median

from agentic_flow.core.frozen import frozen
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import RunResult, Target


@frozen
class Spread:
    """The middle of several measurements, and how far they go."""

    median: float
    least: float
    most: float


@frozen
class Measured:
    """What one model did with all tasks, each as often as was asked."""

    target: Target
    runs: int
    passed: int
    first_word: Spread | None
    """Seconds to the first word; None where no run came so far."""
    speed: Spread | None
    """Tokens of the answer a second, over the whole call."""
    seconds: Spread | None
    """Of the whole run, its checks included; of runs that answered."""
    cost_usd: Decimal | None
    """Of all runs together; None where nobody knows."""
    failures: Sequence[str]
    """What went wrong, each once."""
    stopped: str | None = None
    """Why it was not asked to the end."""
    unanswered: Outcome | None = None
    """How the first run ended that brought no answer; None where all did."""

    @property
    def pass_rate(self) -> float:
        """The part of its runs that passed all checks."""
        return self.passed / self.runs if self.runs else 0.0

    @property
    def cost_a_run(self) -> float | None:
        """In US dollars."""
        return None if self.cost_usd is None or not self.runs else float(self.cost_usd) / self.runs


def measure(target: Target, results: Sequence[RunResult], stopped: str | None = None) -> Measured:
    """Sum up what a model did."""
    answered = [result for result in results if _answered(result)]
    costs = [result.cost_usd for result in results]
    speeds = [
        attempt.usage.output_tokens * 1000 / attempt.duration_ms
        for result in answered
        for attempt in result.attempts[-1:]
        if attempt.duration_ms and attempt.usage.output_tokens
    ]
    known = [cost for cost in costs if cost is not None]
    return Measured(
        target=target,
        runs=len(results),
        passed=sum(result.exit_code == 0 for result in results),
        first_word=_spread([result.ttft_ms / 1000 for result in answered if result.ttft_ms is not None]),
        speed=_spread(speeds),
        seconds=_spread([result.duration_ms / 1000 for result in answered]),
        cost_usd=sum(known, Decimal(0)) if len(known) == len(costs) else None,
        failures=list(dict.fromkeys(f"{each.status}: {each.error}" for each in results if each.error)),
        stopped=stopped,
        unanswered=_unanswered(results, stopped),
    )


def _unanswered(results: Sequence[RunResult], stopped: str | None) -> Outcome | None:
    code = next((result.exit_code for result in results if not _answered(result)), None)
    if code is None:
        return Outcome.BUDGET if stopped else None
    return next(outcome for outcome in Outcome if outcome.exit_code == code)


def _answered(result: RunResult) -> bool:
    return bool(result.attempts) and result.attempts[-1].usage.known


def unbeaten(all_of_them: Sequence[Measured]) -> list[Measured]:
    """Return those that no other is at least as good as in quality, cost and speed, and better in one."""
    able = [each for each in all_of_them if each.passed and each.seconds and each.cost_a_run is not None]
    return [each for each in able if not any(_beats(other, each) for other in able)]


def _beats(one: Measured, other: Measured) -> bool:
    mine, theirs = _merits(one), _merits(other)
    return mine != theirs and all(a >= b for a, b in zip(mine, theirs, strict=True))


def _merits(each: Measured) -> tuple[float, float, float]:
    return (each.pass_rate, -(each.cost_a_run or 0.0), -(each.seconds.median if each.seconds else 0.0))


def _spread(values: Sequence[float]) -> Spread | None:
    return Spread(median(values), min(values), max(values)) if values else None
