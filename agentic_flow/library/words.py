"""Sentences made for a command line -> the same for a caller: `--max-tokens` is `max_tokens` here."""

from agentic_flow.core.errors import FlowError
from agentic_flow.core.patterns import pattern
from agentic_flow.library.requests import ChatRequest

_OPTION = pattern(rf"--({'|'.join(name.replace('_', '-') for name in ChatRequest.__annotations__)})\b")


def told(text: str) -> str:
    """Name what a request has by the names that a request has."""
    return _OPTION.sub(lambda option: f"`{option[1].replace('-', '_')}`", text)


def retell(failure: FlowError) -> None:
    """Tell the failure's own sentence so."""
    failure.args = (told(str(failure)),)
