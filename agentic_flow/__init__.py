"""A command-line agent runner: a task meets an agent, a model answers, files are written safely.

As a library: `from agentic_flow import ModelRouter`. It is loaded when it is touched, not before.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentic_flow.core.errors import FlowError
    from agentic_flow.library import ChatReply, ChatRequest, ChatStream, ModelRouter

__version__ = "0.1.0"

__all__ = ["ChatReply", "ChatRequest", "ChatStream", "FlowError", "ModelRouter", "__version__"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    return getattr(
        import_module("agentic_flow.core.errors" if name == "FlowError" else "agentic_flow.library"), name
    )
