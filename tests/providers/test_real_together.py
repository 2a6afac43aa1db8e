"""Answers made together on real weights (SmolLM2-135M): the same as one after another."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agentic_flow import ModelRouter
from agentic_flow.core.errors import ContextOverflow, FlowError, LimitReached, NotEnoughMemory
from agentic_flow.core.events import Finished, ProviderEvent, TextDelta, Warned
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Message, Output, Prompt, Role, Sampling
from agentic_flow.library import ChatRequest
from agentic_flow.providers.folder import read_folder
from agentic_flow.providers.local import LocalProvider
from agentic_flow.providers.memory import needed_to_load
from tests.program import Flow

pytestmark = pytest.mark.weights

Opening = Callable[..., LocalProvider]


@pytest.fixture
def small(smollm2: Path) -> Iterator[Opening]:
    """Return what opens the model for many answers."""
    opened: list[LocalProvider] = []

    def open_it(**settings: object) -> LocalProvider:
        chosen = OnnxSettings(**{"batch_size": 4, **settings})  # type: ignore[arg-type]  # real fields
        opened.append(LocalProvider(smollm2, "small", chosen, many=True))
        return opened[-1]

    yield open_it
    for provider in opened:
        provider.close()


@pytest.fixture
def alone(smollm2: Path) -> Iterator[LocalProvider]:
    """Return the same model for one answer after another, as a single task has it."""
    provider = LocalProvider(smollm2, "small", OnnxSettings())
    yield provider
    provider.close()


def asking(text: str, *paths: str | None, timeout: float | None = None, **sampling: object) -> Prompt:
    return Prompt(
        "small",
        (Message(Role.SYSTEM, "You are helpful, and say what you know."), Message(Role.USER, text)),
        Sampling(**{"max_tokens": 20, "temperature": 0.0, **sampling}),  # type: ignore[arg-type]  # real fields
        output=Output.FILES if paths else Output.TEXT,
        paths=paths,
        timeout=timeout,
    )


MIXED = [
    asking("What is the capital of France? Answer in one word."),
    asking("Tell me of ships. " * 12),
    asking("Count to ten.", stop=("4",)),
    asking("Write add(a, b) and call it.", "add.py", "main.py", max_tokens=60),
    asking("Write a page on how to add.", "README.md", max_tokens=24),
    asking("Write add(a, b).", None, max_tokens=30),
    asking("Say hello."),
    asking("What is the capital of Italy?"),
    asking("Say the same word over and over: no no no no no no", max_tokens=70),
]


def said(events: Sequence[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def at_once(provider: LocalProvider, prompts: Sequence[Prompt]) -> list[list[ProviderEvent]]:
    def ask(prompt: Prompt) -> list[ProviderEvent]:
        with closing(provider.stream(prompt)) as events:
            return list(events)

    with ThreadPoolExecutor(len(prompts)) as pool:
        return list(pool.map(ask, prompts))


def test_answers_are_those_of_one_after_another(small: Opening, alone: LocalProvider) -> None:
    """Text, usage, why it ended: of prose, stop strings, files that are dictated and held to a grammar."""
    together = at_once(small(), MIXED)
    for prompt, events in zip(MIXED, together, strict=True):
        expected = list(alone.stream(prompt))
        assert said(events) == said(expected)
        assert events[-1] == expected[-1]
        assert isinstance(events[-1], Finished)


def test_chance_follows_its_seed_whoever_is_beside_it(small: Opening) -> None:
    provider = small()
    prompts = [asking("Tell me a story.", temperature=1.2, seed=seed, top_p=0.9) for seed in (1, 2, 3, 1)]
    one, two, three, again = (said(events) for events in at_once(provider, prompts))

    assert one == again == said(list(provider.stream(prompts[0])))
    assert len({one, two, three}) == 3


def test_one_that_ends_early_leaves_the_others_as_they_are(small: Opening, alone: LocalProvider) -> None:
    """One is hung up on, one runs out of time, one has too long a prompt."""
    provider = small()
    prompts = [asking(f"Tell me of {thing}.") for thing in ("ships", "bread", "iron")]
    expected = [said(list(alone.stream(prompt))) for prompt in prompts]
    failures: list[FlowError] = []

    def fail(prompt: Prompt) -> None:
        try:
            list(provider.stream(prompt))
        except FlowError as failure:
            failures.append(failure)

    left = provider.stream(asking("Tell me of the sea.", max_tokens=4000))
    for event in left:
        if isinstance(event, TextDelta):
            break
    slow = threading.Thread(target=fail, args=(asking("Tell me of wood.", max_tokens=4000, timeout=0.4),))
    long = threading.Thread(target=fail, args=(asking("word " * 9000),))
    slow.start()
    long.start()
    left.close()

    assert [said(events) for events in at_once(provider, prompts)] == expected
    slow.join()
    long.join()
    assert {type(failure) for failure in failures} == {LimitReached, ContextOverflow}


def test_less_memory_makes_fewer_at_a_time_and_the_same_answers(small: Opening, smollm2: Path) -> None:
    prompts = [asking(f"Tell me of {thing}.", max_tokens=60) for thing in ("ships", "bread", "iron", "tea")]
    folder = read_folder(smollm2)
    enough_for_two = needed_to_load(folder) + 2 * 256 * folder.cache_per_token
    tight = at_once(small(memory_limit=enough_for_two), prompts)

    assert [said(events) for events in tight] == [said(events) for events in at_once(small(), prompts)]
    remarks = [event.text for events in tight for event in events if isinstance(event, Warned)]
    assert len(remarks) == 1
    assert "batchSize" in remarks[0]
    assert "4 together" in remarks[0]
    with pytest.raises(NotEnoughMemory, match="memoryLimit"):
        at_once(small(memory_limit=needed_to_load(folder)), prompts[:1])


def test_a_batch_gives_the_results_of_one_task_at_a_time(flow: Flow, smollm2: Path) -> None:
    """Field by field, but for times and what names the run."""
    tasks: list[dict[str, object]] = [
        {"id": str(at), "task": f"Tell me of {thing}."} for at, thing in enumerate(("tea", "iron", "ice"))
    ]
    tasks.append({"id": "3", "task": "Create a file named add.py", "agent": "coder", "no_files": False})
    lines = "".join(json.dumps(task) + "\n" for task in tasks)

    def results(jobs: int) -> dict[str, dict[str, object]]:
        options = ["--agent", "reviewer", "--model", "onnx/smollm2-135m", "--max-tokens", "24"]
        done = flow(
            *("batch", "-", "--format", "jsonl", "--jobs", str(jobs), "--temperature", "0", "--no-files"),
            *options,
            stdin=lines,
            AGENTIC_FLOW_MODELS_DIR=str(smollm2.parent),
        )
        (flow.cwd / "add.py").unlink()
        found = map(json.loads, done.stdout.splitlines())
        return {result["id"]: timeless(result) for result in found}

    assert results(4) == results(1)


def test_the_library_asks_many_together_as_it_asks_one(
    smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"HOME": tmp_path, "AGENTIC_FLOW_MODELS_DIR": smollm2.parent}.items():
        monkeypatch.setenv(name, str(value))
    monkeypatch.chdir(tmp_path)
    router = ModelRouter.from_config(remember=False)
    requests: list[ChatRequest] = [
        {
            "model": "onnx/smollm2-135m",
            "messages": [{"role": "user", "content": f"Is {thing} wet? Say yes or no, and stop."}],
            "temperature": 0.0,
        }
        for thing in ("tea", "iron", "ice")
    ]
    many = router.chat_many(requests, jobs=3)
    one = router.chat(**requests[1])

    assert [reply.provider for reply in many] == ["onnx"] * 3
    assert (many[1].text, many[1].usage, many[1].stop_reason) == (one.text, one.usage, one.stop_reason)


def timeless(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result less what is never the same twice."""
    passing = ("run_id", "ttft_ms", "duration_ms", "started")
    kept = {name: value for name, value in result.items() if name not in passing}
    kept["attempts"] = [
        {name: value for name, value in each.items() if name not in passing} for each in result["attempts"]
    ]
    return kept
