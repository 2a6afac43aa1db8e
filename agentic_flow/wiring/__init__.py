"""Settings -> Deps: the only place that names concrete parts. Heavy parts load when a run reaches them."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_flow.core.budgets import Limit, PlannedCall, Rate, Room
from agentic_flow.core.names import HOSTED, LOCAL
from agentic_flow.core.ports import Ledger, Provider
from agentic_flow.core.pricing import Price
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import (
    AgentTemplate,
    Check,
    Decision,
    Draft,
    FileChange,
    Named,
    Target,
    Task,
    Usage,
)
from agentic_flow.core.wishes import Recall
from agentic_flow.runner import Deps
from agentic_flow.wiring.choosing import (
    FindRoom,
    choose_model,
    named_ladder,
    names_no_model,
    resolve_model,
    stronger_models,
)
from agentic_flow.wiring.desk import Desk
from agentic_flow.wiring.paying import Retention, RunAccount, limits_of, may_serve, open_ledger
from agentic_flow.wiring.recalling import around, cache_of, choose_recorded, recorded_ladder
from agentic_flow.wiring.remembering import UNDO, Commission, Tell, harmless, keeps_words, rememberer, teller
from agentic_flow.wiring.serving import Fetch, FindPace, Servers, hang_up, open_provider
from agentic_flow.wiring.trusting import Agree, Trust

if TYPE_CHECKING:
    from agentic_flow.providers.pace import Allowing

__all__ = [
    "RunOptions",
    "Share",
    "cache_of",
    "choose_model",
    "find_agent",
    "hang_up",
    "new_run_id",
    "open_provider",
    "resolve_model",
    "shared",
    "undo_folder",
    "wire",
]

CHECK_SECONDS = 300.0
_ANEW = Recall()


@dataclass(frozen=True, slots=True)
class Share:
    """What runs may have in common; None: each has its own."""

    ledger: Ledger | None = None
    local: Callable[[Target], Provider] | None = None
    """Who serves a local model that is kept in memory between runs."""
    tell: Tell | None = None
    """Whom the process tells of its runs."""
    pace: FindPace | None = None
    """How fast hosted models are asked by all of them together."""


def shared(
    ledger: Ledger | None = None,
    local: Callable[[Target], Provider] | None = None,
    rates: Sequence[Rate] = (),
    open_quota: "Callable[[Rate], Allowing] | None" = None,
) -> Share:
    """Return what many runs of a process have in common: whom they are told to, one pace for each model."""
    from agentic_flow.providers.pace import Paces

    return Share(ledger, local, teller(), Paces(rates, open_quota=open_quota).of)


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Where a run writes, and whom it may ask. Without `confirm` and `fetch` it asks nobody."""

    output_dir: Path
    overwrite: bool = False
    agents_dir: Path | None = None
    confirm: Callable[[Sequence[FileChange]], bool] | None = None
    fetch: Fetch | None = None
    trust_project: bool = False
    """Whether the checks that a project asks for are run without asking."""
    agree: Agree | None = None
    limits: tuple[Limit, ...] = ()
    """Cost limits beside the configured ones, such as that of a whole batch."""
    patient: bool = False
    """Whether calls wait for what others under way leave of a budget, rather than do without."""
    recall: Recall = _ANEW
    share: Share | None = None
    """What other runs of the process share with this one."""
    commission: Commission | None = None
    """The task of a batch that it does."""


def wire(settings: Settings, task: Task, options: RunOptions) -> Deps:
    """Name the parts of one run. Raises `UsageMistake` and `OutputProblem` for a folder of recordings."""
    began = datetime.now(UTC)
    run_id = new_run_id(began)
    ladder = named_ladder(task, settings)  # a wrong name is told before anything is asked
    limits = (*limits_of(settings, task, run_id, patient=options.patient), *options.limits)
    share = options.share or Share()
    ledger = share.ledger or open_ledger(settings, limits)
    retention = _retention(task, settings, options.commission)

    def account(target: Target, max_tokens: int) -> RunAccount:
        call = PlannedCall(run_id, target, str(settings.places.project), task.agent)
        return RunAccount(ledger, call, limits, may_serve(target, settings), price, max_tokens, retention)

    def price(target: Target) -> Price | None:
        from agentic_flow.costing import price_for

        return price_for(target, settings)

    def room() -> Room | None:
        return ledger.room(limits)

    def stronger(task: Task, template: AgentTemplate, decision: Decision) -> tuple[Target, ...]:
        replay = options.recall.replay
        if replay is not None and not task.ladder and names_no_model(task, template, settings):
            return recorded_ladder(task, decision, replay)
        return stronger_models(task, template, settings, decision, room)

    def open_one(target: Target) -> Provider:
        if target.provider == LOCAL and share.local is not None:
            return share.local(target)
        return open_provider(target, settings, options.fetch, account, share.pace)

    kept = around(settings, options.recall, task, lambda target, usage: _cost(target, usage, settings))
    servers = Servers(task, settings, kept, open_one)
    desk = Desk(task, undo_folder(settings) / run_id, options.output_dir, options.overwrite, options.confirm)

    def write(drafts: Sequence[Draft]) -> tuple[FileChange, ...]:
        if options.commission is not None and not task.preview:
            options.commission.announce(ledger, run_id)
        return desk.write(drafts)

    return Deps(
        run_id=run_id,
        template=lambda name: find_agent(name, settings, options.agents_dir),
        choose=lambda task, template: _warned(_choose(task, template, settings, options, room), ladder),
        provider=servers.serving if options.recall.replay is None else servers.alone,
        required=Trust(settings, options.trust_project, options.agree).required,
        stronger=stronger,
        require_room=lambda: _require_room(task, options.output_dir, settings),
        write=write,
        take_back=desk.take_back,
        verify=lambda command, left: desk.watching(lambda: _verify(command, options, left)),
        price=lambda target, usage: _cost(target, usage, settings),
        remember=rememberer(
            ledger, task, settings, options.output_dir, began, share.tell or teller(), options.commission
        ),
        places=lambda: _places(settings, options),
        may_shrink=options.overwrite,
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
    )


def _warned(decision: Decision, ladder: Sequence[Named]) -> Decision:
    """Add what a person should know of the names of those who may take over."""
    said = [warning for named in ladder for warning in named.warnings]
    return replace(decision, warnings=(*decision.warnings, *said)) if said else decision


def _retention(task: Task, settings: Settings, commission: Commission | None) -> Retention | None:
    """Return what keeps paid answers; None where nobody goes on with the run, or no words may be kept."""
    if commission is None or not keeps_words(task, settings):
        return None
    return Retention(commission.origin, commission.begun, harmless(settings))


def _choose(
    task: Task, template: AgentTemplate, settings: Settings, options: RunOptions, room: FindRoom
) -> Decision:
    replay = options.recall.replay
    if replay is not None and names_no_model(task, template, settings):
        return choose_recorded(task, template, replay)
    return choose_model(task, template, settings, options.fetch, room)


def undo_folder(settings: Settings) -> Path:
    """Return where each run keeps the bytes it replaced, in a folder of its own."""
    return settings.places.user_data / UNDO


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time and that no two runs share."""
    # No secret; a fork begins anew. The system's own chance costs as much as a write to the network.
    return f"{now:%Y%m%d-%H%M%S-%f}-{random.getrandbits(24):06x}"


def find_agent(name: str, settings: Settings, agents_dir: Path | None = None) -> AgentTemplate:
    """Return the agent of a name. Raises `UnknownAgent` and `InvalidTemplate`."""
    from agentic_flow.templates import find_template, template_folders

    return find_template(name, template_folders(settings.places, agents_dir))


def _require_room(task: Task, folder: Path, settings: Settings) -> None:
    from agentic_flow.writing import require_keeping, require_room

    require_room(folder)
    if not (task.dry_run or task.preview):
        require_keeping(undo_folder(settings))


def _cost(target: Target, usage: Usage, settings: Settings) -> Decimal | None:
    """Return what a call's tokens cost; None where the price or the tokens are not known."""
    from agentic_flow.costing import price_for

    price = price_for(target, settings)
    if price is None or (target.provider in HOSTED and not usage.known):
        return None
    return price.cost(usage)


def _verify(command: str, options: RunOptions, left: float | None) -> Check:
    from agentic_flow.config.environment import environment
    from agentic_flow.verification import verify, without_keys

    timeout = CHECK_SECONDS if left is None else min(left, CHECK_SECONDS)
    return verify(command, options.output_dir, timeout=timeout, environment=without_keys(environment()))


def _places(settings: Settings, options: RunOptions) -> Mapping[str, str]:
    """Return the folders that a check may speak of, by their paths with and without links."""
    from agentic_flow.config.environment import environment
    from agentic_flow.diagnosis.passing import TEMPORARY

    around = environment()  # that of the checks
    named = {around.get("TMPDIR", ""): TEMPORARY, around.get("HOME", ""): "$HOME"}
    named |= dict.fromkeys(map(str, (settings.places.project, options.output_dir)), ".")
    forms = {
        str(form): word
        for path, word in named.items()
        for form in (Path(path).absolute(), Path(path).resolve())
        if path
    }
    return {path: word for path, word in forms.items() if path != "/"}
