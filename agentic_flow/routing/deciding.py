"""TaskProfile, Policy -> Decision: rules in their order, then the strategy. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from agentic_flow.core.budgets import Room, dollars
from agentic_flow.core.conditions import Condition, fields_of
from agentic_flow.core.errors import LocalModelProblem, ModelMissing, OverBudget
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import LOCAL
from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.values import Candidate, Decision
from agentic_flow.routing.climbing import first_try
from agentic_flow.routing.comparing import BY_RULE, why_not
from agentic_flow.routing.offers import Offer, weigh
from agentic_flow.routing.strategies import MONEY_DECIDES, Share, Strategy, pick


@frozen
class PolicyRule:
    """One rule, its condition read and its model's name resolved."""

    condition: Condition
    offer: Offer
    reason: str
    warnings: tuple[str, ...] = ()
    """What a person should know about the model's name."""


@frozen
class Policy:
    """What is configured: rules, the strategy after them, and every target there is."""

    strategy: Strategy
    rules: tuple[PolicyRule, ...]
    offers: tuple[Offer, ...]
    """Each target once, in the order of preference between equals."""
    last_resort: Offer
    """The default local model: where nothing can serve, its own error says what to do."""
    share: Share | None = None
    """What cost-optimized is held to."""
    download: str | None = None
    """The name that `download-model` takes for it; None where local models are switched off."""
    preferred: tuple[str, ...] = ()
    """Providers to prefer where money decides and the cost is alike."""
    room: Room | None = None
    """What the tightest cost limit leaves; None where none holds."""
    proven: bool = False
    """Whether checks tell a wrong answer, and a stronger model takes over then."""


def decide(profile: TaskProfile, policy: Policy) -> Decision:
    """Choose a target, and say why in words a person can check.

    Raises `ModelMissing` or another `LocalModelProblem` where the task must stay on this machine and no
    local model can serve it; `OverBudget` where a cost limit is all that is in the way.
    """
    candidates = tuple(weigh(offer, profile, policy.room) for offer in policy.offers)
    passed: list[str] = []
    fields = fields_of(profile)
    for number, rule in enumerate(policy.rules, 1):
        if not rule.condition.holds(fields):
            continue
        candidate = weigh(rule.offer, profile, policy.room)
        if candidate.obstacle is None:
            why = f"rule {number}, {rule.condition.text}" + (f": {rule.reason}" if rule.reason else "")
            weighed = _compared(candidates, candidate, lambda _: BY_RULE)
            return _decision(candidate, [*passed, why], weighed, profile, rule.warnings)
        passed.append(f"rule {number} asks for {candidate.target}: {candidate.obstacle}")
    able = [candidate for candidate in candidates if candidate.obstacle is None]
    if able:
        chosen, why = pick(profile, able, policy.strategy, policy.share, policy.preferred)
        wishes = [candidate for candidate in candidates if candidate.serves_but_for_money]
        if len(wishes) > len(able) and not passed:
            dear, _ = pick(profile, wishes, policy.strategy, policy.share, policy.preferred)
            passed += [f"{dear.target}: {dear.obstacle}"] if dear.over_budget else []
        wished = chosen
        if policy.proven and policy.share is None and policy.strategy in MONEY_DECIDES:
            first = first_try(profile.difficulty, able, chosen)
            if first.target != chosen.target:
                why = f"{why} ({chosen.target}); as checks tell whether it passes, {first.target} tries first"
                chosen = first
        weighed = _compared(candidates, chosen, lambda each: why_not(each, wished, profile, policy.strategy))
        return _decision(chosen, [*passed, why], weighed, profile)
    if profile.private is not None:
        raise _nothing_here(profile.private, candidates, policy)
    if policy.room is not None and any(each.over_budget for each in candidates):
        raise _unaffordable(candidates, policy.room)
    obstacles = dict.fromkeys(f"{each.target.provider}: {each.obstacle}" for each in candidates)
    last = weigh(policy.last_resort, profile)
    return _decision(last, [*passed, "nothing can serve now", *obstacles], candidates, profile)


def _compared(
    candidates: tuple[Candidate, ...], chosen: Candidate, why: Callable[[Candidate], str]
) -> tuple[Candidate, ...]:
    """Say of each that could serve why it was not taken."""
    return tuple(
        each
        if each.obstacle is not None or each.target == chosen.target
        else replace(each, passed_over=why(each))
        for each in candidates
    )


def _decision(
    chosen: Candidate,
    reasons: Sequence[str],
    candidates: tuple[Candidate, ...],
    profile: TaskProfile,
    warnings: tuple[str, ...] = (),
) -> Decision:
    listed = candidates if any(each.target == chosen.target for each in candidates) else (chosen, *candidates)
    return Decision(chosen.target, "; ".join(reasons), warnings, profile, listed)


def _unaffordable(candidates: Sequence[Candidate], room: Room) -> OverBudget:
    dear = [each for each in candidates if each.over_budget and each.cost_usd is not None]
    least = min(dear, key=lambda each: each.cost_usd or 0, default=None)
    needs = f"; the cheapest, {least.target}, needs about {dollars(least.cost_usd or 0)}" if least else ""
    return OverBudget(
        f"no model that can serve is affordable: {room}{needs}. Raise {room.limit.setting}, shorten the task"
        " or download a local model (`agentic-flow models list`)"
    )


def _nothing_here(
    private: str, candidates: Sequence[Candidate], policy: Policy
) -> LocalModelProblem | ModelMissing:
    local = [each for each in candidates if each.target.provider == LOCAL]
    tried = "; ".join(f"{each.target}: {each.obstacle}" for each in local)
    start = f"the task stays on this machine ({private}), and no local model can serve it"
    if policy.download is None:
        return LocalModelProblem(f"{start}: {tried or 'they are switched off'}; name a model with --model")
    return ModelMissing(f"{start}; run `agentic-flow download-model {policy.download}`", name=policy.download)
