"""The table of everything the configuration can say: name, kind, field of `Settings`, meaning."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from agentic_flow.config.kinds import (
    Choice,
    Duration,
    Flag,
    Kind,
    ListOf,
    Money,
    Number,
    Row,
    SecretText,
    Size,
    Text,
    Tolerated,
    Whole,
)
from agentic_flow.core.settings import Rule
from agentic_flow.core.values import Priority

PROVIDERS = ("anthropic", "onnx", "openrouter")
TIERS = ("fast", "balanced", "powerful", "coding")
STRATEGIES = ("cost-optimized", "balanced", "quality", "speed", "privacy")
EXECUTION_PROVIDERS = ("cpu", "cuda", "dml", "openvino", "qnn", "rocm", "tensorrt", "vitisai", "webgpu")

Guard = Literal["lowest", "stays", "stays false", "stays true", "stays privacy"]
"""How far a project file may go where the user's own configuration already says something."""


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. Two keys with the same `into` are two names of one setting."""

    path: str
    """As a person writes it: `providers.onnx.threads`."""
    kind: Kind
    into: str
    """`section.field` of `Settings`, a third part for a mapping's key; empty: tolerated, means nothing."""
    doc: str
    env: str | None = None
    """The environment variable that says the same."""
    optional: bool = True
    """Whether null may be said, for "as if nobody had said it"."""
    acts: bool = True
    """False while no part of the program asks for it: it is checked, kept and warned about."""
    guard: Guard | None = None
    starts_at: Literal["file", "project"] | None = None
    """For a path: what a relative one is relative to. `project`: the project's folder where a project
    file says it, else the working folder."""


def _rule(fields: Mapping[str, object]) -> Rule:
    model = fields.get("model")
    return Rule(
        condition=str(fields["condition"]),
        provider=str(fields["provider"]),
        model=None if model is None else str(model),
        reason=str(fields.get("reason", "")),
    )


_RULES = ListOf(
    Row(
        fields={"condition": Text(), "provider": Choice(PROVIDERS), "model": Text(), "reason": Text()},
        required=("condition", "provider"),
        make=_rule,
    )
)
_CHAIN = ListOf(Choice(PROVIDERS))
_PREFERENCES = Row(
    fields={
        **dict.fromkeys(("order", "only", "ignore", "quantizations"), ListOf(Text())),
        **dict.fromkeys(("allow_fallbacks", "require_parameters", "zdr"), Flag()),
        "sort": Choice(("price", "throughput", "latency")),
        "data_collection": Choice(("allow", "deny")),
        "max_price": Row(
            dict.fromkeys(("prompt", "completion", "request", "image"), Number(0, 1_000_000)), (), dict
        ),
    },
    required=(),
    make=dict,
)
"""https://openrouter.ai/docs/features/provider-routing, the `provider` object of a request."""


def _remote(name: str, title: str) -> Iterable[Key]:
    at, env = f"providers.{name}", name.upper()
    yield Key(
        f"{at}.enabled",
        Flag(),
        f"{name}.enabled",
        f"Whether {title} may be used.",
        optional=False,
        guard="stays false",
    )
    yield Key(
        f"{at}.apiKey",
        SecretText(),
        f"{name}.api_key",
        f"Your key, best as ${{{env}_API_KEY}}.",
        f"{env}_API_KEY",
    )
    yield Key(
        f"{at}.baseURL",
        Text("a URL"),
        f"{name}.base_url",
        f"Where {title} answers: https, or http on this machine. A project file can only repeat it.",
        f"{env}_BASE_URL",
        optional=False,
    )
    yield from _models(name, f"{title}'s model")
    yield Key(
        f"{at}.defaultModel",
        Text(),
        f"{name}.default_model",
        f"The model where only {title} is named: a tier, an alias or an id.",
        optional=False,
    )


def _models(name: str, model: str) -> Iterable[Key]:
    for tier in TIERS:
        yield Key(
            f"providers.{name}.models.{tier}",
            Text(),
            f"{name}.models.{tier}",
            f"{model} for the tier {tier!r}.",
        )


def _onnx() -> Iterable[Key]:
    at = "providers.onnx"
    yield Key(
        f"{at}.enabled",
        Flag(),
        "onnx.enabled",
        "Whether local models may be used.",
        optional=False,
        guard="stays false",
    )
    yield Key(
        f"{at}.modelPath",
        Text("a path"),
        "onnx.model_path",
        "A model of your own: its folder, or a file in it.",
        starts_at="file",
    )
    yield Key(
        f"{at}.executionProvider",
        Choice(EXECUTION_PROVIDERS),
        "onnx.execution_provider",
        "What computes; anything but cpu needs a runtime built for it.",
        optional=False,
    )
    yield Key(
        f"{at}.threads", Whole(1, 1024), "onnx.threads", "Threads that compute; null: one per physical core."
    )
    yield from _models("onnx", "Local model")
    yield Key(
        f"{at}.defaultModel",
        Text(),
        "onnx.default_model",
        "The local model where none is named: a name of `models list`.",
        optional=False,
    )
    yield Key(
        f"{at}.grammar",
        Flag(),
        "onnx.grammar",
        "Hold file replies to their form by a grammar; null: where that was measured to help.",
    )
    yield Key(
        f"{at}.cache.enabled", Flag(), "onnx.cache_enabled", "Keep local answers.", optional=False, acts=False
    )
    yield Key(f"{at}.cache.maxSize", Size(), "onnx.cache_max_size", "Room for kept answers.", acts=False)
    yield Key(
        "optimization.onnx.quantization",
        Choice(("INT4", "INT8", "FP16")),
        "onnx.quantization",
        "Which variant of a local model, where it has several.",
    )
    yield Key(
        "optimization.onnx.memoryLimit",
        Size(),
        "onnx.memory_limit",
        "The most memory a local model may take; null: what is free.",
    )
    yield Key(
        "optimization.onnx.batchSize",
        Whole(1, 256),
        "onnx.batch_size",
        "Prompts computed together.",
        optional=False,
        acts=False,
    )


def _choosing() -> Iterable[Key]:
    yield Key(
        "routing.strategy",
        Choice(STRATEGIES),
        "routing.strategy",
        "What --auto-route weighs most; privacy never leaves the machine.",
        optional=False,
        acts=False,
        guard="stays privacy",
    )
    yield Key(
        "routing.rules",
        _RULES,
        "routing.rules",
        "Tried in order by --auto-route; the first match wins, `default` last.",
        optional=False,
        acts=False,
    )
    yield Key(
        "fallback.enabled",
        Flag(),
        "fallback.enabled",
        "Whether another provider answers when one cannot.",
        optional=False,
        acts=False,
    )
    yield Key(
        "fallback.chain",
        _CHAIN,
        "fallback.chain",
        "Providers in the order they are tried.",
        optional=False,
        acts=False,
    )
    yield Key(
        "routing.fallbackChain",
        _CHAIN,
        "fallback.chain",
        "The short form of fallback.chain.",
        optional=False,
        acts=False,
    )
    yield Key(
        "fallback.retryAttempts",
        Whole(0, 20),
        "fallback.retry_attempts",
        "Further tries of one provider.",
        optional=False,
        acts=False,
    )
    yield Key(
        "fallback.backoffMs",
        Whole(0, 600_000),
        "fallback.backoff_ms",
        "Milliseconds before the second try; doubled for each further one.",
        optional=False,
        acts=False,
    )
    yield Key(
        "optimization.caching.enabled",
        Flag(),
        "cache.enabled",
        "Answer from kept answers.",
        optional=False,
        acts=False,
    )
    yield Key(
        "optimization.caching.strategy",
        Choice(("LRU",)),
        "cache.strategy",
        "Which kept answers go first.",
        optional=False,
        acts=False,
    )
    yield Key(
        "optimization.caching.maxEntries",
        Whole(1, 10_000_000),
        "cache.max_entries",
        "How many answers are kept.",
        optional=False,
        acts=False,
    )


def _money() -> Iterable[Key]:
    at = "costOptimization"
    yield Key(
        f"{at}.enabled",
        Flag(),
        "budget.enabled",
        "Whether the limits below hold.",
        optional=False,
        acts=False,
        guard="stays true",
    )
    yield Key(
        f"{at}.maxCostPerRequest",
        Money(),
        "budget.max_cost_per_request",
        "US dollars one run may cost.",
        acts=False,
        guard="lowest",
    )
    yield Key(
        f"{at}.preferredProviders",
        _CHAIN,
        "budget.preferred_providers",
        "Providers to prefer where the cost is alike.",
        optional=False,
        acts=False,
    )
    for period, field in (("daily", "day"), ("monthly", "month")):
        yield Key(
            f"{at}.budgetLimits.{period}",
            Money(),
            f"budget.{period}",
            f"US dollars a {field}, counted in UTC.",
            acts=False,
            guard="lowest",
        )


def _defaults() -> Iterable[Key]:
    at = "defaults"
    yield Key(
        f"{at}.agent",
        Text(),
        "defaults.agent",
        "The agent without --agent.",
        "AGENTIC_FLOW_AGENT",
        optional=False,
    )
    yield Key(
        f"{at}.model",
        Text(),
        "defaults.model",
        "The model without --model, as PROVIDER/MODEL.",
        "AGENTIC_FLOW_MODEL",
    )
    yield Key(
        f"{at}.priority",
        Choice(tuple(Priority), Priority),
        "defaults.priority",
        "What --auto-route gives up last.",
        guard="stays privacy",
    )
    yield Key(
        f"{at}.temperature",
        Number(0, 2),
        "defaults.temperature",
        "0 is deterministic; null: the agent's own.",
    )
    yield Key(f"{at}.maxTokens", Whole(1, 10_000_000), "defaults.max_tokens", "Longest answer, in tokens.")
    yield Key(f"{at}.timeout", Duration(), "defaults.timeout", "Time for a whole run.")
    yield Key(
        f"{at}.outputDir",
        Text("a path"),
        "defaults.output_dir",
        "Where files are written; in a project file, a folder of the project.",
        starts_at="project",
    )


def _all() -> Iterable[Key]:
    yield Key("$schema", Tolerated(), "", "For editors.")
    yield Key("version", Tolerated(), "", "For your own use.")
    yield from _remote("anthropic", "Anthropic")
    yield from _remote("openrouter", "OpenRouter")
    yield Key(
        "providers.openrouter.siteURL",
        Text("a URL"),
        "openrouter.site_url",
        "Your site, as OpenRouter lists it.",
        "OPENROUTER_SITE_URL",
    )
    yield Key(
        "providers.openrouter.appName",
        Text(),
        "openrouter.app_name",
        "Your program, as OpenRouter lists it.",
        "OPENROUTER_APP_NAME",
    )
    yield Key(
        "providers.openrouter.fallbackModels",
        ListOf(Text()),
        "openrouter.fallback_models",
        "Full ids that OpenRouter tries itself, in order, when the model asked for fails.",
        optional=False,
    )
    yield Key(
        "providers.openrouter.preferences",
        _PREFERENCES,
        "openrouter.preferences",
        "Which of its own providers OpenRouter may use; sent as it is.",
        optional=False,
        guard="stays",
    )
    yield from _onnx()
    yield from _choosing()
    yield from _money()
    yield from _defaults()


KEYS: Mapping[str, Key] = {key.path: key for key in _all()}
SECTIONS = frozenset(
    ".".join(parts[:depth]) for parts in (path.split(".") for path in KEYS) for depth in range(1, len(parts))
)


def below(section: str) -> tuple[str, ...]:
    """Return the names that may stand directly in a section, in the table's order; "" is the whole file."""
    start = f"{section}." if section else ""
    names = (path[len(start) :].split(".")[0] for path in (*KEYS, *SECTIONS) if path.startswith(start))
    return tuple(dict.fromkeys(names))
