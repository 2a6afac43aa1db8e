"""Will a model fit? A model folder, tokens, a limit and what is free -> nothing, or NotEnoughMemory. Pure."""

from agentic_flow.core.errors import NotEnoughMemory
from agentic_flow.core.frozen import frozen
from agentic_flow.providers.folder import ModelFolder

# Above all peaks measured, loading included, on the 135M, 0.5B and 1.5B models: the runtime rearranges
# weights for the processor as it loads them, and holds its own code, graph and vocabulary besides.
_WEIGHTS_IN_MEMORY = 1.2
_RUNTIME = 150_000_000


def needed_to_load(folder: ModelFolder) -> int:
    """Return the bytes that the model takes before it has read a word."""
    return int(folder.weights * _WEIGHTS_IN_MEMORY) + _RUNTIME


@frozen
class Bounds:
    """Bytes that may be taken; None: no such bound."""

    limit: int | None
    """`memoryLimit`: for model and cache together."""
    free: int | None
    """For what is still to be taken."""


def require_memory(folder: ModelFolder, name: str, tokens: int, bounds: Bounds, *, loaded: bool) -> None:
    """Raise `NotEnoughMemory` if the model with a cache for `tokens` goes beyond a bound.

    A model that is `loaded` has taken its part of what is free already.
    """
    limit, free = bounds.limit, bounds.free
    model, cache = needed_to_load(folder), folder.cache_per_token * tokens
    whole = model + cache
    if limit is not None and whole > limit:
        raise NotEnoughMemory(
            f"{name} needs {_gigabytes(whole)} ({_gigabytes(model)} of weights and runtime, "
            f"{_gigabytes(cache)} for {tokens:,} tokens) and memoryLimit is {_gigabytes(limit)}; "
            "raise optimization.onnx.memoryLimit, lower --max-tokens or choose a smaller model"
        )
    wanted = cache if loaded else whole
    if free is not None and wanted > free:
        raise NotEnoughMemory(
            f"{name} needs {_gigabytes(wanted)} of memory for {tokens:,} tokens and {_gigabytes(free)} is "
            "free; close other programs, lower --max-tokens or choose a smaller model"
        )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.2f} GB"
