"""Entries -> events, done on a Ray cluster: one worker a node does the tasks, this process keeps the books.

A worker has the models and the connections; the ledger and the rates are one, beside the driver, and a worker
asks there before every call. A task whose worker is lost is done again, on a node that lives.

Keys go from the driver to each worker in a call of its own, once: what a call carries stays in the memory of
the two, while what an actor is made from is kept in the cluster's books as long as it lives.
"""

import logging
import os
import signal
import threading
import traceback
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from agentic_flow.batch.abroad import Abroad, Lent
from agentic_flow.batch.entries import Entry
from agentic_flow.batch.events import BatchEvent, Ended, Noted, Started
from agentic_flow.batch.intake import Intake
from agentic_flow.batch.interrupting import reason_for
from agentic_flow.batch.keeping import Keeper, RemoteQuota, remote_ledger
from agentic_flow.batch.performing import Prepare, perform
from agentic_flow.config.environment import environment, inherited
from agentic_flow.config.scrubbing import without_own
from agentic_flow.core.errors import Interrupted, KeyProblem, ProviderUnavailable, UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.outcome import Outcome
from agentic_flow.core.settings import Secret
from agentic_flow.core.values import Task
from agentic_flow.core.wishes import Wish
from agentic_flow.runner import Deps
from agentic_flow.runner.unbegun import unbegun
from agentic_flow.verification import without_keys

_MOST_TRIES = 3
"""How often a task is begun whose workers are lost: perhaps it is what kills them."""
_KEYS_WITHIN = 60.0
"""Seconds that a worker waits for its keys, which are sent as soon as it is made."""
_LOOK = 0.2
"""Seconds between two looks for a signal."""


@frozen
class _Done:
    """What comes back from a worker."""

    ended: Ended
    warnings: Sequence[str]


@dataclass(slots=True)
class _Running:
    """One task on its worker."""

    entry: Entry
    worker: "_Node"
    tries: int


@dataclass(slots=True)
class _Node:
    """One worker, as the driver sees it."""

    name: str
    actor: Any
    taking: Any
    """The call that brings it its keys; None when it has ended."""
    busy: int = 0
    fault: str = ""
    """Why it was given up, where that was for want of keys."""


class Cluster:
    """Does up to `jobs` tasks at a time on the cluster at `address`; None starts one on this machine."""

    def __init__(self, lent: Lent, jobs: int, address: str | None) -> None:
        self._lent = lent
        self._jobs = jobs
        self._address = address
        self._signals: SimpleQueue[Interrupted] = SimpleQueue()

    def interrupt(self, stop: Interrupted) -> None:
        """End the batch: nothing more begins, and the workers are stopped. May be called by a handler."""
        self._signals.put(stop)

    def work(self, intake: Intake) -> Generator[BatchEvent]:
        """Do all that `intake` gives. Raises what ended it before its time."""
        ray = _connected(self._address)
        try:
            yield from _Drive(ray, self._lent, self._jobs).work(intake, self._signals)
        finally:
            ray.shutdown()


class _Drive:
    """One batch on a cluster that is connected."""

    def __init__(self, ray: Any, lent: Lent, jobs: int) -> None:
        self._ray = ray
        self._jobs = jobs
        here = ray.get_runtime_context().get_node_id()
        keeper = self._actor(Keeper, here, jobs * 4).remote(lent.open_ledger, lent.rates)
        self._making = (lent.make, keeper, str(Path.cwd()))
        self._keys = lent.keys
        self._handed_in = lent.handed_in
        self._nodes: dict[str, _Node] = {}
        self._running: dict[Any, _Running] = {}

    def work(self, intake: Intake, signals: "SimpleQueue[Interrupted]") -> Generator[BatchEvent]:
        """Keep `jobs` tasks going until there are none."""
        more = True
        while more or self._running:
            while more and len(self._running) < self._jobs:
                entry = intake.take()
                if entry is None:
                    more = False
                else:
                    yield Started(entry)
                    self._begin(entry, 1)
            try:
                yield from self._stop(intake, signals.get_nowait())
            except Empty:
                for event in self._collect():
                    if isinstance(event, Ended):
                        intake.ended(event.result)
                    yield event

    def _collect(self) -> Generator[BatchEvent]:
        if not self._running:
            return
        ready, _ = self._ray.wait(list(self._running), num_returns=1, timeout=_LOOK)
        self._see_keys_taken()
        for reference in ready:
            running = self._running.pop(reference)
            running.worker.busy -= 1
            try:
                done: _Done = self._ray.get(reference)
            except self._ray.exceptions.RayError as failure:
                yield from self._lost(running, failure)
            else:
                yield from (Noted(running.entry, text) for text in done.warnings)
                # The entry as it is known here: what came back is a copy.
                yield replace(done.ended, entry=running.entry)

    def _see_keys_taken(self) -> None:
        """Give a worker up that cannot take its keys: its tasks would wait for them in vain."""
        for node in self._nodes.values():
            if node.taking is None or not self._ray.wait([node.taking], timeout=0)[0]:
                continue
            taking, node.taking = node.taking, None
            try:
                self._ray.get(taking)
            except self._ray.exceptions.RayActorError:
                pass  # it died, and its tasks say so
            except self._ray.exceptions.RayError as failure:
                node.fault = f"could not take its keys: {_said(failure)}"
                self._ray.kill(node.actor)

    def _lost(self, running: _Running, failure: Exception) -> Generator[BatchEvent]:
        """Begin a task again whose worker is gone; give it up where it has cost too many."""
        if self._nodes.get(running.worker.name) is running.worker:
            del self._nodes[running.worker.name]
        if ended := self._handed_in(running.entry):
            yield ended
            return
        fault = running.worker.fault
        if running.tries < _MOST_TRIES:
            text = f"a worker {fault}" if fault else "a worker was lost"
            yield Noted(running.entry, f"{text}; its tasks are done again")
            self._begin(replace(running.entry, begun=True), running.tries + 1)
            return
        error = f"{running.tries} workers were lost with this task ({fault or _said(failure)})"
        yield Ended(running.entry, unbegun(running.entry.agent, Outcome.INTERNAL, error))

    def _begin(self, entry: Entry, tries: int) -> None:
        worker = min(self._alive(), key=lambda node: node.busy, default=None)
        if worker is None:
            raise ProviderUnavailable("no node of the cluster is left; start one, and go on with --resume")
        worker.busy += 1
        self._running[worker.actor.perform.remote(entry)] = _Running(entry, worker, tries)

    def _alive(self) -> list[_Node]:
        """Return a worker for each node that lives; a node that is new gets one."""
        names = [node["NodeID"] for node in self._ray.nodes() if node["Alive"]]
        for name in names:
            if name not in self._nodes:
                actor = self._actor(_Worker, name, self._jobs + 1).remote(*self._making)
                self._nodes[name] = _Node(name, actor, actor.hold.remote(self._keys))
        return [self._nodes[name] for name in names]

    def _stop(self, intake: Intake, stop: Interrupted) -> Generator[BatchEvent]:
        intake.close()
        for node in self._nodes.values():
            self._ray.kill(node.actor)
        failure = reason_for(stop)()
        for running in self._running.values():
            yield Ended(running.entry, unbegun(running.entry.agent, failure.outcome, str(failure)))
        self._running.clear()
        raise stop

    def _actor(self, kind: type, node: str, at_once: int) -> Any:
        strategy = self._ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node, soft=False)
        remote = self._ray.remote(num_cpus=0, max_concurrency=at_once, scheduling_strategy=strategy)
        return remote(kind)


class _Worker:
    """Does tasks on one node, several at a time, with the models and connections of its process."""

    def __init__(self, make: Callable[[Abroad], Prepare], keeper: Any, folder: str) -> None:
        os.chdir(folder)  # relative paths mean what they mean where the batch was started
        self._make = make
        self._keeper = keeper
        self._keys: Future[Mapping[str, Secret]] = Future()
        self._making = threading.Lock()
        self._made: Prepare | None = None

    def hold(self, keys: Mapping[str, Secret]) -> None:
        """Take the keys, which are never written down."""
        self._keys.set_result(keys)

    def _prepare(self, entry: Entry, wish: Wish) -> tuple[Task, Deps]:
        keys = self._held()  # many wait for them at once, not one after another
        with self._making:
            if self._made is None:
                quota = partial(RemoteQuota, self._keeper)
                self._made = self._make(Abroad(remote_ledger(self._keeper), quota, keys))
        return self._made(entry, wish)

    def _held(self) -> Mapping[str, Secret]:
        try:
            return self._keys.result(_KEYS_WITHIN)
        except TimeoutError as failure:
            message = f"the driver's keys did not reach this worker within {_KEYS_WITHIN:.0f} s"
            raise KeyProblem(
                f"{message}; see to the network between the nodes, and go on with --resume"
            ) from failure

    def perform(self, entry: Entry) -> _Done:
        """Do one task."""
        warnings: list[str] = []
        ended = perform(entry, self._prepare, warnings.append)
        if ended.bug is not None:  # the error itself may not travel
            told = "".join(traceback.format_exception(ended.bug))
            ended = replace(ended, bug=RuntimeError(told))
        return _Done(ended, warnings)


def _said(failure: Exception) -> str:
    """Return what Ray says of a failure in one line: its last, which names the cause."""
    return f"{type(failure).__name__}: {str(failure).strip().rpartition(chr(10))[2]}"


def _harmless(said: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without keys, but with what opens the cluster."""
    return without_own(without_keys(said)) | {
        name: value for name, value in said.items() if name.startswith("RAY_")
    }


def _connected(address: str | None) -> Any:
    """Connect to a cluster. Raises `UsageMistake` where that cannot be."""
    try:
        ray: Any = import_module("ray")
        import_module("ray.util.scheduling_strategies")
    except ImportError as failure:
        raise UsageMistake(
            "--engine ray needs Ray, which is not installed; run `pip install 'agentic-flow[ray]'`"
        ) from failure
    handler = signal.getsignal(signal.SIGTERM)
    try:
        with inherited(_harmless(environment())):  # what it starts here gets no key, like every child process
            ray.init(
                address=address or "local",  # else it looks for one that somebody else started
                log_to_driver=False,
                logging_level=logging.ERROR,
                include_dashboard=False,
            )
    except (ConnectionError, RuntimeError, ValueError) as failure:
        said = " ".join(str(failure).split())
        raise UsageMistake(f"there is no Ray cluster at {address or 'this machine'}: {said}") from failure
    finally:
        signal.signal(signal.SIGTERM, handler)  # it puts one of its own there, which only exits
    return ray
