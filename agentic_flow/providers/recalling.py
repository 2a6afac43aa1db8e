"""A provider around a provider: gives again what was paid in a run that was killed before its end."""

from collections.abc import Generator

from agentic_flow.core.events import Finished, ProviderEvent, TextDelta
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt
from agentic_flow.providers.recording import Account


class RecallingProvider:
    """Says what `account` was given before, as it was said then; else asks `provider`."""

    def __init__(self, provider: Provider, account: Account) -> None:
        self._provider = provider
        self._account = account

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, `Finished` last: what it took is what it took then, and counts once."""
        paid = self._account.recall(prompt)
        if paid is None:
            yield from self._provider.stream(prompt)
            return
        yield TextDelta(paid.text)
        yield Finished(paid.usage, paid.stop_reason, paid.model, paid.cost_usd)
