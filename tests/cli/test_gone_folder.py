"""The folder that a run was begun in is taken away while its model answers, as when a branch is changed."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.program import Flow
from tests.providers.loopback import Answer, Asked, Loopback, Peer, head

FILE = "hello.py\n```python\nprint('hello')\n```\n"
CODER = ["-a", "coder", "-m", "openrouter/maker/model", "-t", "Create hello.py", "--no-stdin"]
REVIEWER = ["-a", "reviewer", "-m", "openrouter/maker/model", "-t", "Look at this", "--no-stdin"]


def answers_after(act: Callable[[], object], text: str) -> Answer:
    """Answer when that is done."""

    def answer(peer: Peer, _: Asked) -> None:
        act()
        said = {"model": "maker/model", "choices": [{"delta": {"content": text}, "finish_reason": "stop"}]}
        counted = {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 7, "cost": 0.01}}
        peer.send(head(), *(f"data: {json.dumps(piece)}\n\n".encode() for piece in (said, counted)))
        peer.send(b"data: [DONE]\n\n")

    return answer


@pytest.mark.parametrize(
    ("asks", "says", "code"),
    [
        (REVIEWER, "It is fine.\n", 0),
        ([*CODER, "-o", "out"], FILE, 8),
        ([*CODER, "--check", "true"], FILE, 8),
        ([*CODER, "-o", "out"], "There is nothing to do here.\n", 8),
    ],
    ids=["words", "files", "checks", "nothing"],
)
def test_a_run_ends_as_it_would_and_is_remembered(flow: Flow, asks: list[str], says: str, code: int) -> None:
    here = replace(flow, cwd=flow.cwd / "here")
    here.cwd.mkdir()
    with Loopback([answers_after(lambda: shutil.rmtree(here.cwd, ignore_errors=True), says)]) as peer:
        flow.env.update(OPENROUTER_API_KEY="sk-or-0123456789", OPENROUTER_BASE_URL=peer.url)
        done = here(*asks)

    told = json.loads(flow("history", "show", "--json").stdout)
    assert (done.returncode, done.stdout) == (code, says * len(peer.asked))
    assert (told["exit_code"], told["text"], told["cost_usd"]) == (code, says, 0.01 * len(peer.asked))
    assert not here.cwd.exists()
