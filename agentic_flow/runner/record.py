"""What a run has done so far: its calls, its words, its files; `Record.result` is the frozen end."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath

from agentic_flow.core.errors import FlowError, Interrupted
from agentic_flow.core.events import Finished, Metered, cost_of
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import (
    Alone,
    Attempt,
    Check,
    Decision,
    Draft,
    FileAction,
    FileChange,
    RunResult,
    Target,
    Task,
    Usage,
)
from agentic_flow.runner.deps import Deps, Pricing

_MOST_NAMES = 3
_ANSWERED = frozenset(end.status for end in (Outcome.OK, Outcome.OUTPUT, Outcome.CHECK))
"""How the calls end whose answers were whole: only those leave files."""


@dataclass(slots=True)
class Call:
    """One call of a provider while it goes on."""

    target: Target
    started: datetime
    begun: float
    """A moment of the monotonic clock; of one that is made again it may lie ahead."""
    last: Metered | Finished | None = None
    """The newest word on what it used."""

    def attempt(self, ended: float, failure: FlowError | None, price: Pricing) -> Attempt:
        """Return what became of the call; `ended` is a moment of the monotonic clock."""
        last = self.last
        served = last.model if isinstance(last, Finished) else None
        return Attempt(
            provider=self.target.provider,
            model=served or self.target.model,
            asked=self.target.model if served not in (None, self.target.model) else None,
            outcome=(failure.outcome if failure else Outcome.OK).status,
            error=str(failure) if failure else None,
            usage=last.usage if last else Usage(),
            cost_usd=self._cost(ended, failure, price),
            started=self.started.astimezone(UTC).isoformat(timespec="milliseconds"),
            duration_ms=_milliseconds(max(0.0, ended - self.begun)),
            saved=last.saved if isinstance(last, Finished) else None,
            stop=last.stop_reason if isinstance(last, Finished) else None,
        )

    def _cost(self, ended: float, failure: FlowError | None, price: Pricing) -> Decimal | None:
        if self.last is not None:
            return cost_of(self.last, lambda usage: price(self.target, usage))
        unsent = ended < self.begun  # it was still waited for
        refused = failure is not None and not failure.maybe_billed and not isinstance(failure, Interrupted)
        return Decimal(0) if unsent or refused else price(self.target, Usage())


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
    checks: list[Check] = field(default_factory=list[Check])
    """Those of the files as they stand."""
    newest: tuple[FileChange, ...] = ()
    """What the newest answer did to files."""
    files: dict[str, FileChange] = field(default_factory=dict[str, FileChange])
    """What all of them together did, by path."""
    written_by: int = 0
    """Which whole answer, counted from 1, was the last that was written."""
    texts: dict[str, str] = field(default_factory=dict[str, str])
    """The files that were written, as they stand."""
    kept: tuple[Draft, ...] = ()
    """Files of an answer that could be read only in part, or of which one was refused."""
    may_hint: bool = True
    """Whether a file that the task names may be asked for once more where the answer lacks it."""
    enough: tuple[tuple[Draft, ...], list[str]] | None = None
    """The files and the words of a whole answer that lacks only such a file: better than none at all."""
    refused: dict[str, str | None] = field(default_factory=dict[str, str | None])
    """The path of the newest answer that no file may have, and where that file may go instead."""

    @property
    def text(self) -> str:
        """The answer so far."""
        return "".join(self.said)

    @property
    def failed_checks(self) -> list[Check]:
        """The checks that the files as they stand do not pass."""
        return [check for check in self.checks if not check.passed]

    def call(self, target: Target, wait: float = 0.0) -> Call:
        """Begin a call of `target`, in so many seconds."""
        return Call(target, self.deps.now() + timedelta(seconds=wait), self.deps.clock() + wait)

    def fail(self, call: Call, failure: FlowError) -> Attempt:
        """Note that `call` failed."""
        attempt = call.attempt(self.deps.clock(), failure, self.deps.price)
        self.attempts.append(attempt)
        return attempt

    def break_off(self, call: Call, by: BaseException) -> None:
        """Note that `call` was ended by us, not by its provider; nobody knows what it is billed for."""
        ended = self.ended(by)
        attempt = call.attempt(self.deps.clock(), Interrupted(ended.error or ""), self.deps.price)
        self.attempts.append(replace(attempt, outcome=ended.status))

    def hear(self, text: str) -> None:
        """Note words of the answer, and when the first came."""
        if self.first_word is None:
            self.first_word = self.deps.clock()
        self.said.append(text)

    def begin(self) -> None:
        """Forget the words of the answer before: another one begins."""
        self.said.clear()

    def wrote(self, drafts: Iterable[Draft], changes: Iterable[FileChange]) -> None:
        """Note what became of drafts, in their order, beside what earlier answers did to the same files."""
        drafts = tuple(drafts)
        self.newest = tuple(
            replace(change, added=draft.added) for draft, change in zip(drafts, changes, strict=True)
        )
        self.checks.clear()
        self.written_by = self._answered()
        for draft, change in zip(drafts, self.newest, strict=True):
            self.texts[change.path] = draft.text
            before = self.files.get(change.path)
            if before is not None and before.action is not FileAction.UNCHANGED:
                change = replace(change, action=before.action)  # noqa: PLW2901
            self.files[change.path] = change

    def refuse(self, path: str, drafts: Iterable[Draft]) -> None:
        """Note that none of `drafts` was written, since one of them may not have that path."""
        from agentic_flow.writing.names import elsewhere

        refused = PurePosixPath(path)
        self.kept = tuple(draft for draft in drafts if PurePosixPath(draft.path) != refused)
        self.refused = {path: elsewhere(path)}

    def forget_files(self) -> None:
        """Note that nothing which was written is there any more."""
        self.files.clear()
        self.texts.clear()

    def left(self) -> str:
        """Say which files the run changed and leaves behind, and what takes them back; empty without any.

        It names the run: others may have written to the same folder since, or at the same time.
        """
        changed = [each.path for each in self.files.values() if each.action is not FileAction.UNCHANGED]
        if self.task.preview or not changed or not self.deps.lasting:
            return ""
        names = ", ".join(changed[:_MOST_NAMES])
        more = f" and {len(changed) - _MOST_NAMES} more" if len(changed) > _MOST_NAMES else ""
        left, answered = "left as they are", self._answered()
        if answered > 1:
            last = self.written_by == answered
            which = f"the last of {answered} attempts" if last else f"attempt {self.written_by} of {answered}"
            left = f"as {which} left them"
        undo = f"`agentic-flow history undo {self.deps.run_id}`"
        return f"the files are {left} ({names}{more}), {undo} takes them back"

    def _answered(self) -> int:
        """Count the attempts whose answers were whole."""
        return sum(attempt.outcome in _ANSWERED for attempt in self.attempts)

    def condemn(self, failure: FlowError) -> Attempt:
        """Note that the newest attempt failed, if only after its answer was there in full."""
        attempt = self.attempts[-1]
        if attempt.error is None:
            attempt = replace(attempt, outcome=failure.outcome.status, error=str(failure))
            self.attempts[-1] = attempt
        return attempt

    def time_left(self) -> float | None:
        """Return the seconds left for the run; None without a limit."""
        limit = self.task.timeout
        return None if limit is None else max(0.0, limit - (self.deps.clock() - self.begun))

    def ended(self, by: BaseException) -> RunResult:
        """Return the run as it stands, ended by a failure, by a reader who left, or by a bug."""
        match by:
            case FlowError():
                return self.result(by.outcome, str(by))
            case GeneratorExit():
                return self.result(Outcome.INTERRUPTED, "nobody reads the answer any more")
            case KeyboardInterrupt():
                return self.result(Outcome.INTERRUPTED, "interrupted")
            case _:
                return self.result(Outcome.INTERNAL, f"a bug: {type(by).__name__}")

    def result(self, outcome: Outcome, error: str | None = None) -> RunResult:
        """Return the run as it stands, ended by `outcome`."""
        target = self.decision.target if self.decision else None
        served = self.attempts[-1] if self.attempts else None
        costs = [attempt.cost_usd for attempt in self.attempts]
        spared = [attempt.saved for attempt in self.attempts if attempt.saved is not None]
        asked = [
            attempt
            for attempt in self.attempts
            if attempt.saved is None and (attempt.usage.known or attempt.cost_usd != 0)
        ]
        return RunResult(
            run_id=self.deps.run_id,
            status=outcome.status,
            exit_code=outcome.exit_code,
            agent=self.task.agent,
            provider=served.provider if served else target.provider if target else None,
            model=served.model if served else target.model if target else None,
            decision=self.decision,
            attempts=tuple(self.attempts),
            text=self.text,
            files=tuple(map(self.deps.as_it_stands, self.files.values())),
            checks=tuple(self.checks),
            usage=sum((attempt.usage for attempt in self.attempts), Usage()),
            # One call whose cost nobody knows makes the sum unknown; no call at all costs nothing.
            cost_usd=None if None in costs else sum((cost for cost in costs if cost is not None), Decimal(0)),
            strongest=self._strongest(),
            cached=bool(spared) and not asked,
            saved=sum(spared[1:], spared[0]) if spared else None,
            ttft_ms=None if self.first_word is None else _milliseconds(self.first_word - self.begun),
            duration_ms=_milliseconds(self.deps.clock() - self.begun),
            error=error,
        )

    def _strongest(self) -> Alone | None:
        """Price the first prompt and the newest answer at the strongest model that could have served."""
        able = [each for each in self.decision.candidates if each.obstacle is None] if self.decision else []
        if not self.attempts or not able:
            return None
        target = max(able, key=lambda each: each.strength or 0).target
        if any((each.provider, each.model) == (target.provider, target.model) for each in self.attempts):
            return None
        first, last = self.attempts[0].usage, self.attempts[-1].usage
        cost = self.deps.price(target, Usage(first.input_tokens, last.output_tokens))
        return Alone(target, cost) if cost else None


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
