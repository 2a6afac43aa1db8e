"""What we ask of the outside world."""

from collections.abc import Collection, Generator, Sequence
from decimal import Decimal
from typing import Protocol

from agentic_flow.core.budgets import Ceiling, Limit, PlannedCall, Reservation, Room
from agentic_flow.core.events import ProviderEvent
from agentic_flow.core.remembered import Origin, PaidAnswer, RememberedRun, Unwritten
from agentic_flow.core.values import Prompt, Usage


class Provider(Protocol):
    """A model that answers in pieces."""

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, `Finished` last. Closing the generator hangs up.

        Raises a `FlowError` where the provider did not serve; a stream that ends without
        `Finished` was cut.
        """
        ...


class Ledger(Protocol):
    """What was spent and done, kept for all processes of a person. Each method is one transaction.

    All raise `LedgerProblem` where the file cannot be used.
    """

    def reserve(self, call: PlannedCall, ceiling: Ceiling, limits: Sequence[Limit]) -> Reservation:
        """Set aside the most that `call` can cost. Raises `OverBudget`, with nothing set aside.

        The answer may be shorter than `ceiling` asks for where a limit leaves no more.
        """
        ...

    def sent(self, number: int) -> None:
        """Note that the request of a reservation is on its way: from here on it may be billed."""
        ...

    def settle(
        self, number: int, cost: Decimal | None, usage: Usage, answer: PaidAnswer | None = None
    ) -> None:
        """Let `cost` count in the place of a reservation; None, not known, counts the whole of that.

        `answer` is what it was paid for, where that is to outlive this process.
        """
        ...

    def release(self, number: int) -> None:
        """Give a reservation back: nothing was sent, or it is not billed."""
        ...

    def room(self, limits: Sequence[Limit]) -> Room | None:
        """Return the tightest of `limits` as it stands; None without any."""
        ...

    def remember(
        self,
        run: RememberedRun,
        before: str | None = None,
        size: int | None = None,
        unwritten: Unwritten | None = None,
    ) -> Sequence[str]:
        """Keep what a run did; once more for the same id replaces it.

        Forgets a few others as `tidy` does, and returns which.

        `unwritten` is its result's line, where it is to outlive this process.
        """
        ...

    def recall(self, origin: Origin, question: str, run_id: str) -> PaidAnswer | None:
        """Return what was paid for already and answers a question; the call is that run's from now on.

        Each answer is given to a run once.
        """
        ...

    def writes(self, origin: Origin, run_id: str) -> None:
        """Note that a run is about to write files of a task, until it ends well."""
        ...

    def writer(self, origin: Origin) -> str | None:
        """Return the run of a task that may have left files behind and did not end well."""
        ...

    def written_for(self, batch: str) -> frozenset[str]:
        """Return the tasks of a batch that such runs may have left files of."""
        ...

    def unwritten(self, batch: str) -> Sequence[Unwritten]:
        """Return the lines of a batch that are not known to be in its file."""
        ...

    def answered(self, batch: str) -> Collection[Origin]:
        """Return the tasks of a batch of which an answer was paid for and no result is safe."""
        ...

    def written(self, batch: str, tasks: Collection[str]) -> None:
        """Forget lines and answers of tasks: their results are safe. It may be done a little later."""
        ...

    def abandon(self, batch: str) -> None:
        """Forget all lines and answers of a batch: nobody goes on with it."""
        ...

    def tidy(self, before: str | None, size: int | None) -> Sequence[str]:
        """Forget a few of the runs that began before a day (20261125), or that `size` bytes do not hold.

        Returns which; none when there is nothing left to forget.
        """
        ...

    def remarks(self) -> list[str]:
        """Return, once, what a person should know of what was done to the file."""
        ...
