"""A batch at a provider that refuses what comes too fast: all tasks are done, and little is refused."""

import json
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.batch.test_killed import answer
from tests.program import Flow
from tests.providers.loopback import Asked, Loopback, Peer, head

BUSY = json.dumps({"type": "error", "error": {"type": "rate_limit_error", "message": "slow down"}}).encode()


@dataclass
class Limited:
    """Answers `at_once` calls and as many a second as `a_second`; what comes faster is refused."""

    a_second: float
    at_once: int
    telling: bool = True
    """Whether a refusal says how long to wait."""
    said: Counter[int] = field(default_factory=Counter[int])

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._left, self._at = float(self.at_once), time.monotonic()

    def __call__(self, peer: Peer, asked: Asked) -> None:
        """Answer, or refuse."""
        with self._lock:
            now = time.monotonic()
            self._left = min(self.at_once, self._left + (now - self._at) * self.a_second)
            self._at = now
            served = self._left >= 1
            self._left -= served
            self.said[200 if served else 429] += 1
        if served:
            answer(peer, asked)
        else:
            told = {"retry-after": "1"} if self.telling else {}
            peer.send(head(429, {"content-type": "application/json", **told}), BUSY)


def write(flow: Flow, count: int) -> list[str]:
    """Write tasks, and return the command that does them."""
    lines = (json.dumps({"id": f"t{n}", "task": f"Say {n}"}) + "\n" for n in range(count))
    (flow.cwd / "tasks.jsonl").write_text("".join(lines))
    model = ["--model", "anthropic/claude-haiku-4-5", "--agent", "reviewer"]
    return ["batch", "tasks.jsonl", "--results", "r.jsonl", "--jobs", "16", *model]


def results(flow: Flow) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (flow.cwd / "r.jsonl").read_text().splitlines()]


@pytest.fixture
def limited() -> Limited:
    """Return what refuses more than 20 calls at once and more than 40 a second."""
    return Limited(40, 20)


@pytest.fixture
def provider(flow: Flow, limited: Limited) -> Generator[Loopback]:
    """Stand in for Anthropic."""
    with Loopback([limited]) as loopback:
        flow.env.update(ANTHROPIC_BASE_URL=loopback.url, ANTHROPIC_API_KEY="a-key")
        yield loopback


@pytest.mark.parametrize("telling", [True, False])
@pytest.mark.usefixtures("provider")
def test_what_is_asked_too_fast_is_asked_slower_and_all_is_done(
    flow: Flow, limited: Limited, *, telling: bool
) -> None:
    limited.telling = telling
    done = flow(*write(flow, 100))
    assert done.returncode == 0, done.stderr
    assert Counter(result["status"] for result in results(flow)) == {"ok": 100}
    assert limited.said[200] == 100
    assert limited.said[429] < 40, limited.said


@pytest.mark.usefixtures("provider")
def test_a_rate_that_a_person_names_is_kept_and_nothing_is_refused(flow: Flow, limited: Limited) -> None:
    """On a machine that hesitates, a second's ten may come just behind four that were on their way."""
    limited.at_once, limited.a_second = 14, 20
    done = flow(*write(flow, 40), "--jobs", "4", "--rate", "anthropic=600")
    assert done.returncode == 0, done.stderr
    assert limited.said == {200: 40}


@pytest.mark.usefixtures("provider")
def test_a_signal_ends_the_tasks_that_wait_for_their_turn(flow: Flow, limited: Limited) -> None:
    command = [*write(flow, 20), "--rate", "anthropic=1"]
    with flow.start(*command, stderr=subprocess.DEVNULL) as process:
        for _ in range(600):
            if limited.said[200]:
                break
            time.sleep(0.05)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    assert limited.said == {200: 1}
    assert Counter(result["status"] for result in results(flow))["ok"] == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--rate", "acme=5"], "found 'acme=5', expected anthropic or openrouter"),
        (["--rate", "anthropic"], "such as anthropic=50/40000"),
        (["--rate", "anthropic=0"], "such as anthropic=50/40000"),
        (["--rate", "anthropic=5/many"], "such as anthropic=50/40000"),
        (["--rate", "anthropic=5", "--rate", "anthropic=6/700"], "--rate names a provider twice"),
    ],
)
def test_what_is_no_rate_is_said(flow: Flow, options: list[str], says: str) -> None:
    done = flow(*write(flow, 1), *options)
    assert done.returncode == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())
