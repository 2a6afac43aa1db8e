"""What a run has done so far: its calls, its words, its files; `Record.result` is the frozen end."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from agentic_flow.core.errors import FlowError, Interrupted
from agentic_flow.core.events import Finished, Metered
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import Attempt, Check, Decision, FileChange, RunResult, Target, Task, Usage
from agentic_flow.runner.deps import Deps, Pricing


@dataclass(slots=True)
class Call:
    """One call of a provider while it goes on."""

    target: Target
    started: datetime
    begun: float
    last: Metered | Finished | None = None
    """The newest word on what it used."""

    def attempt(self, ended: float, failure: FlowError | None, price: Pricing) -> Attempt:
        """Return what became of the call; `ended` is a moment of the monotonic clock."""
        last = self.last
        served = last.model if isinstance(last, Finished) else None
        return Attempt(
            provider=self.target.provider,
            model=served or self.target.model,
            outcome=(failure.outcome if failure else Outcome.OK).status,
            error=str(failure) if failure else None,
            usage=last.usage if last else Usage(),
            cost_usd=self._cost(failure, price),
            started=self.started.astimezone(UTC).isoformat(timespec="milliseconds"),
            duration_ms=_milliseconds(ended - self.begun),
        )

    def _cost(self, failure: FlowError | None, price: Pricing) -> Decimal | None:
        if self.last is not None:
            said = self.last.cost_usd
            return said if said is not None else price(self.target, self.last.usage)
        unbilled = failure is not None and not failure.maybe_billed and not isinstance(failure, Interrupted)
        return Decimal(0) if unbilled else price(self.target, Usage())


@dataclass(slots=True)
class Record:
    """What the run has done so far."""

    task: Task
    deps: Deps
    begun: float
    decision: Decision | None = None
    said: list[str] = field(default_factory=list[str])
    first_word: float | None = None
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    files: list[FileChange] = field(default_factory=list[FileChange])
    checks: list[Check] = field(default_factory=list[Check])

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self.said)

    def call(self, target: Target) -> Call:
        """Begin a call of `target`."""
        return Call(target, self.deps.now(), self.deps.clock())

    def fail(self, call: Call, failure: FlowError) -> Attempt:
        """Note that `call` failed."""
        attempt = call.attempt(self.deps.clock(), failure, self.deps.price)
        self.attempts.append(attempt)
        return attempt

    def hear(self, text: str) -> None:
        """Note words of the answer, and when the first came."""
        if self.first_word is None:
            self.first_word = self.deps.clock()
        self.said.append(text)

    def time_left(self) -> float | None:
        """Return the seconds left for the run; None without a limit."""
        limit = self.task.timeout
        return None if limit is None else max(0.0, limit - (self.deps.clock() - self.begun))

    def result(self, outcome: Outcome, error: str | None = None) -> RunResult:
        """Return the run as it stands, ended by `outcome`."""
        target = self.decision.target if self.decision else None
        served = self.attempts[-1] if self.attempts else None
        costs = [attempt.cost_usd for attempt in self.attempts]
        return RunResult(
            run_id=self.deps.run_id,
            status=outcome.status,
            exit_code=outcome.exit_code,
            agent=self.task.agent,
            provider=target.provider if target else None,
            model=served.model if served else target.model if target else None,
            decision=self.decision,
            attempts=tuple(self.attempts),
            text=self.text,
            files=tuple(self.files),
            checks=tuple(self.checks),
            usage=sum((attempt.usage for attempt in self.attempts), Usage()),
            # One call whose cost nobody knows makes the sum unknown; no call at all costs nothing.
            cost_usd=None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0)),
            ttft_ms=None if self.first_word is None else _milliseconds(self.first_word - self.begun),
            duration_ms=_milliseconds(self.deps.clock() - self.begun),
            error=error,
        )


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
