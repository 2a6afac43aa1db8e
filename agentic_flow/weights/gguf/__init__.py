"""A GGUF file -> a model folder for the runtime. Heavy libraries load when used."""

from agentic_flow.weights.gguf.importing import import_gguf

__all__ = ["import_gguf"]
