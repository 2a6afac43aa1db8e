"""The local provider on real weights (SmolLM2-135M): what a model written down by a test cannot show."""

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from agentic_flow.core.events import Finished, ProviderEvent, TextDelta
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Message, Output, Prompt, Role, Sampling, StopReason
from agentic_flow.providers.folder import read_folder
from agentic_flow.providers.local import LocalProvider
from agentic_flow.providers.memory import needed_to_load

pytestmark = pytest.mark.weights
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def small(smollm2: Path) -> Iterator[LocalProvider]:
    provider = LocalProvider(smollm2, "small", OnnxSettings())
    yield provider
    provider.close()


def asking(text: str, *paths: str, **sampling: object) -> Prompt:
    return Prompt(
        "small",
        (Message(Role.SYSTEM, "You are helpful."), Message(Role.USER, text)),
        Sampling(**{"max_tokens": 24, "temperature": 0.0, **sampling}),  # type: ignore[arg-type]  # real fields
        output=Output.FILES if paths else Output.TEXT,
        paths=paths,
    )


def said(events: list[ProviderEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_it_knows_what_everybody_knows_and_ends_by_itself(small: LocalProvider) -> None:
    events = list(small.stream(asking("What is the capital of France? Answer in one word.")))
    finished = events[-1]

    assert "Paris" in said(events)
    assert isinstance(finished, Finished)
    assert (finished.stop_reason, finished.cost_usd) == (StopReason.END, Decimal(0))
    assert finished.usage.input_tokens > 15


def test_greedy_answers_repeat_and_chance_follows_its_seed(small: LocalProvider) -> None:
    story = "Tell me a story about a ship."
    greedy = [said(list(small.stream(asking(story)))) for _ in range(2)]
    drawn = [said(list(small.stream(asking(story, temperature=1.5, seed=seed)))) for seed in (1, 1, 2)]

    assert greedy[0] == greedy[1]
    assert drawn[0] == drawn[1] != drawn[2]


def test_the_answer_does_not_depend_on_how_its_prompt_was_read(small: LocalProvider) -> None:
    """A prompt longer than one chunk is read in several; the model must see one text."""
    filler = "The sky is blue today. " * 60
    events = list(small.stream(asking(f"{filler}\nWhat is the capital of France? Answer in one word.")))
    assert "Paris" in said(events)


def test_files_that_are_named_come_in_their_form(small: LocalProvider) -> None:
    text = said(
        list(small.stream(asking("Write add(a, b) and call it.", "add.py", "main.py", max_tokens=400)))
    )
    assert text.startswith("add.py\n```python\n")
    assert text.endswith("\n```\n")
    assert "\n```\n\nmain.py\n```python\n" in text


def test_a_person_s_stop_string_ends_a_real_answer(small: LocalProvider) -> None:
    whole = said(list(small.stream(asking("What is the capital of France? Tell me about it."))))
    word = whole.split()[3]
    events = list(small.stream(asking("What is the capital of France? Tell me about it.", stop=(word,))))

    assert said(events) == whole[: whole.index(word)]
    assert isinstance(events[-1], Finished)
    assert events[-1].stop_reason is StopReason.STOP_SEQUENCE


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for the peak")
def test_the_memory_that_is_asked_for_is_enough(smollm2: Path, tmp_path: Path) -> None:
    """The estimate, made before loading, is held against the peak of a process that answers."""
    code = """
import sys
from pathlib import Path
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Message, Prompt, Role, Sampling
from agentic_flow.providers.local import LocalProvider

words = "word " * 900
prompt = Prompt("small", (Message(Role.USER, words),), Sampling(max_tokens=20))
list(LocalProvider(Path(sys.argv[1]), "small", OnnxSettings()).stream(prompt))
status = Path("/proc/self/status")  # getrusage would count the process that started this one, too
print(status.read_text().partition("VmHWM:")[2].split()[0])
"""
    environment = {"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    command = [sys.executable, "-c", code, str(smollm2)]
    peak = subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stdout
    folder = read_folder(smollm2)
    assert int(peak) * 1024 < needed_to_load(folder) + 1000 * folder.cache_per_token
