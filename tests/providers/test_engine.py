"""The seam to the runtime, on models written down by the tests; its manners, in processes of their own."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentic_flow.core.errors import LocalModelProblem, ModelCorrupt
from agentic_flow.providers.devices import find_device
from agentic_flow.providers.engine import Loader, Model, require_device
from agentic_flow.providers.runtime import Interrupt
from agentic_flow.providers.sampling import SearchOption
from tests.providers.toy_model import END_ID, GO_ID, write_toy_model

CPU = find_device("cpu")
ROOT = Path(__file__).resolve().parents[2]
PIECES = [b"one", b"two", b"three"]
FIRST = GO_ID + 1
GREEDY: dict[str, SearchOption] = {"max_length": 400, "do_sample": False}


@pytest.fixture
def model(tmp_path: Path) -> Iterator[Model]:
    model = Loader(write_toy_model(tmp_path / "toy", PIECES), CPU, threads=1).load()
    yield model
    model.close()


def test_it_reads_and_makes_tokens(model: Model) -> None:
    generation = model.begin(GREEDY)
    generation.read([5] * 300 + [GO_ID])
    assert [generation.make() for _ in range(4)] == [FIRST, FIRST + 1, FIRST + 2, END_ID]
    generation.close()


def test_two_answers_may_stand_side_by_side(model: Model) -> None:
    generations = [model.begin(GREEDY) for _ in range(2)]
    for generation in generations:
        generation.read([GO_ID])
    assert [generation.make() for generation in generations * 2] == [FIRST, FIRST, FIRST + 1, FIRST + 1]
    for generation in generations:
        generation.close()


def test_a_wish_the_runtime_refuses_is_said_in_its_words(model: Model) -> None:
    with pytest.raises(LocalModelProblem, match=r"toy .*top_p must be between 0\.0 and 1\.0"):
        model.begin(GREEDY | {"do_sample": True, "temperature": 1.0, "top_p": 7.0})


def test_a_grammar_that_is_none_is_said(model: Model) -> None:
    with pytest.raises(LocalModelProblem, match="grammar"):
        model.begin(GREEDY, "start: {{{")


def test_a_graph_that_is_not_as_its_config_says_is_a_failure_and_no_crash(tmp_path: Path) -> None:
    folder = write_toy_model(tmp_path / "toy", PIECES)
    config = folder / "genai_config.json"
    config.write_text(config.read_text().replace('"input_ids": "input_ids"', '"input_ids": "nowhere"'))
    model = Loader(folder, CPU, threads=1).load()
    with pytest.raises(LocalModelProblem, match="nowhere"):
        model.begin(GREEDY)
    model.close()


@pytest.mark.parametrize("device", ["cpu", "cuda", "qnn"])
def test_the_runtime_sees_no_config_that_loads_native_code(tmp_path: Path, device: str) -> None:
    """`config check` tries a device by loading a model for it, and the model may be a cloned repository's."""
    folder = write_toy_model(tmp_path / "toy", PIECES)
    config = folder / "genai_config.json"
    asked = '"session_options": {"custom_ops_library": "evil.so", '
    config.write_text(config.read_text().replace('"session_options": {', asked))
    with pytest.raises(ModelCorrupt, match="asks to load native code"):
        require_device(folder, find_device(device))


def test_a_long_reading_can_be_interrupted_from_another_thread(tmp_path: Path) -> None:
    """Python's lock is free while the runtime works; otherwise this thread would never get to say it."""
    model = Loader(write_toy_model(tmp_path / "slow", [], work=500, window=60_000), CPU, threads=1).load()
    generation = model.begin(GREEDY | {"max_length": 50_000})
    outcome: list[BaseException] = []

    def read() -> None:
        try:
            generation.read([5] * 40_000)
        except BaseException as raised:  # noqa: BLE001  (the test looks at it)
            outcome.append(raised)

    reading = threading.Thread(target=read)
    reading.start()
    generation.interrupt()
    reading.join(timeout=60)

    assert not reading.is_alive()
    assert [type(raised) for raised in outcome] == [Interrupt]
    generation.close()
    model.close()


def python(code: str, *arguments: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={"PYTHONPATH": str(ROOT), "HOME": str(home), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


ANSWER = """
import sys
from pathlib import Path
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Message, Prompt, Role, Sampling
from agentic_flow.providers.local import LocalProvider

provider = LocalProvider(Path(sys.argv[1]), "toy", OnnxSettings(threads=1))
prompt = Prompt("toy", (Message(Role.USER, sys.argv[2] * int(sys.argv[3])),), Sampling(max_tokens=8))
for event in provider.stream(prompt):
    print(type(event).__name__, flush=True)
"""


def test_an_answer_leaves_nothing_behind_and_says_nothing_of_its_own(tmp_path: Path) -> None:
    """The runtime would keep an identity of this machine in the home folder, and report to its makers."""
    folder, home = write_toy_model(tmp_path / "toy", PIECES), tmp_path / "home"
    home.mkdir()
    out, err = python(ANSWER, str(folder), "A", "1", home=home).communicate(timeout=120)

    assert out.split() == ["Progress", "Progress", *["TextDelta"] * 3, "Finished"]
    assert err == ""
    assert list(home.rglob("*")) == []


def test_a_failure_to_load_is_ours_alone_to_tell(tmp_path: Path) -> None:
    folder, home = write_toy_model(tmp_path / "toy", PIECES), tmp_path / "home"
    home.mkdir()
    (folder / "model.onnx").write_bytes(b"no graph")
    out, err = python(ANSWER, str(folder), "A", "1", home=home).communicate(timeout=120)

    assert out.split() == ["Progress"]
    assert err.startswith("Traceback")  # nothing before it
    assert "ModelCorrupt" in err.splitlines()[-1]


def test_an_answer_needs_neither_http_nor_arrays(tmp_path: Path) -> None:
    folder = write_toy_model(tmp_path / "toy", PIECES)
    ask = ANSWER + "print(*sorted(sys.modules))"
    out, _ = python(ask, str(folder), "A", "1", home=tmp_path).communicate(timeout=120)

    loaded = set(out.splitlines()[-1].split())
    assert "onnxruntime_genai" in loaded
    assert not loaded & {
        "httpx",
        "httpx2",
        "httpcore",
        "numpy",
        "onnx",
        "onnxruntime",
        "rich",
        "typer",
        "huggingface_hub",
    }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_served_while_the_model_reads(tmp_path: Path, number: signal.Signals) -> None:
    """The reading would take minutes; the process ends long before, as Python's handler says."""
    folder = write_toy_model(tmp_path / "slow", [], work=500, window=60_000)
    handled = "import signal; signal.signal(signal.SIGTERM, signal.default_int_handler)\n" + ANSWER
    process = python(handled, str(folder), "x", "50000", home=tmp_path)
    assert process.stdout is not None
    assert [process.stdout.readline().strip() for _ in range(2)] == ["Progress", "Progress"]
    process.send_signal(number)
    _, err = process.communicate(timeout=60)

    assert process.returncode == -signal.SIGINT  # how Python ends by an unhandled KeyboardInterrupt
    assert err.splitlines()[-1] == "KeyboardInterrupt"
