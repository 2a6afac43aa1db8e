"""What we ask of the outside world."""

from collections.abc import Generator
from typing import Protocol

from agentic_flow.core.events import ProviderEvent
from agentic_flow.core.values import Prompt


class Provider(Protocol):
    """A model that answers in pieces."""

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, `Finished` last. Closing the generator hangs up.

        Raises a `FlowError` where the provider did not serve; a stream that ends without
        `Finished` was cut.
        """
        ...
