"""The load of a local model is one long call of the runtime, which nothing ends: run and process end."""

import json
import signal
import subprocess
import time

import pytest

from tests.program import Flow
from tests.providers.toy_model import make_slow_to_load, write_toy_model

ASK = ("-a", "reviewer", "-m", "onnx/toy", "--models-dir", "models", "-t", "x", "--no-stdin")
JSON = ("--output-format", "json")


@pytest.fixture
def slow(flow: Flow) -> Flow:
    """Return the program beside a model that takes many minutes to load."""
    make_slow_to_load(write_toy_model(flow.cwd / "models/toy", [b"late"], window=4000), 20_000)
    return flow


def test_a_time_limit_ends_a_load(slow: Flow) -> None:
    done = slow(*ASK, *JSON, "--timeout", "1")

    result = json.loads(done.stdout)
    assert (done.returncode, result["status"]) == (6, "budget")
    assert "the time limit is up while the local model is loaded" in done.stderr
    told = json.loads(slow("history", "show", "--json").stdout)
    assert (told["run_id"], told["status"]) == (result["run_id"], "budget")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_load(slow: Flow, number: signal.Signals, code: int) -> None:
    process = slow.start(*ASK, *JSON, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None
    try:
        assert process.stderr.readline().startswith(b"model: onnx/toy")
        time.sleep(0.5)  # it is loaded by now, or will be told of the end just before
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    finally:
        process.kill()

    assert (process.returncode, json.loads(said)["exit_code"]) == (code, code)
