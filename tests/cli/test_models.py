"""`models` and `download-model` as a person and a script use them."""

import json
import re
from collections.abc import Generator
from pathlib import Path

import pexpect
import pytest
import yaml

from tests.program import Flow
from tests.weights.conftest import entry, genai_files, hub_source
from tests.weights.hub_server import FOLDER, Hub, Status, serving


@pytest.fixture
def hub() -> Generator[Hub]:
    with serving({f"{FOLDER}/{name}": body for name, body in genai_files(3_000_000).items()}) as hub:
        yield hub


@pytest.fixture
def flow(flow: Flow, hub: Hub) -> Flow:
    """Return the program in a home whose own catalogue names the hub's model."""
    config = Path(flow.env["HOME"]) / ".config" / "agentic-flow"
    config.mkdir(parents=True)
    (config / "models.yaml").write_text(yaml.safe_dump({"tiny": entry(hub_source())}), encoding="utf-8")
    environment = {"HF_ENDPOINT": hub.endpoint, "AGENTIC_FLOW_MODELS_DIR": str(flow.cwd / "models")}
    return Flow(flow.cwd, flow.env | environment)


def test_list_shows_every_model_with_its_state(flow: Flow) -> None:
    done = flow("models", "list")

    lines = done.stdout.splitlines()
    assert lines[0].split() == ["NAME", "STATE", "SIZE", "LICENCE", "ALIASES"]
    assert [line.split()[0] for line in lines[1:]] == [
        *("qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "smollm2-135m"),
        *("phi-4", "phi-4-mini", "phi-3.5-mini", "phi-3-mini", "tiny"),
    ]
    assert "not downloaded  10.9 GB  MIT         phi-4-onnx, " in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_list_as_json_has_bytes_and_paths(flow: Flow) -> None:
    models = {model["name"]: model for model in json.loads(flow("models", "list", "--json").stdout)}

    assert models["phi-3-mini"] == {
        "name": "phi-3-mini",
        "state": "not downloaded",
        "size": 2_725_536_824,
        "licence": "MIT",
        "aliases": models["phi-3-mini"]["aliases"],
        "path": str(flow.cwd / "models" / "phi-3-mini"),
        "source": None,
        "problem": None,
    }
    assert "phi-3-mini-onnx" in models["phi-3-mini"]["aliases"]


def test_a_download_shows_licence_size_source_and_progress_and_prints_the_folder(flow: Flow) -> None:
    done = flow("download-model", "tiny")

    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{flow.cwd / 'models' / 'tiny'}\n"
    assert "tiny: Tiny, licence MIT, INT4, 420 kB to download" in done.stderr
    assert "from Hugging Face maker/tiny-onnx (127.0.0.1:" in done.stderr
    assert "downloading: 100% (3 MB of 3 MB" in done.stderr
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr


def test_what_was_downloaded_can_be_listed_shown_verified_and_removed(flow: Flow) -> None:
    flow("download-model", "tiny", "--quiet")

    assert "tiny                ready" in flow("models", "list").stdout
    shown = json.loads(flow("models", "show", "tiny", "--verify", "--json").stdout)
    assert shown["verified"] is True
    assert shown["here"][0]["state"] == "ready"
    told = flow("models", "show", "tiny").stdout
    assert "state    ready" in told
    assert re.search(r"  size +\d+ (bytes|kB|MB)\n", told), "as a person reads it"
    assert flow("models", "remove", "tiny").stdout == "removed tiny\n"
    assert flow("models", "remove", "tiny").returncode == 10
    assert not (flow.cwd / "models" / "tiny").exists()


def test_quiet_prints_nothing_but_failures(flow: Flow, hub: Hub) -> None:
    done = flow("download-model", "tiny", "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    hub.api.append(Status(500))
    failed = flow("download-model", "tiny", "--quiet", "--force")

    assert failed.returncode == 10
    assert failed.stdout == ""
    assert failed.stderr.startswith("agentic-flow: local_model: tiny cannot be downloaded. Hugging Face")
    assert failed.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("download-model", "phi-5"), 3, "did you mean 'phi-4'"),
        (("download-model", "./nothing.gguf"), 2, "there is no nothing.gguf"),
        (("download-model", "tiny", "--name", "mine"), 2, "--name is for a local file"),
        (("models", "show", "phi-5"), 3, "did you mean 'phi-4'"),
        (("models", "remove", "phi-5"), 3, "did you mean 'phi-4'"),
        (("models", "show", "tiny", "--verify"), 10, "run `agentic-flow download-model tiny`"),
    ],
)
def test_a_mistake_ends_with_its_code_and_one_line(
    flow: Flow, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = flow(*arguments)

    assert done.returncode == code
    assert said in done.stderr.splitlines()[-1]
    assert done.stdout == ""


def test_a_name_may_be_written_as_runs_write_it(flow: Flow) -> None:
    assert flow("download-model", "onnx/tiny", "--quiet").returncode == 0


def test_a_folder_of_ones_own_is_imported(flow: Flow) -> None:
    build = flow.cwd / "build"
    build.mkdir()
    for name, body in genai_files(1_000).items():
        (build / name).write_bytes(body)

    done = flow("download-model", "./build", "--name", "mine")

    assert done.stdout == f"{flow.cwd / 'models' / 'mine'}\n"
    assert "mine                ready" in flow("models", "list").stdout


@pytest.mark.parametrize(("answer", "there"), [("n", False), ("y", True)])
def test_a_run_offers_to_download_the_model_it_needs(flow: Flow, answer: str, there: bool) -> None:  # noqa: FBT001  (a table's column)
    child = flow.on_terminal("--model", "onnx/tiny", "--agent", "coder", "--task", "hi", "--no-files")
    child.expect("tiny is not here yet. Download 420 kB, licence MIT?")
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()

    assert child.exitstatus == 10  # not there, or noise that no runtime can load
    assert (flow.cwd / "models" / "tiny").is_dir() is there


def test_a_terminal_gets_a_bar_with_the_speed(flow: Flow, hub: Hub) -> None:
    hub.slow = 0.01
    child = flow.on_terminal("download-model", "tiny", dimensions=(24, 100), TERM="xterm-256color")
    child.expect("downloading")
    child.expect(r"\d+(\.\d)?/3\.\d MB.*[kM]B/s")
    hub.hurry()
    child.expect(pexpect.EOF)
    child.close()

    assert child.exitstatus == 0
