"""Settings, a task -> which limits hold, and who pays for the calls of a run."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from agentic_flow.core.budgets import EVERYTHING, Ceiling, Limit, Period, PlannedCall, Reservation, Room
from agentic_flow.core.errors import Interrupted, LedgerProblem, OverBudget
from agentic_flow.core.events import Finished, cost_of
from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import OPENROUTER
from agentic_flow.core.ports import Ledger
from agentic_flow.core.pricing import Price
from agentic_flow.core.remembered import Origin, PaidAnswer
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Prompt, Target, Task, Usage
from agentic_flow.core.waiting import NAP

if TYPE_CHECKING:
    from agentic_flow.providers.recording import Booking, Settlement

LEAST_TOKENS = 256
"""A limit may shorten an answer to this many tokens: fewer are paid for and of no use."""
_MESSAGE_TOKENS = 16
"""What a message costs beside its words: roles, marks, the provider's own preamble."""


def limits_of(settings: Settings, task: Task, run_id: str, *, patient: bool = False) -> tuple[Limit, ...]:
    """Return every cost limit that holds for a run; `patient` if it is one of a batch, which has time."""
    return tuple(_limits(settings, task.max_cost, f"run:{run_id}", patient=patient))


def _limits(
    settings: Settings, max_cost: Decimal | None, run: str, *, patient: bool = False
) -> Iterator[Limit]:
    if max_cost is not None:
        yield Limit(max_cost, "the run's --max-cost", "--max-cost", run)
    budget = settings.budget
    if not budget.enabled:
        return
    at, project = "costOptimization", str(settings.places.project)
    if budget.max_cost_per_request is not None:
        yield Limit(
            budget.max_cost_per_request, "the run's maxCostPerRequest", f"{at}.maxCostPerRequest", run
        )
    at = f"{at}.budgetLimits"
    for amount, name, key, scope, period in (
        (budget.daily, "the daily budget", "daily", EVERYTHING, Period.DAY),
        (budget.monthly, "the monthly budget", "monthly", EVERYTHING, Period.MONTH),
        (budget.project_daily, "this project's daily budget", "project.daily", project, Period.DAY),
        (budget.project_monthly, "this project's monthly budget", "project.monthly", project, Period.MONTH),
    ):
        if amount is not None:
            yield Limit(amount, name, f"{at}.{key}", scope, period, patient)


def open_ledger(settings: Settings, limits: Sequence[Limit]) -> Ledger:
    """Return the ledger; where a limit holds, a damaged one is not replaced."""
    with _OPENING:
        return _ledger(settings.places.user_data, mend=not limits)


def open_common_ledger(settings: Settings, limits: Sequence[Limit]) -> Ledger:
    """Return the ledger for many runs, for which `limits` hold beside those of the settings."""
    return open_ledger(settings, (*limits, *_limits(settings, None, "")))


_OPENING = Lock()
"""`cache` alone would let threads that come at once open one each."""


@cache  # one connection serves all runs of a process
def _ledger(folder: Path, *, mend: bool) -> Ledger:
    from agentic_flow.ledger import Ledger as LedgerFile

    return LedgerFile(folder, mend=mend)


@frozen
class Retention:
    """Which answers of a run outlive it where it is killed: those of a batch's task."""

    origin: Origin
    begun: bool
    """Whether the task may have been begun before."""
    harmless: Callable[[str], bool]
    """Whether a text holds no key."""

    def question(self, target: Target, prompt: Prompt) -> str:
        """Return what an answer is known by."""
        from agentic_flow.providers.kept.question import question

        return question(target, prompt).key({})

    def answer(self, question: str, end: "Settlement") -> PaidAnswer | None:
        """Return what is kept of a call; None for what is no whole answer, or must not be kept."""
        from agentic_flow.providers.kept.answers import is_unicode

        last = end.last
        if not isinstance(last, Finished) or not is_unicode(end.text) or not self.harmless(end.text):
            return None
        return PaidAnswer(
            origin=self.origin,
            question=question,
            text=end.text,
            stop_reason=last.stop_reason,
            model=last.model,
            usage=last.usage,
            cost_usd=last.cost_usd,
        )


@frozen
class RunAccount:
    """Pays for the calls of one target in one run."""

    ledger: Ledger
    call: PlannedCall
    limits: tuple[Limit, ...]
    served_by: tuple[Target, ...]
    """Every model that may answer: OpenRouter may turn to others itself."""
    price: Callable[[Target], Price | None]
    max_tokens: int
    """The longest answer that the provider asks for where the prompt names none."""
    retention: Retention | None = None

    def recall(self, prompt: Prompt) -> PaidAnswer | None:
        """Return the answer that was paid for before and not used, where there is one."""
        kept = self.retention
        if kept is None or not kept.begun:
            return None
        with suppress(LedgerProblem):  # then it is asked for again
            question = kept.question(self.call.target, prompt)
            return self.ledger.recall(kept.origin, question, self.call.run_id)
        return None

    def reserve(self, prompt: Prompt) -> "Booking":
        """Set the most that the call can cost aside. Raises `OverBudget` where a limit leaves too little."""
        from agentic_flow.providers.recording import Booking

        wanted = prompt.sampling.max_tokens or self.max_tokens
        ceiling = self._ceiling(prompt, wanted)
        try:
            kept = self._set_aside(ceiling, prompt.timeout)
        except LedgerProblem as problem:
            if self.limits:
                raise LedgerProblem(
                    f"{problem}. {_sentence(self.limits[0].name)} holds, and without the ledger nobody knows"
                    " what has been spent, so nothing was sent",
                    damaged=problem.damaged,
                ) from problem
            return Booking(None, wanted, (f"{problem}; the cost of this call is not kept",))
        keeps = self.retention
        question = None if keeps is None else keeps.question(self.call.target, prompt)
        return Booking(kept.number, kept.tokens, tuple(_shortened(kept, wanted)), question)

    def _set_aside(self, ceiling: Ceiling, seconds: float | None) -> Reservation:
        """Reserve; where calls under way hold what is missing of a patient limit, wait for them."""
        end = None if seconds is None else time.monotonic() + seconds
        while True:
            try:
                return self.ledger.reserve(self.call, ceiling, self.limits)
            except OverBudget as full:
                if not full.passing or (end is not None and time.monotonic() + NAP >= end):
                    raise
            time.sleep(NAP)

    def sent(self, booking: "Booking") -> None:
        """Note that the request is on its way."""
        if booking.number is None:
            return
        try:
            self.ledger.sent(booking.number)
        except LedgerProblem:
            if self.limits:
                raise

    def settle(self, booking: "Booking", end: "Settlement") -> tuple[str, ...]:
        """Let what the call cost count. Returns what a person should know; never fails."""
        if booking.number is None:
            return ()
        try:
            self._settle(booking.number, end, booking.question)
        except Interrupted:  # once more: the next signal ends the process
            with suppress(LedgerProblem):
                self._settle(booking.number, end, booking.question)
            raise
        except LedgerProblem as problem:
            return (f"{problem}; the call counts as the most it could have cost",)
        return ()

    def _settle(self, number: int, end: "Settlement", question: str | None) -> None:
        if end.unbilled:
            self.ledger.release(number)
            return
        kept = None if self.retention is None or question is None else self.retention.answer(question, end)
        self.ledger.settle(number, self._cost(end), end.usage, kept)

    def _cost(self, end: "Settlement") -> Decimal | None:
        """Return what the call cost; None where nobody can tell."""
        price = self.price(self.call.target)

        def priced(usage: Usage) -> Decimal | None:
            return price.cost(usage) if price is not None and usage.known else None

        return None if end.last is None else cost_of(end.last, priced)

    def _ceiling(self, prompt: Prompt, wanted: int) -> Ceiling:
        from agentic_flow.analysis import most_tokens

        size = sum(_MESSAGE_TOKENS + most_tokens(message.text) for message in prompt.messages)
        per_prompt = per_token = Decimal(0)
        for target in self.served_by:
            price = self.price(target)
            if price is None:
                if self.limits:
                    raise OverBudget(_unpriced(target, self.limits[0]))
                continue
            per_prompt = max(per_prompt, price.worst(size, 0))
            per_token = max(per_token, price.worst(size, 1) - price.worst(size, 0))
        return Ceiling(per_prompt, per_token, wanted, min(wanted, LEAST_TOKENS))


def _shortened(kept: Reservation, wanted: int) -> Iterator[str]:
    if kept.tightest is not None:
        yield f"the answer may have {kept.tokens:,} tokens, not {wanted:,}: {kept.tightest}"


def _unpriced(target: Target, limit: Limit) -> str:
    listed = target.provider == OPENROUTER  # Anthropic's list has no prices
    ask = f"ask for it with `agentic-flow models list --provider {target.provider}`, " if listed else ""
    return (
        f"the price of {target} is not known, and {limit.name} holds ({limit.setting}): {ask}say what it"
        f" costs under `prices` in your configuration, choose a model whose price is known, or lift the limit"
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def room_for(settings: Settings, task: Task) -> Room | None:
    """Return what the tightest limit leaves for a run that has not begun; None without a limit.

    Raises `LedgerProblem`.
    """
    limits = limits_of(settings, task, "")
    return open_ledger(settings, limits).room(limits) if limits else None


def may_serve(target: Target, settings: Settings) -> tuple[Target, ...]:
    """Return every model that may answer a call of `target`: OpenRouter may turn to others itself."""
    others = settings.openrouter.fallback_models if target.provider == OPENROUTER else ()
    return (target, *(Target(target.provider, model) for model in others))
