"""Everything the configuration says, typed. `config` makes these; past it there are no raw dictionaries."""

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from pathlib import Path

from agentic_flow.core.frozen import frozen
from agentic_flow.core.pricing import Price
from agentic_flow.core.values import Priority


@frozen
class Secret:
    """A key that does not print. `reveal()` is for the one line that sends it."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """Return the key itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__


@frozen
class Places:
    """The folders a run may touch besides its output folder. All absolute; none need exist yet."""

    project: Path
    """The folder of the project config, else the working folder."""
    user_config: Path
    user_data: Path
    user_cache: Path
    models: Path
    """Where weights live: `--models-dir`, `AGENTIC_FLOW_MODELS_DIR`, else in the user's cache folder."""


@frozen
class RemoteSettings:
    """`providers.anthropic` and `providers.openrouter`."""

    enabled: bool = True
    api_key: Secret | None = None
    key_problem: str | None = None
    """Why the key that the environment or `.env` holds is none. Only this provider is out for it."""
    base_url: str = ""
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    """Tier (`fast`, `balanced`, `powerful`, `coding`) to model id."""
    default_model: str = "balanced"
    """A tier, an alias or a full id."""
    thinking: str | None = None
    """`off`, `low`, `medium` or `high`: how hard a model is to think; None leaves it to the model."""
    site_url: str | None = None
    """OpenRouter: the page that calls are counted for (`OPENROUTER_SITE_URL`)."""
    app_name: str | None = None
    """OpenRouter: the name on that page (`OPENROUTER_APP_NAME`)."""
    fallback_models: tuple[str, ...] = ()
    """OpenRouter: full ids that it tries itself, in order, when the model asked for fails."""
    preferences: Mapping[str, object] = field(default_factory=dict[str, object])
    """OpenRouter: which of its own providers may serve (`order`, `only`, `max_price`, ...), sent as it is."""
    unsaid: tuple[Secret, ...] = ()
    """Other providers' keys: nobody sends them there, and where its words hold one it is not shown."""


@frozen
class OnnxSettings:
    """`providers.onnx` together with `optimization.onnx`."""

    enabled: bool = True
    model_path: Path | None = None
    execution_provider: str = "cpu"
    threads: int | None = None
    """None: one per physical core this process may use."""
    default_model: str = "default"
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    memory_limit: int | None = None
    """Bytes; None: what is free."""
    quantization: str | None = None
    """`INT4`, `INT8` or `FP16`: which of a model's variants."""
    batch_size: int = 8
    """The most answers that are made together where there are many tasks."""
    grammar: bool | None = None
    """Hold file replies to their form, and to the files a task names, by a grammar. None: on."""
    cache_enabled: bool | None = None
    """Whether local answers are kept. None: as `optimization.caching` says."""
    cache_max_size: int | None = None
    """Bytes that all kept answers may take together."""


@frozen
class Rule:
    """One of `routing.rules`."""

    condition: str
    provider: str
    model: str | None
    reason: str


@frozen
class RoutingSettings:
    """`routing`."""

    strategy: str = "balanced"
    rules: tuple[Rule, ...] = ()
    target_strong_share: float | None = None
    """How many of the latest tasks, 0 to 1, cost-optimized gives to the strongest model."""


@frozen
class FallbackSettings:
    """`fallback`, and `routing.fallbackChain`, its short form."""

    enabled: bool = True
    chain: tuple[str, ...] = ()
    chosen: bool = True
    """Whether the chain is somebody's wish, and not only what ships."""
    retry_attempts: int = 3
    backoff_ms: int = 1000


@frozen
class CacheSettings:
    """`optimization.caching`."""

    enabled: bool = False
    strategy: str = "LRU"
    max_entries: int = 1000
    sampled: bool = False
    """Whether also answers drawn at a temperature above 0 are kept."""


@frozen
class BudgetSettings:
    """`costOptimization`. Amounts are US dollars."""

    enabled: bool = False
    max_cost_per_request: Decimal | None = None
    preferred_providers: tuple[str, ...] = ()
    daily: Decimal | None = None
    monthly: Decimal | None = None
    project_daily: Decimal | None = None
    project_monthly: Decimal | None = None


@frozen
class HistorySettings:
    """`history`."""

    log: bool = True
    """False: numbers are kept, words are not."""
    keep_days: int | None = None
    """None: for ever."""
    max_size: int = 2 * 10**9
    """Bytes of the ledger's file."""


@frozen
class PriceSettings:
    """`prices`."""

    own: Mapping[str, Price] = field(default_factory=dict[str, Price])
    """`provider/model` to what it costs, said by the person: it wins over every list."""


@frozen
class Defaults:
    """`defaults`: what a run does where neither a flag nor the template says."""

    agent: str = "coder"
    model: str | None = None
    priority: Priority | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    timeout: float | None = None
    output_dir: Path | None = None
    """Absolute."""
    checks: tuple[str, ...] = ()
    """Commands that every file answer must pass, as the person's own configuration has them."""


@frozen
class ProjectChecks:
    """Check commands that a project's configuration asks for. They run only where the project is trusted."""

    commands: tuple[str, ...]
    file: Path


@frozen
class Settings:
    """The whole configuration, merged: flag > environment > project > user > shipped."""

    places: Places
    anthropic: RemoteSettings
    openrouter: RemoteSettings
    onnx: OnnxSettings
    routing: RoutingSettings
    fallback: FallbackSettings
    cache: CacheSettings
    budget: BudgetSettings
    defaults: Defaults
    prices: PriceSettings = PriceSettings()
    history: HistorySettings = HistorySettings()
    project_checks: ProjectChecks | None = None
    warnings: tuple[str, ...] = ()
    """What was accepted with a remark: a rule that never holds, a retired name."""
