"""A real ledger of which one method fails."""

from collections.abc import Callable
from dataclasses import dataclass, field

from agentic_flow.ledger import Ledger


@dataclass
class Failing:
    """A real ledger of which one method fails so many times, before its work or `after` it is done."""

    ledger: Ledger
    method: str
    failure: BaseException
    times: int = 1
    after: bool = False
    asked: list[str] = field(default_factory=list[str])

    def __getattr__(self, name: str) -> Callable[..., object]:
        real: Callable[..., object] = getattr(self.ledger, name)

        def failing(*words: object) -> object:
            self.asked.append(name)
            fails = name == self.method and self.asked.count(name) <= self.times
            if fails and not self.after:
                raise self.failure
            answer = real(*words)
            if fails:
                raise self.failure
            return answer

        return failing
