"""A program's calls are remembered as runs."""

import subprocess
import sys
from decimal import Decimal

import pytest

from agentic_flow import ModelRouter
from agentic_flow.config import Flags, load_settings
from agentic_flow.core.errors import KeyProblem, UsageMistake
from agentic_flow.wiring.remembering import open_history
from tests.library.asking import HELLO, Made, answer, chat, remembered
from tests.providers.loopback import Loopback, head, says


def test_every_call_is_remembered_as_a_run_however_it_ends(at: Made) -> None:
    """The answer, a refusal, a stream that was left, one that nobody closed, and no more than that."""
    refused = says(head(401, {"content-type": "application/json"}), b"{}")
    with Loopback([answer("Hel", "lo"), refused, answer("Hel", "lo")]) as server:
        router = at(server)
        reply = chat(router)
        with pytest.raises(KeyProblem):
            chat(router)
        with router.stream(provider="openrouter", model="maker/model", messages=HELLO) as left:
            next(left)
        forgotten = router.stream(provider="openrouter", model="maker/model", messages=HELLO)
        next(forgotten)
        del forgotten
        with pytest.raises(UsageMistake):
            router.chat(messages=[])
    runs = remembered()[::-1]

    assert [run.result.status for run in runs] == ["ok", "auth", "interrupted", "interrupted"]
    first = runs[0]
    assert (first.result.run_id, first.task, first.result.text) == (reply.run_id, "Hello", "Hello")
    assert (first.result.cost_usd, first.result.agent) == (Decimal("0.25"), "")
    assert runs[2].result.text == "Hel"


def test_a_router_that_is_not_to_remember_counts_only_what_is_spent(
    at: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback([answer("Hello")]) as server, Loopback([answer("never")]) as collector:
        at(server)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        chat(ModelRouter.from_config(remember=False))
    assert remembered() == []
    assert collector.asked == []
    (total,) = open_history(load_settings(Flags())).totals()
    assert (total.calls, total.spent_usd) == (1, Decimal("0.25"))


def test_a_stream_that_nobody_closes_is_remembered_as_the_program_ends(at: Made) -> None:
    code = (
        "from agentic_flow import ModelRouter\n"
        f"stream = ModelRouter().stream(provider='openrouter', model='maker/model', messages={HELLO})\n"
        "print(next(stream))"
    )
    with Loopback([answer("Hel", "lo")]) as server:
        at(server)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("Hel\n", "")
    (run,) = remembered()
    assert (run.result.status, run.result.text) == ("interrupted", "Hel")
