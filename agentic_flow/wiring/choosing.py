"""Settings, a task -> which model it goes to: by the name somebody gave, or by the task itself."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property

from agentic_flow.core.budgets import Room
from agentic_flow.core.errors import LocalModelProblem, ModelMissing, OverBudget, UsageMistake
from agentic_flow.core.names import ANTHROPIC, HOSTED, LOCAL, OPENROUTER, SCRIPTED
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import AgentTemplate, Candidate, Decision, Named, Target, Task
from agentic_flow.hosting import last_listing
from agentic_flow.offering import hosted_obstacle, policy_of, why_private
from agentic_flow.routing import choose, climb, decide
from agentic_flow.wiring.learning import own_experience, own_weights
from agentic_flow.wiring.paying import room_for

FindRoom = Callable[[], Room | None]
"""Finds out what the tightest cost limit leaves; None where none holds."""


def choose_model(
    task: Task,
    template: AgentTemplate,
    settings: Settings,
    fetch: Callable[[ModelMissing], bool] | None = None,
    room: FindRoom | None = None,
) -> Decision:
    """Choose by the task itself where it is asked for, or where nothing may leave; else by who named a model.

    `room` finds out what the cost limits leave. Raises `ModelMissing` where the task must stay here and no
    local model can serve, and `fetch` brings none.
    """
    find_room = room or (lambda: room_for(settings, task))
    resolve = _resolver(settings)
    named = task.model or template.model or settings.defaults.model
    private = why_private(settings)
    if not task.auto_route and (named or private is None):
        candidates = [] if named else _candidates(settings)
        decision = choose(task, template, settings.defaults.model, resolve, candidates)
        if decision.target.provider not in HOSTED:
            return decision
        if private is None:
            return _warned(decision, task)
        if task.model is not None:
            raise UsageMistake(f"{decision.target} is hosted, and nothing may leave this machine: {private}")
    try:
        return _route(task, template, settings, find_room)
    except ModelMissing as missing:
        if fetch is None or not fetch(missing):
            raise
        return _route(task, template, settings, find_room)


def _warned(decision: Decision, task: Task) -> Decision:
    """Say of a task that leaves this machine what the router would have kept here."""
    from agentic_flow.analysis import why_private as why_its_words_are

    why = why_its_words_are(task)
    if why is None:
        return decision
    said = (
        f"the task goes to {decision.target.provider} although {why}; --auto-route keeps such on this machine"
    )
    return replace(decision, warnings=(*decision.warnings, said))


def names_no_model(task: Task, template: AgentTemplate, settings: Settings) -> bool:
    """Say whether the model is to be chosen: nobody names one, or it is asked for."""
    return task.auto_route or not (task.model or template.model or settings.defaults.model)


def _route(task: Task, template: AgentTemplate, settings: Settings, room: FindRoom) -> Decision:
    from agentic_flow.analysis import analyse

    personal, said = own_weights(settings)
    profile = analyse(task, template, private=why_private(settings), personal=personal)
    policy = policy_of(settings, _resolver(settings), own_experience(settings))
    proven = bool(task.checks) and task.escalate
    decision = decide(profile, replace(policy, room=room(), proven=proven))
    return replace(decision, warnings=(*decision.warnings, *said)) if said else decision


def stronger_models(
    task: Task, template: AgentTemplate, settings: Settings, decision: Decision, room: FindRoom
) -> tuple[Target, ...]:
    """Return who takes over from the target of a decision, in this order.

    Whoever names a model with `--model` wants that one; `--escalate-to` names others. Else the router says.
    """
    if task.ladder or task.model is not None or not task.escalate:
        return tuple(named.target for named in named_ladder(task, settings)) if task.escalate else ()
    if decision.candidates:
        return climb(decision)
    try:
        weighed = _route(task, template, settings, room)
    except (LocalModelProblem, OverBudget):  # nothing here can serve it, or nothing is affordable
        return ()
    return climb(replace(decision, candidates=weighed.candidates))


def named_ladder(task: Task, settings: Settings) -> tuple[Named, ...]:
    """Return what the names of `--escalate-to` stand for.

    Raises `UnknownModel`, and `UsageMistake` for a hosted one where nothing may leave.
    """
    if not task.ladder:
        return ()
    resolve = _resolver(settings)
    ladder = tuple(map(resolve, task.ladder))
    private = why_private(settings)
    for target in (named.target for named in ladder):
        if private is not None and target.provider in HOSTED:
            raise UsageMistake(f"{target} is hosted, and nothing may leave this machine: {private}")
    return ladder


def resolve_model(name: str, settings: Settings) -> Named:
    """Return the target that a model's name stands for. Raises `UnknownModel`."""
    return _resolver(settings)(name)


def _resolver(settings: Settings) -> Callable[[str], Named]:
    from agentic_flow.naming import Names, resolve

    names = Names(
        settings=settings,
        local=_LocalNames(settings),
        today=datetime.now(UTC).date(),
        verbatim=frozenset({SCRIPTED}),
    )
    return lambda name: _noticed(resolve(name, names), settings, names.today)


class _LocalNames(Mapping[str, str]):
    """Every name that a local model answers to, and its own: read when one is first looked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __getitem__(self, name: str) -> str:
        return self._names[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def _names(self) -> Mapping[str, str]:
        from agentic_flow.weights.names import local_names

        return local_names(self._settings.places, self._settings.onnx)


def _noticed(named: Named, settings: Settings, today: date) -> Named:
    """Add what the provider's own list says of a model, where the name itself gave no cause for a word."""
    listing = None if named.warnings else last_listing(named.target.provider, settings)
    if listing is None:
        return named
    from agentic_flow.catalogue.notices import notice

    said = notice(named.target, listing, today)
    return named if said is None else Named(named.target, (said,))


def _candidates(settings: Settings) -> list[Candidate]:
    """Return each provider's default, in the order in which they are asked when nobody chose."""
    hosted = ((ANTHROPIC, settings.anthropic), (OPENROUTER, settings.openrouter))
    candidates = [
        Candidate(resolve_model(f"{name}/default", settings).target, obstacle)
        if (obstacle := hosted_obstacle(name, remote)) is None
        else Candidate(Target(name, "default"), obstacle)
        for name, remote in hosted
    ]
    local = None if settings.onnx.enabled else "switched off"
    return [*candidates, Candidate(resolve_model(f"{LOCAL}/default", settings).target, local)]
