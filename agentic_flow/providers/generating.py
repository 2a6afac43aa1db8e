"""What answers are made with: a loaded model, and one sequence of tokens in the making."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from agentic_flow.providers.sampling import SearchOption
from agentic_flow.providers.waiting import Deadline


class Generation(Protocol):
    """One sequence of tokens: what was read, then what was made."""

    def read(self, tokens: Sequence[int]) -> None:
        """Take tokens in, after those made so far. Raises `Interrupt` when another thread asked for it."""
        ...

    def make(self) -> int:
        """Make the next token."""
        ...

    def likeliest(self) -> Sequence[tuple[int, float]]:
        """Return the two tokens that may come next by their scores, the likeliest first."""
        ...

    def take_back(self, count: int = 1) -> None:
        """Forget the tokens that were made last. What comes next must be read."""
        ...

    def interrupt(self) -> None:
        """End what another thread does here, soon. It cannot be used again."""
        ...

    def close(self) -> None:
        """Give its memory back."""
        ...


class Model(Protocol):
    """A loaded model. Threads may share it."""

    @property
    def reads_on(self) -> bool:
        """Whether a generation can read more than once."""
        ...

    def begin(
        self, search: Mapping[str, SearchOption], grammar: str | None, deadline: Deadline
    ) -> Generation:
        """Set up one answer, when it is its turn and there is memory for it.

        `grammar` is in llguidance's Lark dialect. Raises `NotEnoughMemory` and `LimitReached`.
        """
        ...

    def remarks(self) -> list[str]:
        """Return, once, what a person should know of how answers are made."""
        ...

    def close(self) -> None:
        """Give the memory back. Its generations must be closed before."""
        ...
