"""Settings, a scenario or the past -> what each strategy would cost a month, at today's prices."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from agentic_flow.core.errors import FlowError, UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import ANTHROPIC, LOCAL, OPENROUTER
from agentic_flow.core.pricing import Price
from agentic_flow.core.profiles import TaskProfile, TaskType
from agentic_flow.core.remembered import Wanted
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import AgentTemplate, Target, Task, Usage
from agentic_flow.costing import quote
from agentic_flow.offering import policy_of
from agentic_flow.reports.scenarios import Costing, Load, Pricing, chosen, month_of, shared
from agentic_flow.routing import Offer, Policy, decide
from agentic_flow.routing.offers import weigh
from agentic_flow.wiring.choosing import resolve_model

MONTH = 30
"""Days."""
USUAL_MIX: Mapping[TaskType, int] = {
    TaskType.CODING: 30,
    TaskType.DEBUGGING: 15,
    TaskType.TESTING: 10,
    TaskType.REFACTORING: 10,
    TaskType.DOCUMENTATION: 10,
    TaskType.EXPLANATION: 15,
    TaskType.CHAT: 10,
}
"""Tasks of a hundred, where nobody says."""
_STEPS = ((Decimal("0.5"), 0.15), (Decimal("0.35"), 0.45), (Decimal("0.15"), 0.8))
"""How many tasks of a kind are easy, middling and hard, and how difficult those are."""
_TASK_TOKENS, _INSTRUCTION_TOKENS = 200, 200
_SHARES = {
    "smart routing": {"onnx/default": 50, "openrouter/fast": 30, "anthropic/balanced": 20},
    "budget": {"onnx/default": 80, "openrouter/fast": 20},
    "hybrid": {"onnx/default": 40, "openrouter/balanced": 40, "anthropic/balanced": 20},
}


@frozen
class Priced:
    """A model's price, and who says so."""

    target: Target
    price: Price | None
    source: str
    day: date | None


@frozen
class Comparison:
    """What each strategy costs, the dearest reference first."""

    loads: Sequence[Load]
    costings: Sequence[Costing]
    prices: Sequence[Priced]
    paid_usd: Decimal | None = None
    """What the work of the past did cost, a month; None for a scenario."""


def usual_mix(wanted: Mapping[TaskType, int] | None = None) -> list[tuple[Decimal, TaskProfile]]:
    """Return a mix of task types as profiles: some easy, some hard of each."""
    from agentic_flow.analysis.difficulty import complexity_of
    from agentic_flow.analysis.expecting import usual_tokens

    mix = wanted or USUAL_MIX
    return [
        (
            Decimal(weight) * part,
            TaskProfile(
                task_tokens=_TASK_TOKENS,
                instruction_tokens=_INSTRUCTION_TOKENS,
                expected_output_tokens=round(usual_tokens(kind, difficulty)),
                task_type=kind,
                complexity=complexity_of(difficulty),
                difficulty=difficulty,
            ),
        )
        for kind, weight in mix.items()
        for part, difficulty in _STEPS
    ]


def compare_month(settings: Settings, tokens: int, mix: Mapping[TaskType, int] | None) -> Comparison:
    """Compare the strategies over a month of so many tokens."""
    return _compare(settings, month_of(tokens, usual_mix(mix)))


def compare_past(settings: Settings, since: datetime) -> Comparison:
    """Compare the strategies over what was done since then, a month of it. Raises `LedgerProblem`."""
    days = max(Decimal((datetime.now(UTC) - since).total_seconds()) / 86_400, Decimal(1) / 24)
    scale = MONTH / days
    loads: list[Load] = []
    paid = Decimal(0)
    for usage, profile, cost in _past(settings, since):
        loads.append(Load(scale, usage, profile))
        paid += cost * scale
    if not loads:
        raise UsageMistake(
            f"no finished run is remembered since {since:%Y-%m-%d}; --preset guide compares without a past"
        )
    return replace(_compare(settings, loads), paid_usd=paid)


def _past(settings: Settings, since: datetime) -> Iterator[tuple[Usage, TaskProfile, Decimal]]:
    from agentic_flow.analysis import analyse
    from agentic_flow.wiring.remembering import open_history

    for run in open_history(settings).runs(Wanted(since=since)):
        result = run.result
        usage = result.usage if result.usage.known or result.saved is None else result.saved.usage
        if not usage.known:
            continue
        profile = result.decision.profile if result.decision else None
        if profile is None:
            profile = analyse(Task(run.task or "", result.agent), _agent(result.agent, settings))
        yield usage, profile, result.cost_usd or Decimal(0)


def _agent(name: str, settings: Settings) -> AgentTemplate:
    """Return an agent; one that is gone as one of whom nothing is known."""
    from agentic_flow.wiring import find_agent

    try:
        return find_agent(name, settings)
    except FlowError:
        return AgentTemplate(name, "", "", Path(name), "gone")


def _compare(settings: Settings, loads: Sequence[Load]) -> Comparison:
    price = _pricing(settings)
    policy = _all_able(policy_of(settings, lambda name: resolve_model(name, settings)), settings)
    best = _strongest(policy, loads).target
    costings = [
        shared("all strongest", loads, {best: Decimal(1)}, price),
        *(shared(name, loads, shares, price) for name, shares in _fixed(settings)),
        chosen("as configured", loads, lambda profile: decide(profile, policy).target, price),
    ]
    targets = dict.fromkeys(target for costing in costings for target in costing.shares)
    return Comparison(loads, costings, [_priced(target, settings) for target in targets])


def _pricing(settings: Settings) -> Pricing:
    known: dict[Target, Price | None] = {}

    def price(target: Target, usage: Usage) -> Decimal | None:
        if target not in known:
            known[target] = quote(target, settings).price
        found = known[target]
        return None if found is None else found.cost(usage)

    return price


def _priced(target: Target, settings: Settings) -> Priced:
    said = quote(target, settings)
    return Priced(target, said.price, said.source.value, said.day)


def _fixed(settings: Settings) -> Iterator[tuple[str, dict[Target, Decimal]]]:
    """Yield the strategies that share work out by fixed parts, as far as the settings know their models."""
    for name, parts in _SHARES.items():
        shares: dict[Target, Decimal] = {}
        try:
            for model, percent in parts.items():
                target = resolve_model(model, settings).target
                shares[target] = shares.get(target, Decimal(0)) + Decimal(percent) / 100
        except FlowError:
            continue
        yield name, shares


def _all_able(policy: Policy, settings: Settings) -> Policy:
    """Return the policy as if every key were set, every local model downloaded and no budget spent."""

    def able(offer: Offer) -> Offer:
        provider = offer.target.provider
        on = {
            ANTHROPIC: settings.anthropic.enabled,
            OPENROUTER: settings.openrouter.enabled,
            LOCAL: settings.onnx.enabled,
        }
        return replace(offer, obstacle=None) if on.get(provider, True) else offer

    return replace(
        policy,
        offers=tuple(map(able, policy.offers)),
        rules=tuple(replace(rule, offer=able(rule.offer)) for rule in policy.rules),
    )


def _strongest(policy: Policy, loads: Sequence[Load]) -> Offer:
    """Return who does this work best, whatever it costs."""

    def strength(offer: Offer) -> float:
        return sum(float(load.calls) * (weigh(offer, load.profile).strength or 0) for load in loads)

    return max((offer for offer in policy.offers if offer.obstacle is None), key=strength)
