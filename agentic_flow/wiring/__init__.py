"""Settings -> Deps: the only place that names concrete parts. Heavy parts load when a run reaches them."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agentic_flow.core.budgets import Limit, Rate
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import LOCAL
from agentic_flow.core.ports import Ledger, Provider
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import AgentTemplate, Decision, Draft, FileChange, Named, Target, Task
from agentic_flow.core.wishes import Recall
from agentic_flow.runner import Deps
from agentic_flow.wiring.checking import checked, places, require_tools
from agentic_flow.wiring.choosing import (
    FindRoom,
    choose_model,
    named_ladder,
    names_no_model,
    resolve_model,
    stronger_models,
)
from agentic_flow.wiring.desk import Desk
from agentic_flow.wiring.paying import Retention, limits_of, open_ledger
from agentic_flow.wiring.purse import Purse
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

_ANEW = Recall()


@frozen
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


@frozen
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


@frozen
class _Choosing:
    """Which models a run asks: as the settings say, or those whose answers are replayed."""

    settings: Settings
    options: RunOptions
    ladder: Sequence[Named]
    """Who may take over, as a person named them."""
    room: FindRoom

    def first(self, task: Task, template: AgentTemplate) -> Decision:
        """Choose, and add what a person should know of the names of those who may take over."""
        if (folder := self._recorded(task, template)) is not None:
            decision = choose_recorded(task, template, folder)
        else:
            decision = choose_model(task, template, self.settings, self.options.fetch, self.room)
        said = [warning for named in self.ladder for warning in named.warnings]
        return replace(decision, warnings=(*decision.warnings, *said)) if said else decision

    def stronger(self, task: Task, template: AgentTemplate, first: Decision) -> tuple[Target, ...]:
        """Return who takes over, one after the other."""
        if (folder := self._recorded(task, template)) is not None and not task.ladder:
            return recorded_ladder(task, first, folder)
        return stronger_models(task, template, self.settings, first, self.room)

    def _recorded(self, task: Task, template: AgentTemplate) -> Path | None:
        """Return the folder that is replayed, where what it holds decides who is asked."""
        return self.options.recall.replay if names_no_model(task, template, self.settings) else None


def wire(settings: Settings, task: Task, options: RunOptions) -> Deps:
    """Name the parts of one run. Raises `UsageMistake` and `OutputProblem` for a folder of recordings."""
    began = datetime.now(UTC)
    run_id = new_run_id(began)
    ladder = named_ladder(task, settings)  # a wrong name is told before anything is asked
    folder = options.output_dir.absolute()  # the working folder may be another one, or none, when it writes
    commission, share = options.commission, options.share or Share()
    purse = _purse(settings, task, run_id, options, share)
    kept = around(settings, options.recall, task, purse.cost)
    servers = Servers(task, settings, kept, lambda target: _open(target, settings, options, share, purse))
    choosing = _Choosing(settings, options, ladder, purse.room)
    desk = Desk(task, undo_folder(settings) / run_id, folder, options.overwrite, options.confirm)

    def choose(task: Task, template: AgentTemplate) -> Decision:
        decision = choosing.first(task, template)
        servers.follow(decision)
        return decision

    def write(drafts: Sequence[Draft]) -> tuple[FileChange, ...]:
        if commission is not None and not task.preview:
            commission.announce(purse.ledger, run_id)
        return desk.write(drafts)

    tell = share.tell or teller()
    return Deps(
        run_id=run_id,
        template=lambda name: find_agent(name, settings, options.agents_dir),
        choose=choose,
        provider=servers.serving if options.recall.replay is None else servers.alone,
        required=Trust(settings, options.trust_project, options.agree).required,
        require_tools=lambda checks: require_tools(checks, folder),
        stronger=choosing.stronger,
        require_room=lambda: _require_room(desk, settings),
        write=write,
        take_back=desk.take_back,
        as_it_stands=desk.as_it_stands,
        verify=lambda command, left: desk.watching(lambda: checked(command, folder, left, settings)),
        price=purse.cost,
        remember=rememberer(purse.ledger, task, settings, folder, began, tell, commission),
        places=lambda: places(settings, folder),
        may_shrink=options.overwrite,
        clock=time.monotonic,
        now=lambda: datetime.now(UTC),
    )


def _purse(settings: Settings, task: Task, run_id: str, options: RunOptions, share: Share) -> Purse:
    limits = (*limits_of(settings, task, run_id, patient=options.patient), *options.limits)
    ledger = share.ledger or open_ledger(settings, limits)
    return Purse(settings, task, run_id, ledger, limits, _retention(task, settings, options.commission))


def _open(target: Target, settings: Settings, options: RunOptions, share: Share, purse: Purse) -> Provider:
    if target.provider == LOCAL and share.local is not None:
        return share.local(target)
    return open_provider(target, settings, options.fetch, purse.account, share.pace)


def _retention(task: Task, settings: Settings, commission: Commission | None) -> Retention | None:
    """Return what keeps paid answers; None where nobody goes on with the run, or no words may be kept."""
    if commission is None or not keeps_words(task, settings):
        return None
    return Retention(commission.origin, commission.begun, harmless(settings))


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


def _require_room(desk: Desk, settings: Settings) -> tuple[str, ...]:
    from agentic_flow.writing import require_keeping, require_room

    require_room(desk.root)
    if not (desk.task.dry_run or desk.task.preview):
        require_keeping(undo_folder(settings))
    return (*desk.in_the_way(), *desk.refused())
