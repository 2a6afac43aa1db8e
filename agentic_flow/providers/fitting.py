"""A provider around a provider: sends no prompt that is beyond doubt longer than the model's window."""

from collections.abc import Callable, Generator

from agentic_flow.core.errors import ContextOverflow
from agentic_flow.core.events import ProviderEvent
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt


class FittingProvider:
    """Calls `provider` where the prompt may fit a window of so many tokens.

    `least` says how few tokens of a hosted model a text may be: nobody here can count them.
    """

    def __init__(self, provider: Provider, name: str, window: int, least: Callable[[str], int]) -> None:
        self._provider = provider
        self._name = name
        self._window = window
        self._least = least

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply. Raises `ContextOverflow`, with nothing sent."""
        texts = [message.text for message in prompt.messages]
        if sum(map(len, texts)) > self._window:  # a token is a character at the least
            tokens = sum(map(self._least, texts))
            if tokens > self._window:
                raise ContextOverflow(
                    f"the prompt has {tokens:,} tokens at the very least and the context window of"
                    f" {self._name} holds {self._window:,}, the answer included; nothing was sent: give it"
                    " less context, or choose a model with a larger window"
                )
        yield from self._provider.stream(prompt)
