"""What a call does when the ledger fails it, or a signal comes between: what is sent is counted, and once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.core.budgets import EVERYTHING, Limit, Period, PlannedCall
from agentic_flow.core.errors import Interrupted, LedgerProblem, OverBudget
from agentic_flow.core.events import Finished
from agentic_flow.core.pricing import Price, Rate
from agentic_flow.core.values import Message, Prompt, Role, Sampling, StopReason, Target, Usage
from agentic_flow.ledger import Ledger
from agentic_flow.providers.recording import Settlement
from agentic_flow.wiring.paying import RunAccount
from tests.wiring.failing import Failing

TARGET = Target("openrouter", "maker/model")
DAILY = Limit(Decimal(1), "the daily budget", "costOptimization.budgetLimits.daily", EVERYTHING, Period.DAY)
PROMPT = Prompt(TARGET.model, (Message(Role.USER, "Hello"),), Sampling(max_tokens=1000))
ANSWERED = Settlement(Finished(Usage(100, 30), StopReason.END, TARGET.model, Decimal("0.25")), unbilled=False)
NOTHING = (Decimal(0), Decimal(0))
REFUSED = Settlement(None, unbilled=True)


def account(ledger: object, *limits: Limit) -> RunAccount:
    rate = Rate(Decimal(1))
    own = Price(rate, rate, rate, rate)
    call = PlannedCall("run", TARGET, "/project", "coder")
    return RunAccount(ledger, call, limits, (TARGET,), lambda _: own, 1000)  # type: ignore[arg-type]  # a test's own


def stands(ledger: Ledger) -> tuple[Decimal, Decimal]:
    """Return what is spent and what is held today."""
    room = ledger.room([DAILY])
    assert room is not None
    return room.spent, room.held


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


FULL = LedgerProblem("the disk is full")


def test_without_the_ledger_nothing_is_sent_under_a_limit(ledger: Ledger) -> None:
    with pytest.raises(LedgerProblem, match=r"disk is full\. The daily budget holds, .* nothing was sent"):
        account(Failing(ledger, "reserve", FULL), DAILY).reserve(PROMPT)
    assert stands(ledger) == NOTHING


def test_without_the_ledger_and_without_a_limit_the_call_is_made_and_said_to_be_uncounted(
    ledger: Ledger,
) -> None:
    failing = Failing(ledger, "reserve", FULL)
    paying = account(failing)

    booking = paying.reserve(PROMPT)
    paying.sent(booking)

    assert booking.warnings == ("the disk is full; the cost of this call is not kept",)
    assert paying.settle(booking, ANSWERED) == ()
    assert failing.asked == ["reserve"]


def test_a_call_that_cannot_be_noted_as_sent_is_not_sent_under_a_limit(ledger: Ledger) -> None:
    bound, free = (account(Failing(ledger, "sent", FULL), *limits) for limits in ([DAILY], []))
    with pytest.raises(LedgerProblem):
        bound.sent(bound.reserve(PROMPT))
    free.sent(free.reserve(PROMPT))


def test_what_cannot_be_settled_counts_as_the_most_it_could_have_cost(ledger: Ledger) -> None:
    paying = account(Failing(ledger, "settle", FULL), DAILY)
    booking = paying.reserve(PROMPT)
    paying.sent(booking)

    assert paying.settle(booking, ANSWERED) == (
        "the disk is full; the call counts as the most it could have cost",
    )

    spent, held = stands(ledger)
    assert spent == 0
    assert held > Decimal("0.001")  # a thousand tokens at a dollar a million, and the prompt


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after it is done"])
@pytest.mark.parametrize(("end", "spent"), [(ANSWERED, Decimal("0.25")), (REFUSED, Decimal(0))])
def test_a_signal_while_it_is_settled_neither_loses_a_cost_nor_doubles_it(
    ledger: Ledger, end: Settlement, spent: Decimal, *, after: bool
) -> None:
    method = "release" if end.unbilled else "settle"
    paying = account(Failing(ledger, method, Interrupted("SIGINT"), after=after), DAILY)
    booking = paying.reserve(PROMPT)
    paying.sent(booking)

    with pytest.raises(Interrupted):
        paying.settle(booking, end)

    assert stands(ledger) == (spent, Decimal(0))


def test_a_model_whose_price_nobody_knows_is_not_asked_under_a_limit(ledger: Ledger) -> None:
    call = PlannedCall("run", TARGET, "/project", "coder")
    unpriced = RunAccount(ledger, call, (DAILY,), (TARGET,), lambda _: None, 1000)
    with pytest.raises(OverBudget, match=r"price of openrouter/maker/model is not known.* models list"):
        unpriced.reserve(PROMPT)
    assert stands(ledger) == NOTHING


BATCH = Limit(Decimal("0.002"), "the batch's --max-cost", "--max-cost", "batch:b", patient=True)


def test_a_call_waits_for_what_others_of_its_batch_leave(ledger: Ledger) -> None:
    first, second = account(ledger, BATCH), account(ledger, BATCH)
    under_way = first.reserve(PROMPT)
    cheap = Settlement(Finished(Usage(1, 1), StopReason.END, TARGET.model, Decimal("0.0001")), unbilled=False)
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(second.reserve, PROMPT)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.6)
        first.settle(under_way, cheap)
        booking = waiting.result(timeout=30)
    assert booking.max_tokens == PROMPT.sampling.max_tokens, "its answer is not shortened for those before it"
    assert booking.warnings == ()


def test_a_call_waits_for_others_of_its_batch_no_longer_than_it_has(ledger: Ledger) -> None:
    account(ledger, BATCH).reserve(PROMPT)
    with pytest.raises(OverBudget, match="set aside for calls under way"):
        account(ledger, BATCH).reserve(replace(PROMPT, timeout=0.3))


def test_a_call_that_nothing_under_way_can_make_room_for_is_refused_at_once(ledger: Ledger) -> None:
    with pytest.raises(OverBudget, match=r"the batch's --max-cost has \$0\.0001 left"):
        account(ledger, replace(BATCH, amount=Decimal("0.0001"))).reserve(PROMPT)
