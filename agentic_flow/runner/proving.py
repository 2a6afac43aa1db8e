"""Turn after turn until the files pass: the same model with what failed, then the next stronger one."""

from collections.abc import Generator
from dataclasses import dataclass, field

from agentic_flow.core.errors import (
    CheckFailed,
    FlowError,
    IncompleteAnswer,
    KeyProblem,
    LimitReached,
    LocalModelProblem,
    NoFiles,
    OutOfCredit,
    OverBudget,
    ProviderUnavailable,
    UnsafeWrite,
)
from agentic_flow.core.events import AttemptFailed, RunEvent
from agentic_flow.core.names import LOCAL
from agentic_flow.core.values import Decision, Target
from agentic_flow.routing import patience
from agentic_flow.runner.asking import Job, Turn
from agentic_flow.runner.attempting import attempt, out_of_time, settle
from agentic_flow.runner.deps import Deps
from agentic_flow.runner.persisting import Failure, Move, is_stuck, next_move
from agentic_flow.runner.record import Record

_FALLS_SHORT = (CheckFailed, NoFiles, UnsafeWrite, IncompleteAnswer)
_CANNOT_SERVE = (ProviderUnavailable, KeyProblem, OutOfCredit, OverBudget, LocalModelProblem)


def prove(job: Job, first: Turn, decision: Decision, deps: Deps) -> Generator[RunEvent]:
    """Ask until an answer's files pass. Raises why they do not, when nobody is left to ask."""
    climb = _Climb(job, first, decision, deps)
    while (error := (yield from _failing(attempt(climb.turn, job.task, deps, job.record), job))) is not None:
        failed = job.record.condemn(error)
        move = climb.after(error)
        over = job.record.time_left() == 0
        if move is Move.END or over:
            yield AttemptFailed(failed)
            if job.record.enough is not None:
                error = yield from _failing(settle(job.task, deps, job.record), job)
                if error is None:
                    return
            # A check that was stopped for want of time is no verdict on the files.
            too_late = over and (move is not Move.END or isinstance(error, CheckFailed))
            raise _end(error, job.record, "" if over else climb.given_up(), too_late=too_late)
        yield AttemptFailed(failed, climb.escalate() if move is Move.ESCALATE else climb.ask_again(move))


@dataclass(slots=True)
class _Climb:
    """Whose turn it is, how that model has failed so far, and who is above it."""

    job: Job
    turn: Turn
    decision: Decision
    deps: Deps
    failures: list[Failure] = field(default_factory=list[Failure])
    """Those of the model whose turn it is, the newest last."""
    report: str = ""
    """What is wrong with the newest answer."""
    told: Failure | None = None
    """What the model knew before its first answer, where a repair would tell it no more."""
    above: list[Target] = field(default_factory=list[Target])
    """Who is left to turn to."""
    searched: bool = False
    """Whether it is known who that is; nobody asks before somebody has failed."""

    def after(self, error: FlowError) -> Move:
        """Take in why the newest attempt does not stand, and decide what comes after it."""
        if not (self.report and isinstance(error, _CANNOT_SERVE)):  # who did not answer teaches nothing
            self.report = self.job.report(error)
        self.failures.append(Failure(error, self.report, self.job.unsaid(error)))
        if not self.searched:
            self.searched = True
            # Whom to ask where the first cannot serve at all was settled by the chain behind it.
            if not isinstance(error, _CANNOT_SERVE):
                self.above += self.deps.stronger(self.job.task, self.job.template, self.decision)
        stronger, draws = bool(self.above), not self.above and self._may_draw()
        return next_move(self.failures, most=self._most(), stronger=stronger, draws=draws, told=self.told)

    def given_up(self) -> str:
        """Say why a model that had attempts left is not asked again; empty where it had none, or cannot."""
        number = len(self.failures) + 1
        if number > self._most() or not (self.failures[-1].repairable and is_stuck(self.failures, self.told)):
            return ""
        return f"the same failure again, so attempt {number} of {self._most()} was not made"

    def escalate(self) -> str:
        """Give the turn to the next stronger model; return what is said of it."""
        target, newest = self.above.pop(0), self.failures[-1]
        # A repair that has only the report in sight knows no more than who begins with it.
        self.told = newest if isinstance(newest.error, CheckFailed) and self.job.unseen(target) else None
        self.turn = self.job.take_over(target, self.report)
        self.failures = []
        return f"escalating to {target}"

    def ask_again(self, move: Move) -> str:
        """Give the turn to the same model once more; return what is said of it."""
        job, target, draws = self.job, self.turn.target, move is Move.DRAW
        unwritten = self.turn.afresh and isinstance(self.failures[-1].error, NoFiles | UnsafeWrite)
        if draws and job.unseen(target):
            # What later files stumble over is often of their own making; unseen, it only leads astray.
            checked = (each.report for each in self.failures if isinstance(each.error, CheckFailed))
            self.report = next(checked, self.report)
        number = len(self.failures) + 1
        said = f"asking it again with what failed, attempt {number} of {self._most()}"
        self.turn = job.repair(target, self.report, afresh=unwritten)
        if not draws:
            return said
        self.turn = job.draw(self.turn, len(self.failures))
        return f"{said}, its words drawn by chance"

    def _may_draw(self) -> bool:
        """Say whether other words may be drawn: here, for nothing, where nobody wants a temperature.

        What the agent's template says is for answers that nothing is known against.
        """
        free = self.job.record.attempts[-1].cost_usd == 0
        return self.turn.target.provider == LOCAL and free and self.job.task.temperature is None

    def _most(self) -> int:
        """Return how often the model whose turn it is may answer."""
        most = self.job.task.max_attempts
        return min(most, patience(self.decision, self.turn.target, self.above)) if self.above else most


def _failing(work: Generator[RunEvent], job: Job) -> Generator[RunEvent, None, FlowError | None]:
    calls = len(job.record.attempts)
    try:
        yield from work
    except (*_FALLS_SHORT, *_CANNOT_SERVE) as error:
        return error
    except FlowError as error:
        if isinstance(error, LimitReached) and job.record.enough is not None:
            return error
        if any(call.error for call in job.record.attempts[calls:]):
            yield AttemptFailed(job.record.attempts[-1])
        if left := job.record.left():
            error.adding(left)
        raise
    return None


def _end(error: FlowError, record: Record, given_up: str, *, too_late: bool) -> FlowError:
    """Return what the run ends with: how its files stand, where there are any, else why there are none."""
    last = error
    if record.files:
        failed = [check.complaint for check in record.failed_checks]
        also = [] if isinstance(error, CheckFailed) else [str(error)]
        left = "nothing was written" if record.task.preview else record.left()
        last = CheckFailed("; ".join(filter(None, [*failed, *also, given_up, left])))
    elif words := "; ".join(filter(None, [given_up, _remedy(error, record)])):
        last = error.adding(words)
    if isinstance(error, OverBudget):
        return OverBudget(str(last))
    return out_of_time(last) if too_late else last


def _remedy(error: FlowError, record: Record) -> str:
    """Say what a person may do where an answer holds no file that can be written."""
    match error:
        case NoFiles():
            return error.remedy
        case UnsafeWrite():
            from agentic_flow.writing.names import way_out

            return way_out(record.refused.get(error.path))
        case _:
            return ""
