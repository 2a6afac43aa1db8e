"""The order of the stages, and nothing else: Task, Deps -> events, `RunFinished` always last."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import assert_never

from agentic_flow.core.errors import (
    CheckFailed,
    FlowError,
    IncompleteAnswer,
    Interrupted,
    LimitReached,
    NoFiles,
    UnsafeWrite,
)
from agentic_flow.core.events import (
    AttemptFailed,
    AttemptStarted,
    CheckFinished,
    FellBack,
    FileRefused,
    FileWritten,
    Finished,
    Metered,
    Progress,
    Retrying,
    Routed,
    RunEvent,
    RunFinished,
    RunStarted,
    TextDelta,
    Warned,
)
from agentic_flow.core.filenames import file_names
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import (
    AgentTemplate,
    Attempt,
    Check,
    Decision,
    Draft,
    FileChange,
    Output,
    Prompt,
    RunResult,
    StopReason,
    Target,
    Task,
    Usage,
)
from agentic_flow.extraction import extract
from agentic_flow.prompting import build_prompt, wanted_output

_CUT_SHORT = {
    StopReason.MAX_TOKENS: "the answer was cut at the token limit; raise --max-tokens or ask for less",
    StopReason.CONTEXT_WINDOW: "the answer was cut: the context window is full; shorten the task or context",
    StopReason.REFUSAL: "the model refused to answer; rephrase the task or choose another model",
    StopReason.OTHER: "the model stopped for a reason that is not a complete answer; run it again",
}


Pricing = Callable[[Target, Usage], Decimal | None]
"""What the tokens of a call cost, in US dollars; None when nobody knows."""


@dataclass(frozen=True, slots=True)
class Deps:
    """What a run reaches for. Tests hand in their own."""

    run_id: str
    template: Callable[[str], AgentTemplate]
    choose: Callable[[Task, AgentTemplate], Decision]
    provider: Callable[[Target], Provider]
    write: Callable[[Sequence[Draft]], Iterable[FileChange]]
    verify: Callable[[str, float | None], Check]
    """A command, and the seconds left for the run; None: no limit."""
    price: Pricing
    clock: Callable[[], float]
    """Seconds, monotonic."""
    now: Callable[[], datetime]


def run(task: Task, deps: Deps) -> Generator[RunEvent]:
    """Take one task from words to checked files.

    A foreseen failure, a signal included, ends the run in its `RunFinished`; a bug is raised.
    """
    record = _Record(task, deps, begun=deps.clock())
    try:
        yield from _stages(task, deps, record)
    except FlowError as failure:
        yield RunFinished(record.result(failure.outcome, str(failure)))
    else:
        yield RunFinished(record.result(Outcome.OK))


def _stages(task: Task, deps: Deps, record: "_Record") -> Generator[RunEvent]:
    template = deps.template(task.agent)
    output = wanted_output(task, template)
    yield RunStarted(deps.run_id, template.name, output)
    record.decision = decision = deps.choose(task, template)
    yield from (Warned(text) for text in (*template.warnings, *decision.warnings))
    yield Routed(decision)
    prompt = build_prompt(task, template, decision.target, timeout=record.time_left())
    if task.dry_run:
        yield Warned(f"dry run: nothing was called; the prompt has {_characters(prompt):,} characters")
        return
    yield from _answer(prompt, decision.target, deps, record)
    if output is Output.FILES:
        yield from _write(task, deps, record)
    yield from _verify(task, deps, record)


def _answer(prompt: Prompt, target: Target, deps: Deps, record: "_Record") -> Generator[RunEvent]:
    yield AttemptStarted(target)
    call = record.call(target)
    try:
        with closing(deps.provider(target).stream(prompt)) as events:
            for event in events:
                match event:
                    case TextDelta():
                        record.hear(event.text)
                        yield event
                    case Progress() | Warned():
                        yield event
                    case Metered() | Finished():
                        call.last = event
                    case Retrying():
                        then = f"trying again in {event.wait:.1f} s"
                        yield AttemptFailed(record.fail(call, event.error), then)
                        call = record.call(event.target)
                    case FellBack():
                        then = f"falling back to {event.next}"
                        yield AttemptFailed(record.fail(call, event.error), then)
                        call = record.call(event.next)
                        yield AttemptStarted(event.next)
                    case _:
                        assert_never(event)
        _require_complete(call.last, record.text)
    except FlowError as failure:
        yield AttemptFailed(record.fail(call, failure))
        raise
    record.attempts.append(call.attempt(deps.clock(), None, deps.price))


def _require_complete(last: Metered | Finished | None, text: str) -> None:
    if not isinstance(last, Finished):
        raise IncompleteAnswer(
            "the stream ended without its terminal marker; what came is not the whole answer"
        )
    if not last.stop_reason.complete:
        raise IncompleteAnswer(_CUT_SHORT[last.stop_reason])
    if not text.strip():
        raise IncompleteAnswer("the model answered with nothing; run it again or choose another model")


def _write(task: Task, deps: Deps, record: "_Record") -> Generator[RunEvent]:
    found = extract(record.text, context=[file.shown for file in task.context], named=file_names(task.text))
    if found.problems or not found.drafts:  # all or none: half a change can be worse than none
        raise NoFiles(
            "; ".join(found.problems) or "the answer holds no file; ask for one by name, or pass --no-files"
        )
    try:
        record.files.extend(deps.write(found.drafts))  # all at once: a signal later must not hide one
    except UnsafeWrite as refusal:
        yield FileRefused(refusal.path, refusal.reason)
        raise
    yield from (FileWritten(change) for change in record.files)


def _verify(task: Task, deps: Deps, record: "_Record") -> Generator[RunEvent]:
    for command in task.checks:
        left = record.time_left()
        if left == 0:
            raise LimitReached(f"the time limit is up before {command!r} was run; raise --timeout")
        check = deps.verify(command, left)
        record.checks.append(check)
        yield CheckFinished(check)
    failed = [check for check in record.checks if not check.passed]
    if failed:
        raise CheckFailed(
            "; ".join(f"{check.command!r} ended with status {check.exit_code}" for check in failed)
        )


def _characters(prompt: Prompt) -> int:
    return sum(len(message.text) for message in prompt.messages)


@dataclass(slots=True)
class _Call:
    """One call of a provider while it goes on."""

    target: Target
    started: datetime
    begun: float
    last: Metered | Finished | None = None
    """The newest word on what it used."""

    def attempt(self, ended: float, failure: FlowError | None, price: Pricing) -> Attempt:
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
class _Record:
    """What the run has done so far; `result` is its frozen end."""

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
        return "".join(self.said)

    def call(self, target: Target) -> "_Call":
        """Begin a call of `target`."""
        return _Call(target, self.deps.now(), self.deps.clock())

    def fail(self, call: "_Call", failure: FlowError) -> Attempt:
        """Note that `call` failed."""
        attempt = call.attempt(self.deps.clock(), failure, self.deps.price)
        self.attempts.append(attempt)
        return attempt

    def hear(self, text: str) -> None:
        if self.first_word is None:
            self.first_word = self.deps.clock()
        self.said.append(text)

    def time_left(self) -> float | None:
        limit = self.task.timeout
        return None if limit is None else max(0.0, limit - (self.deps.clock() - self.begun))

    def result(self, outcome: Outcome, error: str | None = None) -> RunResult:
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
