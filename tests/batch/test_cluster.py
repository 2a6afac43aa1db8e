"""`batch --engine ray` on a cluster of two nodes: the same results, and a lost worker costs nothing but time.

Runs where Ray is installed (`pip install 'agentic-flow[ray]'`); it takes about a minute.
"""

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from agentic_flow.batch import keeping
from agentic_flow.batch.abroad import Lent
from agentic_flow.batch.cluster import Cluster
from agentic_flow.batch.entries import Entry
from agentic_flow.batch.events import Ended, Noted
from agentic_flow.batch.intake import Intake
from agentic_flow.core.budgets import Rate
from agentic_flow.core.errors import LedgerProblem, ProviderUnavailable
from agentic_flow.core.wishes import Wish
from agentic_flow.providers.allowances import Kind
from tests.batch.conftest import wait_for
from tests.batch.test_killed import PRICE, answer, calls
from tests.program import Flow
from tests.providers.loopback import Asked, Loopback, Peer

pytest.importorskip("ray", reason="Ray is not installed; run `pip install 'agentic-flow[ray]'`")
pytestmark = pytest.mark.timeout(240)

ROOT = Path(__file__).resolve().parents[2]
KEY = "sk-a-key-nobody-may-see"
FLEETING = {"run_id", "duration_ms", "ttft_ms", "started"}
DONE = {"finish": "end", "input_tokens": 7, "output_tokens": 9}


@pytest.fixture(scope="module")
def nodes() -> Generator[list[subprocess.Popen[bytes]]]:
    """Start the two nodes of a cluster; the first is its head."""
    with ExitStack() as held:
        # Ray's sockets lie there, and the path of one may have a hundred letters only.
        BOOKS.append(Path(held.enter_context(TemporaryDirectory(prefix="ray", dir="/tmp"))))
        port = ADDRESS.rpartition(":")[2]
        head = _start("--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={BOOKS[0]}")
        held.callback(_end, head)
        _wait_for(ADDRESS)
        other = _start(f"--address={ADDRESS}")
        held.callback(_end, other)
        while not any(b"raylet" in name for _, name in _descendants(other)):
            time.sleep(0.2)
        yield [head, other]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


BOOKS: list[Path] = []
"""Where the cluster writes its logs."""
ADDRESS = f"127.0.0.1:{_free_port()}"


def _start(*options: str) -> subprocess.Popen[bytes]:
    command = [str(Path(sys.executable).with_name("ray")), "start", "--block", "--node-ip-address=127.0.0.1"]
    return subprocess.Popen(
        [*command, "--num-cpus=2", "--object-store-memory=100000000", "--disable-usage-stats", *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _wait_for(address: str) -> None:
    host, _, port = address.rpartition(":")
    while True:
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.2)


def _end(node: subprocess.Popen[bytes]) -> None:
    node.terminate()
    with suppress(subprocess.TimeoutExpired):
        node.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(node.pid, signal.SIGKILL)
    node.wait()


def _workers(node: subprocess.Popen[bytes]) -> Iterator[int]:
    """Yield the processes of our workers on a node."""
    return (process for process, name in _descendants(node) if name.startswith(b"ray::_Worker"))


def _descendants(node: subprocess.Popen[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield each process that descends from a node, with its command line."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    for process in parents:
        ancestor = process
        while ancestor in parents and ancestor != node.pid:
            ancestor = parents[ancestor]
        with suppress(OSError):
            name = Path(f"/proc/{process}/cmdline").read_bytes()
            if ancestor == node.pid:
                yield process, name


def _memory(process: int) -> bytes:
    """Return what a process may write to of its memory, the shared part of the cluster's objects included."""
    parts: list[bytes] = []
    with Path(f"/proc/{process}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text().splitlines():
            places, rights, *_ = line.split()
            begin, end = (int(place, 16) for place in places.split("-"))
            if "rw" in rights:
                with suppress(OSError, ValueError):
                    memory.seek(begin)
                    parts.append(memory.read(end - begin) or b"")
    return b"".join(parts)


@pytest.fixture(autouse=True)
def _open_cluster(flow: Flow) -> None:
    """Let the program in: the cluster of these tests asks for no token."""
    flow.env["RAY_AUTH_MODE"] = "disabled"


def write(flow: Flow, count: int, **more: object) -> None:
    lines = (json.dumps({"id": f"t{n}", "task": f"Say {n}", **more}) + "\n" for n in range(count))
    (flow.cwd / "tasks.jsonl").write_text("".join(lines))


def results(flow: Flow, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (flow.cwd / name).read_text().splitlines()]


def lasting(value: Any) -> Any:
    """Return a result without what differs from run to run."""
    if isinstance(value, dict):
        return {name: lasting(part) for name, part in value.items() if name not in FLEETING}
    return [lasting(part) for part in value] if isinstance(value, list) else value


@pytest.fixture
def provider(flow: Flow) -> Generator[Loopback]:
    """Stand in for Anthropic."""
    with Loopback([answer]) as loopback:
        flow.env.update(ANTHROPIC_BASE_URL=loopback.url, ANTHROPIC_API_KEY=KEY)
        yield loopback


HOSTED = ["--agent", "reviewer", "--model", "anthropic/claude-haiku-4-5", "--max-tokens", "300"]


@pytest.mark.usefixtures("nodes")
def test_both_engines_give_the_same_results_field_by_field(flow: Flow, provider: Loopback) -> None:
    script = flow.script("file", {"text": "pkg/a.py\n```python\nprint(1)\n```\n"}, DONE)
    hosted = [{"id": f"h{n}", "task": f"Say {n}"} for n in range(12)]
    writing = {"task": "Write it", "agent": "coder", "model": script, "check": "python3 pkg/a.py"}
    lines = [
        *hosted,
        {"id": "w", **writing, "output_dir": "out"},
        {"id": "x", "task": "x", "context": "no.txt"},
    ]
    text = "".join(json.dumps(line) + "\n" for line in lines) + "{bad\n"
    (flow.cwd / "tasks.jsonl").write_text(text)

    here = flow("batch", "tasks.jsonl", *HOSTED, "--results", "here.jsonl", "--overwrite")
    (flow.cwd / "out/pkg/a.py").unlink()
    there = flow(
        *("batch", "tasks.jsonl", *HOSTED, "--results", "there.jsonl", "--overwrite"),
        *("--engine", "ray", "--ray-address", ADDRESS),
    )

    assert (here.returncode, there.returncode) == (2, 2), there.stderr
    by_line = {
        name: {r["line"]: lasting(r) for r in results(flow, name)} for name in ("here.jsonl", "there.jsonl")
    }
    assert by_line["here.jsonl"] == by_line["there.jsonl"]
    assert len(by_line["here.jsonl"]) == 15
    assert (flow.cwd / "out/pkg/a.py").read_text() == "print(1)\n"
    assert len(provider.asked) == 24, there.stderr
    assert Counter(state for state, _ in calls(flow)) == {"settled": 24}
    assert "nobody-may-see" not in there.stderr + (flow.cwd / "there.jsonl").read_text()


def test_a_worker_that_is_lost_has_its_tasks_done_again(
    flow: Flow, provider: Loopback, nodes: list[subprocess.Popen[bytes]]
) -> None:
    write(flow, 150)
    command = ["batch", "tasks.jsonl", *HOSTED, "--results", "r.jsonl", "--max-cost", "1", "--jobs", "6"]
    stderr = flow.cwd / "stderr"
    with (
        stderr.open("wb") as said,
        flow.start(*command, "--engine", "ray", "--ray-address", ADDRESS, stderr=said) as process,
    ):
        wait_for(flow.cwd / "r.jsonl", 20)
        # One that dies before it is ready is started anew, and none was lost.
        while b"a worker was lost" not in stderr.read_bytes():
            assert process.poll() is None
            for victim in _workers(nodes[1]):
                os.kill(victim, signal.SIGKILL)
            time.sleep(0.5)
        process.wait(120)

    assert process.returncode == 0, stderr.read_text()
    assert Counter(result["id"] for result in results(flow, "r.jsonl")) == {f"t{n}": 1 for n in range(150)}
    billed, entries = len(provider.asked), calls(flow)
    states = Counter(state for state, _ in entries)
    # A worker may die when a call is settled and before its result is told: what was paid is not paid again.
    assert states["settled"] == 150 <= billed <= sum(states.values()) - states["released"]
    assert billed * PRICE <= sum(cost for state, cost in entries) + PRICE * (states["sent"])


@pytest.mark.usefixtures("nodes")
def test_a_signal_ends_a_batch_on_a_cluster(flow: Flow) -> None:
    slow = flow.script("slow", {"wait": 120}, DONE)
    write(flow, 10, model=slow, agent="reviewer")
    command = ["batch", "tasks.jsonl", "--results", "r.jsonl", "--jobs", "4", "--engine", "ray"]
    with flow.start(*command, "--ray-address", ADDRESS, stderr=subprocess.PIPE) as process:
        time.sleep(8)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 143, said
    assert {result["status"] for result in results(flow, "r.jsonl")} == {"interrupted"}


def test_a_cluster_that_is_not_there_is_said(flow: Flow) -> None:
    write(flow, 1)
    done = flow("batch", "tasks.jsonl", "--ray-address", "127.0.0.1:1")
    assert done.returncode == 2
    assert "add --engine ray" in done.stderr


def test_no_key_stays_with_the_cluster(
    flow: Flow, provider: Loopback, nodes: list[subprocess.Popen[bytes]]
) -> None:
    """Not in its logs, its books, its object store, and in the environment of nothing that it runs."""
    write(flow, 20)
    command = ["batch", "tasks.jsonl", *HOSTED, "--results", "r.jsonl", "--jobs", "4", "--engine", "ray"]
    done = flow(*command, "--ray-address", ADDRESS, RAY_BACKEND_LOG_LEVEL="debug")
    assert done.returncode == 0, done.stderr
    assert {asked.headers["x-api-key"] for asked in provider.asked} == {KEY}

    keepers = [
        (process, name)
        for node in nodes
        for process, name in _descendants(node)
        if b"gcs_server" in name or b"raylet" in name
    ]
    assert len(keepers) >= 3
    books = [_memory(process) for process, _ in keepers]
    assert any(str(flow.cwd).encode() in memory for memory in books), "what an actor is made from is there"
    assert not any(KEY.encode() in memory for memory in books)
    logs = [path for path in BOOKS[0].rglob("*") if path.is_file() and not path.is_symlink()]
    assert len(logs) > 10
    assert not any(KEY.encode() in path.read_bytes() for path in logs)


def test_a_cluster_that_is_started_here_inherits_no_key(flow: Flow, provider: Loopback) -> None:
    write(flow, 40)
    command = ["batch", "tasks.jsonl", *HOSTED, "--results", "r.jsonl", "--jobs", "2", "--engine", "ray"]
    with flow.start(*command, stderr=subprocess.PIPE) as process:
        wait_for(flow.cwd / "r.jsonl", 2)
        started = [pid for pid, _ in _descendants(process) if pid != process.pid]
        environments: list[bytes] = []
        for pid in started:
            with suppress(OSError):
                environments.append(Path(f"/proc/{pid}/environ").read_bytes())
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    assert len(provider.asked) == 40
    assert len(environments) > 3
    assert not any(KEY.encode() in each for each in environments)


@pytest.mark.usefixtures("nodes")
def test_a_rate_holds_for_all_nodes_together(flow: Flow, provider: Loopback) -> None:
    write(flow, 12)
    command = ["batch", "tasks.jsonl", *HOSTED, "--results", "r.jsonl", "--jobs", "8", "--engine", "ray"]
    begun: list[float] = []

    def noting(peer: Peer, asked: Asked) -> None:
        begun.append(time.monotonic())
        answer(peer, asked)

    provider.answers = [noting]
    done = flow(*command, "--ray-address", ADDRESS, "--rate", "anthropic=120")
    assert done.returncode == 0, done.stderr
    # Two a second, and two at once to begin with: however many nodes there are, 10 more take 5 seconds.
    assert max(begun) - min(begun) > 4.5
    assert len(begun) == 12


class Unreadable:
    """What arrives at no worker: it cannot be unpacked."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Become a number that is none."""
        return int, ("these keys are spoilt",)


@pytest.mark.usefixtures("nodes")
def test_a_worker_that_cannot_take_its_keys_is_given_up_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    keys: Any = {"anthropic": Unreadable()}
    nothing: Any = open_nothing
    lent = Lent(nothing, nothing, (), keys, nothing)
    entry = Entry(1, "tasks.jsonl:1", "a", Wish(task="Say a"))

    events = list(Cluster(lent, 1, ADDRESS).work(Intake(iter([entry]))))

    notes = [event.text for event in events if isinstance(event, Noted)]
    assert notes, events
    assert all("a worker could not take its keys" in note for note in notes)
    (ended,) = (event for event in events if isinstance(event, Ended))
    assert ended.result.status == "internal"
    assert "workers were lost with this task (could not take its keys: " in str(ended.result.error)
    assert "these keys are spoilt" in str(ended.result.error)


def open_nothing(*_: object) -> None:
    """Stand in for what a worker has no use for before it has its keys."""


@pytest.mark.usefixtures("nodes")
def test_a_cluster_without_a_node_that_lives_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    ray: Any = pytest.importorskip("ray")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setattr(ray, "nodes", lambda: [{"NodeID": "gone", "Alive": False}])
    nothing: Any = open_nothing
    entry = Entry(1, "tasks.jsonl:1", "a", Wish(task="Say a"))
    with pytest.raises(ProviderUnavailable, match=r"no node .* is left; .*--resume"):
        list(Cluster(Lent(nothing, nothing, (), {}, nothing), 1, ADDRESS).work(Intake(iter([entry]))))


@pytest.mark.usefixtures("nodes")
def test_books_that_do_not_answer_are_told_of_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    ray: Any = pytest.importorskip("ray")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setattr(keeping, "_PATIENCE", 0.5)
    ray.init(address=ADDRESS, log_to_driver=False, logging_level=logging.ERROR)
    try:
        keeper: Any = ray.remote(Silent).remote()
        quota = keeping.RemoteQuota(keeper, Rate("anthropic", 60))
        ledger = keeping.remote_ledger(keeper)
        with pytest.raises(LedgerProblem, match=r"did not answer within 0 s; see to that machine"):
            quota.take({Kind.REQUESTS: 1.0})
        with pytest.raises(LedgerProblem, match=r"did not answer"):
            ledger.sent(1)
        ray.kill(keeper)
        monkeypatch.setattr(keeping, "_PATIENCE", 20)
        with pytest.raises(LedgerProblem, match=r"cannot be asked \(.*Actor.*\)"):
            quota.take({Kind.REQUESTS: 1.0})
    finally:
        ray.shutdown()


class Silent:
    """Books that keep whoever asks waiting."""

    def take(self, *_: object) -> None:
        """Say nothing for a long time."""
        time.sleep(60)

    ask = take
