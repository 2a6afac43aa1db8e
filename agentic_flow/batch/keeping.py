"""The books of a batch on a cluster: one actor beside the driver has them, and workers ask it."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from agentic_flow.core.budgets import Rate
from agentic_flow.core.errors import LedgerProblem
from agentic_flow.core.ports import Ledger

if TYPE_CHECKING:
    from agentic_flow.providers.allowances import Kind

_PATIENCE = 90.0
"""Seconds that an answer of the books is waited for: more than they wait for another process's turn."""


class Keeper:
    """The ledger and the rates, for all workers."""

    def __init__(self, open_ledger: Callable[[], Ledger], rates: Sequence[Rate]) -> None:
        from agentic_flow.providers.pace import Quota

        self._ledger = open_ledger()
        self._quotas = {rate.provider: Quota(rate) for rate in rates}

    def ask(self, method: str, *arguments: Any) -> tuple[Any, Exception | None]:
        """Do what one method of the ledger does. A refusal travels as a value."""
        try:
            return getattr(self._ledger, method)(*arguments), None
        except Exception as failure:  # noqa: BLE001  (it is raised where it was asked for)
            return None, failure

    def take(self, provider: str, amounts: "Mapping[Kind, float]") -> float:
        """Let a call of a provider through, or say how long it has to wait."""
        return self._quotas[provider].take(amounts)

    def correct(self, provider: str, tokens: float) -> None:
        """Count what a call took in the end."""
        self._quotas[provider].correct(tokens)


class RemoteQuota:
    """The driver's rate for one provider, as a worker sees it."""

    def __init__(self, keeper: Any, rate: Rate) -> None:
        self._keeper = keeper
        self._provider = rate.provider
        self.counts_tokens = rate.tokens is not None

    def take(self, amounts: "Mapping[Kind, float]") -> float:
        """Take what a call needs and return 0; or take nothing and return the seconds until it is there.

        Raises `LedgerProblem` where no answer comes.
        """
        return float(_answer(self._keeper.take.remote(self._provider, dict(amounts))))

    def correct(self, tokens: float) -> None:
        """Count so many tokens more than were thought of; less than 0: fewer."""
        self._keeper.correct.remote(self._provider, tokens)


def _answer(reference: Any) -> Any:
    """Return what the books say. Raises `LedgerProblem` where they do not answer."""
    ray: Any = import_module("ray")
    try:
        return ray.get(reference, timeout=_PATIENCE)
    except ray.exceptions.GetTimeoutError as failure:
        message = f"the books of the batch, beside its driver, did not answer within {_PATIENCE:.0f} s"
        raise LedgerProblem(f"{message}; see to that machine and its network") from failure
    except ray.exceptions.RayError as failure:
        message = f"the books of the batch, beside its driver, cannot be asked ({type(failure).__name__})"
        raise LedgerProblem(f"{message}; go on with --resume when that machine can be reached") from failure


def remote_ledger(keeper: Any) -> Ledger:
    """Return the driver's ledger, as a worker sees it."""
    return cast("Ledger", _RemoteLedger(keeper))


class _RemoteLedger:
    """The driver's ledger, as a worker sees it."""

    def __init__(self, keeper: Any) -> None:
        self._keeper = keeper

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method.startswith("_"):  # while it is being unpacked
            raise AttributeError(method)

        def ask(*arguments: Any) -> Any:
            value, failure = _answer(self._keeper.ask.remote(method, *arguments))
            if failure is not None:
                raise failure
            return value

        return ask
