"""Turn after turn until the files pass: the same model with what failed, then the next stronger one."""

from collections.abc import Generator

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
from agentic_flow.runner.attempting import attempt
from agentic_flow.runner.deps import Deps
from agentic_flow.runner.persisting import Failure, Move, next_move
from agentic_flow.runner.record import Record

_FALLS_SHORT = (CheckFailed, NoFiles, UnsafeWrite, IncompleteAnswer)
_CANNOT_SERVE = (ProviderUnavailable, KeyProblem, OutOfCredit, OverBudget, LocalModelProblem)


def prove(job: Job, first: Turn, decision: Decision, deps: Deps) -> Generator[RunEvent]:
    """Ask until an answer's files pass. Raises why they do not, when nobody is left to ask."""
    turn, failures, report, told = first, list[Failure](), "", None
    above: list[Target] | None = None
    while (error := (yield from _failing(turn, job, deps))) is not None:
        failed = job.record.condemn(error)
        if not (report and isinstance(error, _CANNOT_SERVE)):  # who did not answer has nothing to learn from
            report = job.report(error)
        failures.append(Failure(error, report))
        if above is None:
            # Whom to ask where the first cannot serve at all was settled by the chain behind it.
            settled = isinstance(error, _CANNOT_SERVE)
            above = [] if settled else [*deps.stronger(job.task, job.template, decision)]
        draws = not above and _may_draw(turn.target, job)
        most = job.task.max_attempts
        if above:
            most = min(most, patience(decision, turn.target, above))
        move = next_move(failures, most=most, stronger=bool(above), draws=draws, told=told)
        if move is Move.END or job.record.time_left() == 0:
            yield AttemptFailed(failed)
            raise _end(error, job.record, out_of_time=move is not Move.END)
        if move is Move.ESCALATE:
            # A repair that has only the report in sight knows no more than who begins with it.
            told = failures[-1] if isinstance(error, CheckFailed) and job.unseen(above[0]) else None
            turn = job.take_over(above.pop(0), report)
            then = f"escalating to {turn.target}"
            failures = []
        else:
            unwritten = turn.afresh and isinstance(error, NoFiles | UnsafeWrite)
            if move is Move.DRAW and job.unseen(turn.target):
                # What later files stumble over is often of their own making; unseen, it only leads astray.
                checked = (each.report for each in failures if isinstance(each.error, CheckFailed))
                report = next(checked, report)
            turn = job.repair(turn.target, report, afresh=unwritten)
            then = f"asking it again with what failed, attempt {len(failures) + 1} of {most}"
            if move is Move.DRAW:
                turn = job.draw(turn, len(failures))
                then += ", its words drawn by chance"
        yield AttemptFailed(failed, then)


def _may_draw(target: Target, job: Job) -> bool:
    """Say whether other words may be drawn: on this machine, for nothing, where nobody wants a temperature.

    What the agent's template says is for answers that nothing is known against.
    """
    free = job.record.attempts[-1].cost_usd == 0
    return target.provider == LOCAL and free and job.task.temperature is None


def _failing(turn: Turn, job: Job, deps: Deps) -> Generator[RunEvent, None, FlowError | None]:
    calls = len(job.record.attempts)
    try:
        yield from attempt(turn, job.task, deps, job.record)
    except (*_FALLS_SHORT, *_CANNOT_SERVE) as error:
        return error
    except FlowError as error:
        if any(call.error for call in job.record.attempts[calls:]):
            yield AttemptFailed(job.record.attempts[-1])
        if left := job.record.left():
            error.adding(left)
        raise
    return None


def _end(error: FlowError, record: Record, *, out_of_time: bool) -> FlowError:
    """Return what the run ends with: how its files stand, where there are any, else why there are none."""
    last = error
    if record.files:
        failed = [check.complaint for check in record.failed_checks]
        also = [] if isinstance(error, CheckFailed) else [str(error)]
        left = "nothing was written" if record.task.preview else record.left()
        last = CheckFailed("; ".join(filter(None, [*failed, *also, left])))
    if isinstance(error, OverBudget):
        return OverBudget(str(last))
    return LimitReached(f"the time limit is up: {last}; raise --timeout") if out_of_time else last
