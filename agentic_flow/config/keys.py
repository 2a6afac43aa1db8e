"""The table of everything the configuration can say: name, kind, field of `Settings`, meaning."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Literal

from agentic_flow.config.amounts import Duration, Money, Number, Size, Whole
from agentic_flow.config.compound import ListOf, MapOf, Row
from agentic_flow.config.kinds import Choice, Flag, Kind, SecretText, Text, Tolerated
from agentic_flow.config.rules import ConditionText, RuleList
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import HOSTED, PROVIDERS
from agentic_flow.core.pricing import Price, Rate
from agentic_flow.core.settings import Rule
from agentic_flow.core.values import Priority

TIERS = ("fast", "balanced", "powerful", "coding")
STRATEGIES = ("cost-optimized", "balanced", "quality", "speed", "privacy")
EXECUTION_PROVIDERS = ("cpu", "cuda", "dml", "openvino", "qnn", "rocm", "tensorrt", "vitisai", "webgpu")

Guard = Literal["own", "lowest", "stays", "stays false", "stays true", "stays privacy", "put aside"]
"""How a project may change what the person's own configuration says; see `trust`."""


@frozen
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
    guard: Guard | None = None
    starts_at: Literal["file", "output"] | None = None
    """For a path: where a relative one begins. `file`: the folder of the file that says it; `output`: the
    project's folder where a project says it, else the working folder."""

    @property
    def limited(self) -> bool:
        """Whether a project may not say all it likes about this; see `trust`."""
        return self.into.endswith(".base_url") or self.starts_at == "output" or self.guard is not None


def _rule(fields: Mapping[str, object]) -> Rule:
    model = fields.get("model")
    return Rule(
        condition=str(fields["condition"]),
        provider=str(fields["provider"]),
        model=None if model is None else str(model),
        reason=str(fields.get("reason", "")),
    )


_ENDPOINT = Text(
    "a URL such as https://host/path, without name@, ? and #", r"^https?://[^\s/?#@\\]+(/[^\s?#\\]*)?$"
)
_PAGE = Text("a URL such as https://host/path", r"^https?://[!-~]+$")
_ASCII = Text("a text in ASCII characters", r"^(?=.*\S)[ -~]+$")
_PATH = Text("a path")
_PROVIDER = Choice(PROVIDERS)
_CHAIN = ListOf(_PROVIDER)
_RULES = RuleList(
    Row(
        fields={"condition": ConditionText(), "provider": _PROVIDER, "model": Text(), "reason": Text()},
        required=("condition", "provider"),
        make=_rule,
    )
)
_PREFERENCES = Row(
    fields={
        **dict.fromkeys(("order", "only", "ignore", "quantizations"), ListOf(Text())),
        **dict.fromkeys(("allow_fallbacks", "require_parameters", "zdr"), Flag()),
        "sort": Choice(("price", "throughput", "latency")),
        "data_collection": Choice(("allow", "deny")),
        "max_price": Row(
            dict.fromkeys(("prompt", "completion", "request", "image"), Number(0, 10**6)), (), dict
        ),
    },
    required=(),
    make=dict,
)
"""The `provider` object of a request: https://openrouter.ai/docs/features/provider-routing."""


def _own_price(fields: Mapping[str, object]) -> Price:
    usual = fields["input"]
    said = (usual, fields["output"], fields.get("cacheRead", usual), fields.get("cacheWrite", usual))
    fresh, output, read, write = (Rate(Decimal(str(amount))) for amount in said)
    return Price(fresh, output, read, write)


_HOSTED_MODEL = Text(
    "PROVIDER/MODEL, where PROVIDER is anthropic or openrouter", rf"^({'|'.join(HOSTED)})/\S+$"
)
_PRICE = Row(
    fields=dict.fromkeys(("input", "output", "cacheRead", "cacheWrite"), Money()),
    required=("input", "output"),
    make=_own_price,
)


def _remote(name: str, title: str) -> Iterator[Key]:
    at, env = f"providers.{name}", name.upper()
    yield Key(
        f"{at}.enabled", Flag(), f"{name}.enabled", f"Whether {title} may be used.", guard="stays false"
    )
    doc = f"Your key, best written as ${{{env}_API_KEY}}."
    yield Key(f"{at}.apiKey", SecretText(), f"{name}.api_key", doc, f"{env}_API_KEY")
    doc = f"Where {title} answers: https, or http on this machine. A project's file can only repeat it."
    yield Key(f"{at}.baseURL", _ENDPOINT, f"{name}.base_url", doc, f"{env}_BASE_URL")
    yield from _models(name)
    doc = f"The model where only {title} is named: a tier, an alias or an id."
    yield Key(f"{at}.defaultModel", Text(), f"{name}.default_model", doc)
    doc = "How hard a model that can is to think before it answers; else the model's own way."
    yield Key(f"{at}.thinking", Choice(("off", "low", "medium", "high")), f"{name}.thinking", doc)


def _models(name: str) -> Iterator[Key]:
    for tier in TIERS:
        doc = f"The model that {name}/{tier} stands for."
        yield Key(f"providers.{name}.models.{tier}", Text(), f"{name}.models.{tier}", doc)


def _openrouter() -> Iterator[Key]:
    at = "providers.openrouter"
    doc = "The page that calls are counted for."
    yield Key(f"{at}.siteURL", _PAGE, "openrouter.site_url", doc, "OPENROUTER_SITE_URL")
    doc = "The name on that page."
    yield Key(f"{at}.appName", _ASCII, "openrouter.app_name", doc, "OPENROUTER_APP_NAME")
    doc = "Full ids that OpenRouter tries itself, in order, when the model asked for fails."
    yield Key(f"{at}.fallbackModels", ListOf(Text()), "openrouter.fallback_models", doc)
    doc = "Which of its own providers OpenRouter may use; sent as it is."
    yield Key(f"{at}.preferences", _PREFERENCES, "openrouter.preferences", doc, guard="stays")


def _onnx() -> Iterator[Key]:
    at = "providers.onnx"
    yield Key(
        f"{at}.enabled", Flag(), "onnx.enabled", "Whether local models may be used.", guard="stays false"
    )
    doc = "A model of your own: its folder, or a file in it."
    yield Key(f"{at}.modelPath", _PATH, "onnx.model_path", doc, starts_at="file")
    doc = "What computes; anything but cpu needs a runtime built for it."
    yield Key(f"{at}.executionProvider", Choice(EXECUTION_PROVIDERS), "onnx.execution_provider", doc)
    yield Key(
        f"{at}.threads", Whole(1, 1024), "onnx.threads", "Threads that compute; else one a physical core."
    )
    yield from _models("onnx")
    doc = "The local model where none is named: a name of `models list`."
    yield Key(f"{at}.defaultModel", Text(), "onnx.default_model", doc)
    doc = "Hold file replies to their form by a grammar; else where that was measured to be better."
    yield Key(f"{at}.grammar", Flag(), "onnx.grammar", doc)
    doc = "Whether local answers are kept to be used again; else as optimization.caching.enabled says."
    yield Key(f"{at}.cache.enabled", Flag(), "onnx.cache_enabled", doc)
    doc = "Room for all kept answers together."
    yield Key(f"{at}.cache.maxSize", Size(), "onnx.cache_max_size", doc)
    at = "optimization.onnx"
    doc = "Which variant of a local model, where it has several."
    yield Key(f"{at}.quantization", Choice(("INT4", "INT8", "FP16")), "onnx.quantization", doc)
    doc = "The most memory a local model may take; else what is free."
    yield Key(f"{at}.memoryLimit", Size(), "onnx.memory_limit", doc)
    doc = "The most answers that a local model makes together, in a batch."
    yield Key(f"{at}.batchSize", Whole(1, 256), "onnx.batch_size", doc)


def _choosing() -> Iterator[Key]:
    doc = "What --auto-route weighs most; privacy never leaves the machine."
    yield Key("routing.strategy", Choice(STRATEGIES), "routing.strategy", doc, guard="stays privacy")
    doc = "Tried in order by --auto-route: the first match wins, `default` last."
    yield Key("routing.rules", _RULES, "routing.rules", doc)
    doc = "The share of the latest tasks, 0 to 1, that cost-optimized gives to the strongest model."
    yield Key("routing.targetStrongShare", Number(0, 1), "routing.target_strong_share", doc)
    doc = "Whether another provider answers when one cannot."
    yield Key("fallback.enabled", Flag(), "fallback.enabled", doc)
    doc = "Providers in the order they are tried. Where you set none, a strategy you ask for has its own."
    yield Key("fallback.chain", _CHAIN, "fallback.chain", doc)
    yield Key("routing.fallbackChain", _CHAIN, "fallback.chain", "The short form of fallback.chain.")
    doc = "Further tries of one provider; at most one after what may have been billed (500, read timeout)."
    yield Key("fallback.retryAttempts", Whole(0, 20), "fallback.retry_attempts", doc)
    doc = "Milliseconds before the second try; doubled for each further one."
    yield Key("fallback.backoffMs", Whole(0, 600_000), "fallback.backoff_ms", doc)
    at = "optimization.caching"
    doc = "Whether whole answers are kept, and given again to the same prompt (--cache, --no-cache)."
    yield Key(f"{at}.enabled", Flag(), "cache.enabled", doc)
    doc = "Which kept answers go first: the least recently used."
    yield Key(f"{at}.strategy", Choice(("LRU",)), "cache.strategy", doc)
    yield Key(f"{at}.maxEntries", Whole(1, 10**7), "cache.max_entries", "How many answers are kept.")
    doc = "Whether also answers drawn at a temperature above 0 are kept."
    yield Key(f"{at}.sampled", Flag(), "cache.sampled", doc)


def _money() -> Iterator[Key]:
    at = "costOptimization"
    doc = "Whether the limits below hold."
    yield Key(f"{at}.enabled", Flag(), "budget.enabled", doc, guard="stays true")
    doc = "US dollars that one run may cost."
    yield Key(f"{at}.maxCostPerRequest", Money(), "budget.max_cost_per_request", doc, guard="lowest")
    doc = "Providers in the order to prefer them where the cost is alike (within a tenth)."
    yield Key(f"{at}.preferredProviders", _CHAIN, "budget.preferred_providers", doc)
    at = f"{at}.budgetLimits"
    for period, span in (("daily", "day"), ("monthly", "month")):
        doc = f"US dollars a {span}, in UTC"
        yield Key(f"{at}.{period}", Money(), f"budget.{period}", f"{doc}.", guard="lowest")
        doc += ", for the runs of one project."
        yield Key(f"{at}.project.{period}", Money(), f"budget.project_{period}", doc, guard="lowest")


def _history() -> Iterator[Key]:
    doc = "Keep the words of runs as well: task, answer, errors. Numbers are always kept."
    yield Key("history.log", Flag(), "history.log", doc, guard="stays false")
    doc = "Days for which a run is remembered; else for ever. Totals stay. Not from a project's file."
    yield Key("history.keepDays", Whole(1, 36_500), "history.keep_days", doc, guard="own")
    doc = "Room on disk for what is remembered: beyond it the oldest runs go. Not from a project's file."
    yield Key("history.maxSize", Size(), "history.max_size", doc, guard="own")


def _prices() -> Iterator[Key]:
    doc = "US dollars a million tokens, by PROVIDER/MODEL; wins over every list. Not from a project's file."
    yield Key("prices", MapOf(_HOSTED_MODEL, _PRICE, HOSTED), "prices.own", doc, guard="own")


def _defaults() -> Iterator[Key]:
    at = "defaults"
    yield Key(f"{at}.agent", Text(), f"{at}.agent", "The agent without --agent.", "AGENTIC_FLOW_AGENT")
    doc = "The model without --model, as PROVIDER/MODEL."
    yield Key(f"{at}.model", Text(), f"{at}.model", doc, "AGENTIC_FLOW_MODEL")
    doc = "What --auto-route gives up last."
    priorities = Choice(tuple(Priority), Priority)
    yield Key(f"{at}.priority", priorities, f"{at}.priority", doc, guard="stays privacy")
    yield Key(
        f"{at}.temperature", Number(0, 2), f"{at}.temperature", "0 is deterministic; else the agent's own."
    )
    doc = (
        "Longest answer, in tokens; else 4096 of a local model, 8192 of others, more where they think first."
    )
    yield Key(f"{at}.maxTokens", Whole(1, 10**7), f"{at}.max_tokens", doc)
    yield Key(f"{at}.timeout", Duration(), f"{at}.timeout", "Time for a whole run.")
    doc = "Commands that files must pass without --check; a project's run only where it is trusted."
    yield Key(f"{at}.check", ListOf(Text()), f"{at}.checks", doc, guard="put aside")
    doc = "Where files are written; in a project's file, a folder of the project."
    yield Key(f"{at}.outputDir", _PATH, f"{at}.output_dir", doc, starts_at="output")


def _all() -> Iterator[Key]:
    yield Key("$schema", Tolerated(), "", "For editors.")
    yield Key("version", Tolerated(), "", "For your own use.")
    yield from _remote("anthropic", "Anthropic")
    yield from _remote("openrouter", "OpenRouter")
    yield from _openrouter()
    yield from _onnx()
    yield from _choosing()
    yield from _money()
    yield from _prices()
    yield from _history()
    yield from _defaults()


KEYS: Mapping[str, Key] = {key.path: key for key in _all()}
SECTIONS = frozenset(
    ".".join(parts[:depth]) for parts in (path.split(".") for path in KEYS) for depth in range(1, len(parts))
)


def below(section: str) -> tuple[str, ...]:
    """Return the names that may stand directly in a section, in the table's order; "" is the whole file."""
    start = f"{section}." if section else ""
    return tuple(dict.fromkeys(path[len(start) :].split(".")[0] for path in KEYS if path.startswith(start)))
