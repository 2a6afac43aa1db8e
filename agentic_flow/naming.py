"""A model's name as a person writes it -> the one target it stands for. Pure: tables, no look-ups.

`provider/model`, where model is a full id, a tier (`fast`, `balanced`, `powerful`, `coding`), an alias
(`sonnet`, `opus`, `haiku`) or `default`; a provider alone means its default. `sonnet`, `claude-...` and the
names of local models (`phi-4`) need no provider. A retired name leads to its nearest successor.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date
from difflib import get_close_matches

from agentic_flow.core.errors import UnknownModel
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import ANTHROPIC, HOSTED, LOCAL, OPENROUTER
from agentic_flow.core.patterns import pattern
from agentic_flow.core.settings import RemoteSettings, Settings
from agentic_flow.core.values import Named, Target

TIERS = ("fast", "balanced", "powerful", "coding")
_NOTICE_DAYS = 60

# As of 22 November 2026. https://platform.claude.com/docs/en/about-claude/model-deprecations
CURRENT: Mapping[str, str] = {
    "opus": "claude-opus-5-5",
    "sonnet": "claude-sonnet-5-5",
    "haiku": "claude-haiku-5-5",
}


@frozen
class _Claude:
    """What a Claude model is called, whatever the spelling: claude-3-5-sonnet-20241022, claude-opus-4.1."""

    family: str
    major: int
    minor: int


_RETIRED: Mapping[_Claude, date] = {
    _Claude("haiku", 1, 0): date(2024, 11, 6),  # claude-instant-1
    _Claude("sonnet", 2, 0): date(2025, 7, 21),  # claude-2
    _Claude("sonnet", 2, 1): date(2025, 7, 21),
    _Claude("sonnet", 3, 0): date(2025, 7, 21),
    _Claude("sonnet", 3, 5): date(2025, 10, 28),
    _Claude("opus", 3, 0): date(2026, 1, 5),
    _Claude("sonnet", 3, 7): date(2026, 2, 19),
    _Claude("haiku", 3, 5): date(2026, 2, 19),
    _Claude("haiku", 3, 0): date(2026, 4, 20),
    _Claude("opus", 4, 0): date(2026, 6, 15),
    _Claude("sonnet", 4, 0): date(2026, 6, 15),
    _Claude("opus", 4, 1): date(2026, 8, 5),
    _Claude("sonnet", 4, 5): date(2026, 11, 30),
}
# Others that OpenRouter no longer lists, with what their makers name as successor.
_SUCCESSORS: Mapping[str, str] = {
    "deepseek/deepseek-coder-33b-instruct": "deepseek/deepseek-v4.1-flash",
    "deepseek/deepseek-coder": "deepseek/deepseek-v4.1-flash",
    "deepseek-coder": "deepseek/deepseek-v4.1-flash",
    "google/gemini-pro": "google/gemini-3.8-flash",
    "google/gemini-pro-1.5": "google/gemini-3.8-flash",
}
_NEW_STYLE = pattern(r"claude-(opus|sonnet|haiku)-(\d{1,2})(?:[-.](\d{1,2}))?(?:-(?:\d{8}|latest))?")
_OLD_STYLE = pattern(r"claude-(\d{1,2})(?:[-.](\d{1,2}))?-(opus|sonnet|haiku)(?:-(?:\d{8}|latest))?")
_OLDEST = pattern(r"claude-(instant-1|2)(?:\.(\d))?")


@frozen
class Names:
    """What names may stand for: the settings, the local models' names, and what day it is."""

    settings: Settings
    local: Mapping[str, str]
    """Every name a local model answers to, `default` and aliases included, to its own."""
    today: date
    verbatim: Collection[str] = ()
    """Providers whose models are named freely, such as one that plays a script."""


def resolve(name: str, names: Names) -> Named:
    """Return what `name` stands for. Raises `UnknownModel` with what would do."""
    provider, slash, model = name.strip().partition("/")
    if provider in names.verbatim and slash:
        return Named(Target(provider, model))
    if provider in HOSTED:
        return _hosted(provider, model or "default", names)
    if provider == LOCAL:
        return _local(model or "default", names)
    if not slash and (provider.lower() in CURRENT or provider.startswith("claude-")):
        return _hosted(_claude_host(names.settings), provider, names)
    if not slash and provider.lower() in names.local and provider.lower() != "default":
        return _local(provider, names)
    raise _unknown(name.strip(), names)


def _hosted(provider: str, model: str, names: Names) -> Named:
    if provider == ANTHROPIC and model.partition("/")[0] in (*HOSTED, LOCAL) and "/" in model:
        raise UnknownModel(
            f"{provider} has no model {model!r}, which names a provider; did you mean {model}?"
        )
    settings = names.settings.anthropic if provider == ANTHROPIC else names.settings.openrouter
    named = settings.default_model if model == "default" else model
    if named in TIERS:
        named = _tier(provider, named, settings)
    elif named == "default":
        named = _tier(provider, "balanced", settings)
    if alias := CURRENT.get(named.lower()):
        return Named(Target(provider, _spelled(alias, provider)))
    if provider == OPENROUTER and named == "auto":
        named = "openrouter/auto"  # OpenRouter's own router, which choosing a free name would hide
    current, warning = _current(provider, named, names.today)
    warning = warning or _doubt(provider, named)
    return Named(Target(provider, current), (warning,) if warning else ())


def _doubt(provider: str, named: str) -> str | None:
    """Doubt an id that is a plain word: those have a dash or a maker, and a tier or an alias may be meant."""
    close = get_close_matches(named.lower(), (*TIERS, *CURRENT), n=1) if named.isalpha() else []
    if not close:
        return None
    return f"{named!r} is asked for as the id of a model; did you mean {provider}/{close[0]}?"


def _tier(provider: str, tier: str, settings: RemoteSettings) -> str:
    if model := settings.models.get(tier):
        return model
    known = ", ".join(settings.models) or "none"
    message = f"{provider} has no tier {tier!r} (it has: {known}); set providers.{provider}.models.{tier}"
    raise UnknownModel(message)


def _local(model: str, names: Names) -> Named:
    settings = names.settings.onnx
    named = settings.default_model if model == "default" else model
    named = settings.models.get(named, named)
    if named.lower() not in names.local:
        raise _unknown(f"{LOCAL}/{named}", names)
    return Named(Target(LOCAL, names.local[named.lower()]))


def _claude_host(settings: Settings) -> str:
    """Choose who serves a Claude model that was named without a provider: whoever has a key."""
    only_openrouter = settings.anthropic.api_key is None and settings.openrouter.api_key is not None
    return OPENROUTER if only_openrouter else ANTHROPIC


def _current(provider: str, model: str, today: date) -> tuple[str, str | None]:
    """Return the id to ask for, and a warning where `model` is retired or soon will be."""
    if provider == OPENROUTER:
        if model.startswith("claude-"):
            model = _spelled(model, provider)
        if successor := _SUCCESSORS.get(model):
            return successor, f"{model} is no longer served; {successor} is asked instead"
        if not model.startswith("anthropic/"):
            return model, None
    read = _read_claude(model.removeprefix("anthropic/").partition(":")[0])
    if read is None or read not in _RETIRED:
        return model, None
    end, successor = _RETIRED[read], _spelled(CURRENT[read.family], provider)
    if today >= end:
        return successor, f"{model} was retired on {end}; {successor} is asked instead"
    if (end - today).days <= _NOTICE_DAYS:
        return model, f"{model} retires on {end}; its successor is {successor}"
    return model, None


def _read_claude(model: str) -> _Claude | None:
    if found := _NEW_STYLE.fullmatch(model):
        return _Claude(found[1], int(found[2]), int(found[3] or 0))
    if found := _OLD_STYLE.fullmatch(model):
        return _Claude(found[3], int(found[1]), int(found[2] or 0))
    if found := _OLDEST.fullmatch(model):
        return _Claude("haiku", 1, 0) if found[1] != "2" else _Claude("sonnet", 2, int(found[2] or 0))
    return None


def _spelled(claude: str, provider: str) -> str:
    """Spell a Claude model's id as the provider does: claude-opus-5-5, anthropic/claude-opus-5.5."""
    if provider != OPENROUTER:
        return claude
    dotted = re.sub(r"(\d)-(\d)", r"\1.\2", claude)
    return f"anthropic/{dotted}"


def short_names() -> list[str]:
    """Return the names of hosted models that stand for others: each provider's tiers, aliases, default."""
    return [f"{provider}/{short}" for provider in HOSTED for short in (*TIERS, *CURRENT, "default")]


def _unknown(name: str, names: Names) -> UnknownModel:
    expected = "expected provider/model, where provider is anthropic, openrouter or onnx"
    return UnknownModel(f"there is no model {name!r}; {expected}; {_meant(name, names)}")


def _meant(name: str, names: Names) -> str:
    """Return what would do. What stands before the slash alone makes two names near to each other."""
    maker, slash, model = name.partition("/")
    local = [each for each in names.local if each != "default"]
    if maker == LOCAL:
        near = [f"{LOCAL}/{each}" for each in get_close_matches(model.lower(), [*local, "default"], n=1)]
    elif maker and slash and maker not in HOSTED:
        close = get_close_matches(maker.lower(), (*HOSTED, LOCAL), n=1, cutoff=0.7)
        if not close:
            return f"a model that OpenRouter serves is named openrouter/{name}"
        near = [f"{close[0]}/{model}"]
    else:
        known = [*short_names(), f"{LOCAL}/default", *(f"{LOCAL}/{each}" for each in local), *CURRENT, *local]
        near = get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else "`agentic-flow models list` shows the local ones"
