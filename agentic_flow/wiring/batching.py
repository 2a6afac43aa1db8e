"""Settings -> what each task of a batch needs; what is alike for all of them is found out once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from agentic_flow.core.budgets import Limit
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import AgentTemplate, Decision, Priority, Task
from agentic_flow.core.wishes import Wish
from agentic_flow.runner import Deps
from agentic_flow.wiring import RunOptions, find_agent, wire
from agentic_flow.wiring.asking import output_folder, preferring, task_of

_Names = tuple[str | None, bool, str, Priority | None]
"""Model, whether the task decides, agent, priority."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """Turns a wish into a task and the parts of its run. It asks nobody anything; threads may share it."""

    settings: Settings
    agents_dir: Path | None = None
    limits: tuple[Limit, ...] = ()
    """Those of the whole batch."""
    _agents: dict[str, AgentTemplate] = field(default_factory=dict[str, AgentTemplate])
    _decisions: dict[_Names, Decision] = field(default_factory=dict[_Names, Decision])

    def __call__(self, wish: Wish) -> tuple[Task, Deps]:
        """Read what the task needs. Raises `FlowError`."""
        settings = preferring(wish.priority, self.settings)
        task = task_of(wish, settings)
        options = RunOptions(
            output_folder(wish, settings), wish.overwrite, self.agents_dir, limits=self.limits
        )
        deps = wire(settings, task, options)
        return task, replace(deps, template=self._agent, choose=self._choosing(deps.choose, wish.priority))

    def _agent(self, name: str) -> AgentTemplate:
        if name not in self._agents:
            self._agents[name] = find_agent(name, self.settings, self.agents_dir)
        return self._agents[name]

    def _choosing(
        self, choose: Callable[[Task, AgentTemplate], Decision], priority: Priority | None
    ) -> Callable[[Task, AgentTemplate], Decision]:
        """Return what chooses as `choose` does; where names decide, not the task, it does so once."""

        def chosen(task: Task, agent: AgentTemplate) -> Decision:
            names = (task.model, task.auto_route, agent.name, priority)
            if known := self._decisions.get(names):
                return known
            decision = choose(task, agent)
            if decision.profile is None:
                self._decisions[names] = decision
            return decision

        return chosen
