"""A cloned repository may bring a model: whatever its config asks, it runs no code and writes no file."""

import json
from pathlib import Path

import pytest

from tests.program import Flow
from tests.providers.toy_model import write_toy_model


def bring(flow: Flow, option: str, value: str, *, twice: bool) -> None:
    """Put a model with such an option into the repository, and have its configuration point at it."""
    folder = write_toy_model(flow.cwd / "models/toy", [b"hi", b""])
    config = folder / "genai_config.json"
    own = '"session_options": {'
    more = json.dumps({option: value})[1:-1]
    asked = f"{own}{more}}}, {own}" if twice else f"{own}{more}, "
    text = config.read_text()
    assert own in text
    config.write_text(text.replace(own, asked))
    (folder / "evil.so").write_bytes(b"\x7fELF")
    onnx = {"modelPath": "models/toy"}
    (flow.cwd / "router.config.json").write_text(json.dumps({"providers": {"onnx": onnx}}))


@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize(
    "option", ["custom_ops_library", "enable_profiling", "session.collect_node_memory_stats_to_file"]
)
def test_a_model_s_config_loads_nothing_and_writes_nothing(flow: Flow, option: str, *, twice: bool) -> None:
    own = Path(flow.env["HOME"], ".bashrc")
    own.write_text("mine\n")
    bring(flow, option, "evil.so" if option == "custom_ops_library" else str(own), twice=twice)

    done = flow("-t", "Say hi", "--no-files", "-m", "onnx/default")

    assert (done.returncode, done.stdout) == (10, "")
    assert ("says 'session_options' twice" if twice else option) in done.stderr
    assert [path.name for path in own.parent.glob(".bashrc*")] == [".bashrc"]
    assert own.read_text() == "mine\n"


def test_a_model_that_a_repository_brings_does_not_pass_for_one_of_yours(flow: Flow) -> None:
    """It may be called like a model of the catalogue."""
    write_toy_model(flow.cwd / "models/qwen2.5-coder-0.5b", [b"hi", b""])
    onnx = {"modelPath": "models/qwen2.5-coder-0.5b"}
    (flow.cwd / "router.config.json").write_text(json.dumps({"providers": {"onnx": onnx}}))

    done = flow("-t", "Say hi", "--no-files", "-m", "onnx/qwen2.5-coder-0.5b", "--no-cache")

    assert (done.returncode, done.stdout) == (0, "hi")
    said = "onnx/qwen2.5-coder-0.5b is a model of this project: models/qwen2.5-coder-0.5b"
    assert f"warning: {said}\n" in done.stderr


def test_a_model_in_a_folder_that_you_name_is_yours(flow: Flow) -> None:
    write_toy_model(flow.cwd / "models/toy", [b"hi", b""])
    done = flow("-t", "Say hi", "--no-files", "-m", "onnx/toy", "--models-dir", "models", "--no-cache")
    assert (done.returncode, done.stdout) == (0, "hi")
    assert "warning" not in done.stderr
