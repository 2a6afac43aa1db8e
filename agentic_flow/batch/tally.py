"""Events of a batch -> what it has come to: how many of each status, words, money, time."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import assert_never

from agentic_flow.batch.events import BatchEvent, Ended, Noted, Started
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.values import RunResult, Usage

_OK = Outcome.OK.status


@dataclass(slots=True)
class Tally:
    """Counts while a batch goes on."""

    total: int | None
    """Tasks to be done, those `kept` included; None while nobody knows."""
    kept: int = 0
    """Tasks whose good results were there already."""
    clock: Callable[[], float] = time.monotonic
    statuses: Counter[str] = field(default_factory=Counter[str])
    running: int = 0
    usage: Usage = field(default_factory=Usage)
    spent: Decimal = Decimal(0)
    unpriced: int = 0
    """Tasks whose cost nobody knows; `spent` is without them."""
    first_failure: tuple[int, RunResult] | None = None
    """The line and result of the first task of the file that is not good."""
    begun: float = 0.0

    def __post_init__(self) -> None:
        self.begun = self.clock()

    def count(self, event: BatchEvent) -> None:
        """Take an event in."""
        match event:
            case Started():
                self.running += 1
            case Ended():
                self.running -= 1
                self._add(event.entry.line, event.result)
            case Noted():
                pass
            case _:
                assert_never(event)

    def _add(self, line: int, result: RunResult) -> None:
        self.statuses[result.status] += 1
        self.usage += result.usage
        if result.cost_usd is None:
            self.unpriced += 1
        else:
            self.spent += result.cost_usd
        if result.status != _OK and (self.first_failure is None or line < self.first_failure[0]):
            self.first_failure = (line, result)

    @property
    def ended(self) -> int:
        """How many tasks have ended in this process."""
        return self.statuses.total()

    @property
    def failed(self) -> int:
        """How many of them did not end well."""
        return self.ended - self.statuses[_OK]

    @property
    def seconds(self) -> float:
        """How long it has gone on."""
        return self.clock() - self.begun

    @property
    def tokens_a_second(self) -> float:
        """Words of models: output tokens of the tasks that have ended, over the time so far."""
        return self.usage.output_tokens / self.seconds if self.seconds > 0 else 0.0

    @property
    def left(self) -> int | None:
        """How many tasks have not ended; None while nobody knows."""
        return None if self.total is None else max(0, self.total - self.kept - self.ended)

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take if it goes on like this; None before anything can be said."""
        return None if self.left is None or not self.ended else self.left * self.seconds / self.ended
