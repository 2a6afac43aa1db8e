"""A provider around a provider: asks for no longer an answer than the model is able to give."""

from collections.abc import Generator
from dataclasses import replace

from agentic_flow.core.events import ProviderEvent, Warned
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt


class BoundedProvider:
    """Calls `provider` for at most `most` tokens; more would be refused, not shortened.

    `usual` is what the provider asks for where nobody says.
    """

    def __init__(self, provider: Provider, most: int, usual: int) -> None:
        self._provider = provider
        self._most = most
        self._usual = usual

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, and first a word where less is asked for than was wanted."""
        wanted = prompt.sampling.max_tokens
        if wanted is not None and wanted > self._most:
            yield Warned(
                f"{prompt.model} answers with at most {self._most:,} tokens; not asked for {wanted:,}"
            )
        bounded = min(wanted or self._usual, self._most)
        prompt = replace(prompt, sampling=replace(prompt.sampling, max_tokens=bounded))
        yield from self._provider.stream(prompt)
