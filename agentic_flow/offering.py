"""Settings -> what a task could be given to: rules, strategy, and every configured model as it stands.

Reads which local models are on this machine, and nothing else; calls nobody.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from decimal import Decimal

from agentic_flow.core.conditions import read_condition
from agentic_flow.core.errors import ConfigMistake, LocalModelProblem, ModelMissing, UnknownModel
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import ANTHROPIC, LOCAL, OPENROUTER
from agentic_flow.core.settings import RemoteSettings, Rule, Settings
from agentic_flow.core.values import Named, Priority, Target, Usage
from agentic_flow.costing import price_for
from agentic_flow.routing import Offer, Policy, PolicyRule, Share, Strategy

Resolve = Callable[[str], Named]


@frozen
class Experience:
    """What the person's own runs say of models and tasks."""

    paces: Mapping[Target, float] = field(default_factory=dict[Target, float])
    """Tokens of answers a second, over whole calls."""
    difficulties: tuple[float, ...] = ()
    """Of the latest tasks."""


def strategy_of(settings: Settings) -> Strategy:
    """Return what weighs most: the priority where there is one, else `routing.strategy`.

    Privacy wins from either place.
    """
    asked = settings.defaults.priority
    strategy = Strategy(settings.routing.strategy)
    if asked is None or strategy is Strategy.PRIVACY:
        return strategy
    return Strategy.of(asked)


def preferred_of(settings: Settings) -> tuple[str, ...]:
    """Return the providers to prefer where money decides and the cost is alike."""
    return settings.budget.preferred_providers if settings.budget.enabled else ()


def why_private(settings: Settings) -> str | None:
    """Return why every task stays on this machine, where the configuration or a flag says so."""
    return f"the priority is {Priority.PRIVACY}" if strategy_of(settings) is Strategy.PRIVACY else None


def hosted_obstacle(provider: str, remote: RemoteSettings) -> str | None:
    """Return why a hosted provider cannot be asked now; None when it can."""
    if not remote.enabled:
        return "switched off"
    if remote.key_problem:
        return f"{provider.upper()}_API_KEY is no key"
    return None if remote.api_key else f"no {provider.upper()}_API_KEY"


def policy_of(settings: Settings, resolve: Resolve, experience: Experience | None = None) -> Policy:
    """Return all that deciding needs. Raises `ConfigMistake` for a rule or tier whose model is unknown."""
    known = experience or Experience()
    share = settings.routing.target_strong_share
    offers = {
        offer.target: replace(offer, pace=known.paces.get(offer.target))
        for offer in _offers(settings, resolve)
    }
    last = offers[_local_default(resolve)]
    return Policy(
        strategy=strategy_of(settings),
        rules=tuple(
            _rule(number, rule, offers, settings, resolve)
            for number, rule in enumerate(settings.routing.rules)
        ),
        offers=tuple(offers.values()),
        last_resort=last,
        share=None if share is None else Share(share, known.difficulties),
        preferred=preferred_of(settings),
        download=last.target.model if settings.onnx.enabled else None,
    )


def _offers(settings: Settings, resolve: Resolve) -> Iterator[Offer]:
    yield from (_local(name, settings) for name in _local_names(settings, resolve))
    for provider, remote in _hosted(settings).items():
        obstacle = hosted_obstacle(provider, remote)
        for tier in remote.models:
            target = resolve(f"{provider}/{tier}").target
            yield Offer(target, _price(target, settings), obstacle, tier)


def _hosted(settings: Settings) -> Mapping[str, RemoteSettings]:
    return {ANTHROPIC: settings.anthropic, OPENROUTER: settings.openrouter}


def _local_names(settings: Settings, resolve: Resolve) -> list[str]:
    """Return the default first, then what else is ready on this machine."""
    from agentic_flow.weights.store import State, stored

    ready = [model.name for model in stored(settings.places, settings.onnx) if model.state is State.READY]
    return list(dict.fromkeys([_local_default(resolve).model, *ready]))


def _local_default(resolve: Resolve) -> Target:
    return resolve(f"{LOCAL}/default").target


def _local(name: str, settings: Settings) -> Offer:
    from agentic_flow.weights.catalog import load_catalog
    from agentic_flow.weights.store import find

    target = Target(LOCAL, name)
    entry = load_catalog(settings.places).get(name.partition("@")[0])
    obstacle = None if settings.onnx.enabled else "switched off"
    if obstacle is None:
        try:
            find(name, settings.places, settings.onnx)
        except ModelMissing:
            obstacle = f"not downloaded (`agentic-flow download-model {name}`)"
        except (LocalModelProblem, UnknownModel) as problem:
            obstacle = str(problem)
    return Offer(target, _price(target, settings), obstacle, context=entry.context if entry else None)


def _rule(
    number: int, rule: Rule, offers: Mapping[Target, Offer], settings: Settings, resolve: Resolve
) -> PolicyRule:
    try:
        named = resolve(f"{rule.provider}/{rule.model or 'default'}")
    except UnknownModel as unknown:
        raise ConfigMistake(f"routing.rules[{number}].model: {unknown}") from unknown
    target = named.target
    offer = offers.get(target)
    if offer is None and target.provider == LOCAL:
        offer = _local(target.model, settings)
    if offer is None:
        obstacle = hosted_obstacle(target.provider, _hosted(settings)[target.provider])
        offer = Offer(target, _price(target, settings), obstacle)
    return PolicyRule(read_condition(rule.condition), offer, rule.reason, named.warnings)


def _price(target: Target, settings: Settings) -> Callable[[int, int], Decimal | None]:
    price = price_for(target, settings)
    if price is None:
        return lambda _prompt, _answer: None
    return lambda prompt, answer: price.cost(Usage(input_tokens=prompt, output_tokens=answer))
