"""Settings -> what each task of a batch needs; what is alike for all of them is found out once."""

from collections.abc import Callable, Sequence
from dataclasses import field, replace
from functools import partial
from pathlib import Path

from agentic_flow.batch.abroad import Abroad
from agentic_flow.batch.entries import Entry
from agentic_flow.core.budgets import Limit, Rate
from agentic_flow.core.frozen import frozen
from agentic_flow.core.remembered import Origin
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import AgentTemplate, Decision, Priority, RunResult, Task
from agentic_flow.core.wishes import Recall, Wish
from agentic_flow.runner import Deps
from agentic_flow.wiring import RunOptions, find_agent, shared, undo_folder, wire
from agentic_flow.wiring.asking import output_folder, preferring, task_of
from agentic_flow.wiring.carrying import with_keys
from agentic_flow.wiring.paying import open_common_ledger
from agentic_flow.wiring.remembering import Commission
from agentic_flow.wiring.serving import local_shelf

_Names = tuple[str | None, bool, str, Priority | None]
"""Model, whether the task decides, agent, priority."""


@frozen
class Common:
    """What was said about a whole batch, beside what each of its tasks says."""

    agents_dir: Path | None = None
    limits: tuple[Limit, ...] = ()
    """Cost limits of all tasks together."""
    rates: Sequence[Rate] = ()
    """How fast providers may be asked by all of them together."""
    recall: Recall = field(default_factory=Recall)
    trust_project: bool = False
    """Whether the checks that a project asks for are run."""
    batch: str | None = None
    """The batch that can be gone on with; None where nobody can."""
    line: Callable[[Entry, RunResult], bytes] | None = None
    """Writes a result as it is written in the end."""

    def commission(self, entry: Entry) -> Commission | None:
        """Return what a run of this entry has to leave for the case that the batch is killed."""
        if self.batch is None or self.line is None or entry.id is None:
            return None
        origin = Origin(self.batch, entry.id, entry.digest)
        return Commission(origin, partial(self.line, entry), entry.begun)


class Preparing:
    """Turns a wish into a task and the parts of its run. It asks nobody anything; threads may share it."""

    def __init__(self, settings: Settings, common: Common, abroad: Abroad | None = None) -> None:
        """Do as the machine does that the batch was started on, with what it lends; None: this is it."""
        self._settings = settings if abroad is None else with_keys(settings, abroad.keys)
        models = local_shelf(self._settings, many=True).provider
        if abroad is None:
            self._share = shared(local=models, rates=common.rates)
        else:
            self._share = shared(abroad.ledger, models, common.rates, abroad.open_quota)
        self._common = common
        self._agents: dict[str, AgentTemplate] = {}
        self._decisions: dict[_Names, Decision] = {}

    def __call__(self, entry: Entry, wish: Wish) -> tuple[Task, Deps]:
        """Read what the task needs. Raises `FlowError`."""
        settings = preferring(wish.priority, self._settings)
        commission = self._common.commission(entry)
        if commission is not None and commission.begun and not (wish.preview or wish.dry_run):
            ledger = self._share.ledger or open_common_ledger(settings, self._common.limits)
            in_the_way = not (wish.overwrite or wish.context)
            commission.clear(ledger, undo_folder(settings), in_the_way=in_the_way)  # before context is read
        task = task_of(wish, settings)
        options = RunOptions(
            output_folder(wish, settings),
            wish.overwrite,
            self._common.agents_dir,
            trust_project=self._common.trust_project,
            limits=self._common.limits,
            patient=True,
            recall=self._common.recall,
            share=self._share,
            commission=commission,
        )
        deps = wire(settings, task, options)
        return task, replace(deps, template=self._agent, choose=self._choosing(deps.choose, wish.priority))

    def _agent(self, name: str) -> AgentTemplate:
        if name not in self._agents:
            self._agents[name] = find_agent(name, self._settings, self._common.agents_dir)
        return self._agents[name]

    def _choosing(
        self, choose: Callable[[Task, AgentTemplate], Decision], priority: Priority | None
    ) -> Callable[[Task, AgentTemplate], Decision]:
        """Return what chooses as `choose` does; where names decide, not the task, it does so once.

        What is recorded decides by the task.
        """

        def chosen(task: Task, agent: AgentTemplate) -> Decision:
            names = (task.model, task.auto_route, agent.name, priority)
            if known := self._decisions.get(names):
                return known
            decision = choose(task, agent)
            if decision.profile is None and self._common.recall.replay is None:
                self._decisions[names] = decision
            return decision

        return chosen
