"""Who answers where the model that a strategy chose cannot: whom that strategy would choose next."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.cli.test_budgets import answering
from tests.program import Flow
from tests.providers.loopback import Loopback, head, says

EASY, HARD = "Look at this", "Build a complex distributed system"
BEST, SECOND = "anthropic/claude-opus-5-5", "openrouter/openai/gpt-6.1-sol"
SMALL = "onnx/qwen2.5-coder-0.5b"
CHAIN = ["onnx", "openrouter"]
LOCAL = ("qwen2.5-coder-0.5b", "phi-3-mini")
REFUSED = says(head(401, {"content-type": "application/json"}), b'{"error": {"message": "no such key"}}')


@pytest.fixture
def hosted(flow: Flow) -> Iterator[dict[str, Loopback]]:
    """Return two providers of which one knows no key; two local models are there, that cannot be loaded."""
    for name in LOCAL:
        folder = flow.cwd / "weights" / name
        folder.mkdir(parents=True)
        (folder / "genai_config.json").write_text("{}")
    with ExitStack() as stack:
        peers = {
            "anthropic": stack.enter_context(Loopback([REFUSED])),
            "openrouter": stack.enter_context(Loopback([answering()])),
        }
        for name, peer in peers.items():
            flow.env[f"{name.upper()}_API_KEY"] = "sk-0123456789abcdef"
            flow.env[f"{name.upper()}_BASE_URL"] = peer.url
        yield peers


def handed_over(flow: Flow, *more: str, exit_code: int = 0) -> list[str]:
    """Run a task and return to whom it went, one after the other."""
    done = flow("-a", "reviewer", "--models-dir", "weights", "--no-stdin", *more)
    assert done.returncode == exit_code, done.stderr
    return re.findall(r"(?:^model:|falling back to) (\S+)", done.stderr, re.MULTILINE)


def configure(flow: Flow, **said: object) -> None:
    (flow.cwd / "router.config.json").write_text(json.dumps(said))


def test_behind_the_strongest_comes_the_strongest_of_the_others(
    flow: Flow, hosted: dict[str, Loopback]
) -> None:
    assert handed_over(flow, "-t", EASY, "--priority", "quality") == [BEST, SECOND]

    hosted["openrouter"].answers = [REFUSED]
    tried = handed_over(flow, "-t", EASY, "--priority", "quality", exit_code=10)
    assert tried == [BEST, SECOND, "onnx/phi-3-mini", SMALL]


@pytest.mark.usefixtures("hosted")
def test_a_strategy_of_the_configuration_has_its_order_too(flow: Flow) -> None:
    configure(flow, routing={"strategy": "quality"})
    assert handed_over(flow, "-t", EASY, "--auto-route") == [BEST, SECOND]


@pytest.mark.usefixtures("hosted")
@pytest.mark.parametrize("said", [{"fallback": {"chain": CHAIN}}, {"routing": {"fallbackChain": CHAIN}}])
def test_a_chain_that_somebody_chose_stays(flow: Flow, said: dict[str, object]) -> None:
    configure(flow, **said)
    assert handed_over(flow, "-t", EASY, "--priority", "quality")[:2] == [BEST, SMALL]


@pytest.mark.usefixtures("hosted")
def test_where_rules_decide_the_chain_holds(flow: Flow) -> None:
    assert handed_over(flow, "-t", HARD, "--auto-route")[:2] == [BEST, SMALL]


@pytest.mark.usefixtures("hosted")
def test_a_task_that_stays_here_is_handed_to_nobody_else(flow: Flow) -> None:
    tried = handed_over(flow, "-t", EASY, "--priority", "privacy", exit_code=10)
    assert all(target.startswith("onnx/") for target in tried)
    assert len(tried) == len(LOCAL)
