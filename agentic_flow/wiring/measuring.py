"""Settings, tasks, models -> what each model does with the same tasks: real runs, in folders of their own."""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from agentic_flow.batch.entries import read_entries
from agentic_flow.batch.reading import read_rows
from agentic_flow.core.budgets import Limit
from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import HOSTED
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.settings import Settings
from agentic_flow.core.shipped import shipped
from agentic_flow.core.values import RunResult, Target
from agentic_flow.core.wishes import Form, Recall, Wish
from agentic_flow.offering import policy_of
from agentic_flow.reports.measured import Measured, measure
from agentic_flow.runner import run_to_its_end
from agentic_flow.wiring import RunOptions, undo_folder, wire
from agentic_flow.wiring.asking import task_of
from agentic_flow.wiring.choosing import resolve_model

TASKS = ("benchmarks", "providers.jsonl")
_ALWAYS_ANEW = Recall(cache=False)


@frozen
class Plan:
    """What is to be measured."""

    wishes: Sequence[Wish]
    targets: Sequence[Target]
    repeat: int
    max_cost: Decimal | None
    """US dollars for all of it."""


def plan(
    settings: Settings, file: Path | None, models: Sequence[str], repeat: int, max_cost: Decimal | None
) -> Plan:
    """Read the tasks and the models' names. Raises `UsageMistake`; money asks for a limit first."""
    targets = [resolve_model(name, settings).target for name in models] or _able(settings)
    if not targets:
        raise UsageMistake("no configured model can serve now; `agentic-flow doctor` says what is missing")
    paid = [str(target) for target in targets if target.provider in HOSTED]
    if paid and max_cost is None:
        raise UsageMistake(
            f"{', '.join(paid)} cost money: say how much with --max-cost, or name others with --models"
        )
    wishes = list(_wishes(file or shipped(*TASKS)))
    if not wishes:
        raise UsageMistake(f"--tasks {file}: it holds no task; write one a line, as for `batch`")
    return Plan(wishes, list(dict.fromkeys(targets)), repeat, max_cost)


def measured(settings: Settings, plan: Plan, tell: Callable[[str], None]) -> Iterator[Measured]:
    """Yield what each model did, as soon as it has done all. `tell` hears what is going on."""
    scope = f"benchmark:{secrets.token_hex(8)}"
    limits = () if plan.max_cost is None else (_limit(plan.max_cost, scope),)
    for target in plan.targets:
        results: list[RunResult] = []
        stopped: str | None = None
        for number, wish in enumerate(list(plan.wishes) * plan.repeat, 1):
            tell(f"{target}: {number} of {len(plan.wishes) * plan.repeat}")
            result = _one(settings, replace(wish, model=str(target)), limits)
            if result.exit_code == Outcome.BUDGET.exit_code and not any(
                attempt.usage.known for attempt in result.attempts
            ):
                stopped = result.error
                break
            results.append(result)
        yield measure(target, results, stopped)


def _limit(amount: Decimal, scope: str) -> Limit:
    return Limit(amount, "the benchmark's --max-cost", "--max-cost", scope)


def _able(settings: Settings) -> list[Target]:
    policy = policy_of(settings, lambda name: resolve_model(name, settings))
    return [offer.target for offer in policy.offers if offer.obstacle is None]


def _wishes(file: Path) -> Iterator[Wish]:
    base = Wish(max_attempts=1, no_escalate=True, temperature=0.0)
    try:
        with file.open("rb") as lines:
            for entry in read_entries(read_rows(lines, Form.JSONL, file.name), file.name, base):
                if entry.wish is None:
                    raise UsageMistake(f"{entry.place}: {entry.problem}")
                yield entry.wish
    except OSError as failure:
        raise UsageMistake(f"--tasks {file}: cannot be read ({failure.strerror})") from failure


def _one(settings: Settings, wish: Wish, limits: tuple[Limit, ...]) -> RunResult:
    """Run one task in a folder that is gone afterwards; nothing of it can be taken back, nothing is left."""
    with tempfile.TemporaryDirectory() as folder:
        task = task_of(wish, settings)
        deps = replace(
            wire(settings, task, RunOptions(Path(folder), limits=limits, recall=_ALWAYS_ANEW)), lasting=False
        )
        try:
            return run_to_its_end(task, deps, lambda _: None)
        finally:
            shutil.rmtree(undo_folder(settings) / deps.run_id, ignore_errors=True)
