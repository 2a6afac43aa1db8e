"""A GGUF file -> what it holds, or a model folder for the runtime. Heavy libraries load when used."""

from agentic_flow.weights.gguf.importing import import_gguf
from agentic_flow.weights.gguf.inspecting import GgufSummary, inspect_gguf

__all__ = ["GgufSummary", "import_gguf", "inspect_gguf"]
