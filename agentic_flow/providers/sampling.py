"""What a prompt asks of sampling, over a model's own defaults -> the runtime's search options. Pure."""

from collections.abc import Mapping

from agentic_flow.core.values import Sampling

SearchOption = float | bool

_SEEDS = 2**31
"""The runtime keeps a seed in a signed 32-bit number."""


def search_options(
    sampling: Sampling, defaults: Mapping[str, object], length: int
) -> dict[str, SearchOption]:
    """Return options for prompts and answers of `length` tokens together.

    No temperature means the model's own way; where it names none, or the temperature is 0, the most
    likely token is taken every time.
    """
    options: dict[str, SearchOption] = {"max_length": length, "num_beams": 1, "batch_size": 1}
    temperature = sampling.temperature
    if temperature is None and defaults.get("do_sample") is True:
        temperature = _number(defaults, "temperature", 1.0)
    if not temperature:
        return options | {"do_sample": False}
    options |= {
        "do_sample": True,
        "temperature": temperature,
        "top_p": _number(defaults, "top_p", 1.0) if sampling.top_p is None else sampling.top_p,
        "top_k": _top_k(defaults),
    }
    if sampling.seed is not None:
        options["random_seed"] = sampling.seed % _SEEDS
    return options


def _top_k(defaults: Mapping[str, object]) -> float:
    """Return the model's own choice, unless it is the 1 by which greedy configs say that they are greedy."""
    own = _number(defaults, "top_k", 0)
    return own if own > 1 else 0


def _number(defaults: Mapping[str, object], name: str, otherwise: float) -> float:
    found = defaults.get(name)
    return found if isinstance(found, int | float) else otherwise
