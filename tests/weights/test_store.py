import json
from dataclasses import replace
from pathlib import Path

import pytest

from agentic_flow.core.errors import LocalModelProblem, ModelCorrupt, ModelMissing, UnknownModel
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.weights.local import import_local
from agentic_flow.weights.manifest import FileRecord, Manifest, record_files, write_manifest
from agentic_flow.weights.staging import Staging
from agentic_flow.weights.store import State, find, remove, stored, verify
from tests.weights.conftest import Machine, genai_files

ONNX = OnnxSettings()


def put_model(root: Path, name: str, *, papers: bool = True) -> Path:
    """Put a whole model into a folder of models, with or without our manifest."""
    folder = root / name
    folder.mkdir(parents=True)
    for file, body in genai_files(1_000).items():
        (folder / file).write_bytes(body)
    if papers:
        records: dict[str, FileRecord] = record_files(folder, lambda *_: None)
        write_manifest(
            folder, Manifest(name, "MIT", "a test", None, "2026-01-01T00:00:00+00:00", {}, records)
        )
    return folder


def test_a_model_that_is_there_is_found_by_all_its_names(machine: Machine) -> None:
    folder = put_model(machine.places.models, "phi-4")

    for name in ("phi-4", "PHI-4", "phi-4-onnx", "phi-4-instruct-int4", "phi-4@cpu-int4"):
        assert find(name, machine.places, ONNX) == folder


def test_the_default_is_the_built_in_one_or_the_one_the_settings_name(machine: Machine) -> None:
    built_in = put_model(machine.places.models, "qwen2.5-coder-0.5b")
    chosen = put_model(machine.places.models, "phi-3-mini")

    assert find("default", machine.places, ONNX) == built_in
    assert find("default", machine.places, OnnxSettings(default_model="phi-3-mini-int4")) == chosen


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("default", "agentic-flow download-model qwen2.5-coder-0.5b"),
        ("phi-4-onnx", "agentic-flow download-model phi-4"),
        ("phi-4@gpu-int4", "agentic-flow download-model phi-4@gpu-int4"),
    ],
)
def test_a_missing_model_names_the_exact_command(machine: Machine, name: str, command: str) -> None:
    with pytest.raises(ModelMissing, match=f"run `{command}`$") as failure:
        find(name, machine.places, ONNX)

    assert command.endswith(failure.value.name)


def test_the_variant_that_suits_the_settings_is_wanted(machine: Machine) -> None:
    put_model(machine.places.models, "phi-4")
    cuda = OnnxSettings(execution_provider="cuda")
    with pytest.raises(ModelMissing, match="phi-4@gpu-int4 is not on this machine"):
        find("phi-4", machine.places, cuda)

    gpu = put_model(machine.places.models, "phi-4@gpu-int4")

    assert find("phi-4", machine.places, cuda) == gpu


@pytest.mark.parametrize("name", ["mistral", "../secret", "a/b", "", ".partial", "phi-4@none"])
def test_an_unknown_name_never_reaches_the_disk(machine: Machine, name: str) -> None:
    put_model(machine.places.models.parent, "secret")

    with pytest.raises(UnknownModel):
        find(name, machine.places, ONNX)
    with pytest.raises(UnknownModel):
        remove(name, machine.places)
    assert (machine.places.models.parent / "secret").is_dir()


def test_an_imported_model_is_found_by_its_own_name(machine: Machine) -> None:
    folder = put_model(machine.places.models, "mine")

    assert find("mine", machine.places, ONNX) == folder
    with pytest.raises(UnknownModel, match="did you mean 'mine'"):
        find("mime", machine.places, ONNX)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda folder: (folder / "model.onnx").unlink(), "model.onnx is missing"),
        (
            lambda folder: (folder / "tokenizer.json").write_bytes(b""),
            "tokenizer.json has 0 bytes instead of",
        ),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest.json cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "manifest.json cannot be read"),
        (
            lambda folder: (folder / "manifest.json").write_text('{"files": {"a": 1}}'),
            "manifest.json cannot be",
        ),
    ],
    ids=["file gone", "file short", "manifest cut", "manifest a list", "manifest wrong"],
)
def test_a_damaged_model_is_named_before_it_is_loaded(machine: Machine, damage: object, said: str) -> None:
    folder = put_model(machine.places.models, "phi-4")
    damage(folder)  # type: ignore[operator]  # one of the lambdas above

    with pytest.raises(ModelCorrupt, match=said):
        find("phi-4", machine.places, ONNX)
    (model,) = [model for model in stored(machine.places, ONNX) if model.name == "phi-4"]
    assert model.state is State.DAMAGED
    assert model.problem is not None
    assert said in model.problem


def test_what_brings_a_damaged_model_again_can_be_run_as_it_is_said(machine: Machine, tmp_path: Path) -> None:
    folder = put_model(machine.places.models, "phi-4")
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelCorrupt, match="`agentic-flow download-model phi-4 --force`"):
        find("phi-4", machine.places, ONNX)

    source = tmp_path / "my model"
    source.mkdir()
    for name, body in genai_files().items():
        (source / name).write_bytes(body)
    folder = import_local(source, "mine", machine.places, lambda _: None, force=False)
    next(folder.glob("*.onnx")).unlink()
    with pytest.raises(
        ModelCorrupt, match=r"`agentic-flow download-model '/.*/my model' --name mine --force`"
    ):
        find("mine", machine.places, ONNX)


def test_changed_bytes_of_the_same_length_are_found_by_verifying(machine: Machine) -> None:
    folder = put_model(machine.places.models, "phi-4")
    verify("phi-4", machine.places, ONNX)
    body = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(body[:-1] + bytes([body[-1] ^ 1]))

    with pytest.raises(ModelCorrupt, match=r"model\.onnx does not have the sha256"):
        verify("phi-4", machine.places, ONNX)


def test_a_folder_put_there_by_hand_runs_but_cannot_be_verified(machine: Machine) -> None:
    folder = put_model(machine.places.models, "mine", papers=False)

    assert find("mine", machine.places, ONNX) == folder
    with pytest.raises(ModelCorrupt, match="no manifest"):
        verify("mine", machine.places, ONNX)


def test_model_path_may_be_a_models_folder(machine: Machine, tmp_path: Path) -> None:
    folder = put_model(tmp_path / "elsewhere", "my-build", papers=False)
    onnx = OnnxSettings(model_path=folder)

    assert find("default", machine.places, onnx) == folder
    assert find("my-build", machine.places, onnx) == folder
    with pytest.raises(ModelMissing):
        find("phi-4", machine.places, onnx)


@pytest.mark.parametrize("name", ["default", "phi-4", "phi-4-onnx"])
def test_model_path_may_be_a_file_inside_one(machine: Machine, tmp_path: Path, name: str) -> None:
    """The guide's `./models/phi-4-instruct-int4.onnx` is phi-4, too."""
    folder = put_model(tmp_path, "models-of-mine", papers=False)
    (folder / "phi-4-instruct-int4.onnx").write_bytes(b"graph")
    onnx = OnnxSettings(model_path=folder / "phi-4-instruct-int4.onnx")

    assert find(name, machine.places, onnx) == folder


def test_model_path_may_name_a_catalogue_model_that_is_kept_elsewhere(
    machine: Machine, tmp_path: Path
) -> None:
    """The guide's configuration works after `download-model phi-4`, although no such file exists."""
    onnx = OnnxSettings(model_path=tmp_path / "models" / "phi-4-instruct-int4.onnx")
    with pytest.raises(ModelMissing, match="run `agentic-flow download-model phi-4`"):
        find("default", machine.places, onnx)

    folder = put_model(machine.places.models, "phi-4")

    assert find("default", machine.places, onnx) == folder


def test_model_path_may_be_a_folder_of_models(machine: Machine, tmp_path: Path) -> None:
    folder = put_model(tmp_path / "shared", "phi-4", papers=False)
    own = put_model(tmp_path / "shared", "their-own", papers=False)
    onnx = OnnxSettings(model_path=tmp_path / "shared")

    assert find("phi-4", machine.places, onnx) == folder
    assert find("their-own", machine.places, onnx) == own
    assert {model.name for model in stored(machine.places, onnx) if model.state is State.READY} == {
        "phi-4",
        "their-own",
    }


def test_model_path_that_cannot_serve_says_what_would(machine: Machine, tmp_path: Path) -> None:
    bare = tmp_path / "phi-4-instruct-int4.onnx"
    bare.write_bytes(b"graph")
    gguf = tmp_path / "some.gguf"
    gguf.write_bytes(b"GGUF")

    with pytest.raises(ModelCorrupt, match=r"no genai_config.json and tokenizer lie beside it"):
        find("default", machine.places, OnnxSettings(model_path=bare))
    with pytest.raises(ModelMissing, match=rf"run `agentic-flow download-model {gguf}`"):
        find("default", machine.places, OnnxSettings(model_path=gguf))
    with pytest.raises(ModelMissing, match="which does not exist"):
        find("default", machine.places, OnnxSettings(model_path=tmp_path / "unknown.onnx"))


def test_the_list_shows_the_catalogue_and_what_is_here(machine: Machine) -> None:
    put_model(machine.places.models, "phi-4")
    put_model(machine.places.models, "phi-3-mini@cuda-fp16")
    put_model(machine.places.models, "mine", papers=False)
    begun = Staging(machine.places.models, "phi-4-mini")
    begun.download.mkdir(parents=True)
    (begun.download / "model.onnx.data.part").write_bytes(b"x" * 500)

    states = {model.name: (model.state, model.size) for model in stored(machine.places, ONNX)}

    whole = sum(map(len, genai_files(1_000).values()))
    assert states["phi-4"] == states["mine"] == states["phi-3-mini@cuda-fp16"] == (State.READY, whole)
    assert states["phi-4-mini"] == (State.PARTIAL, 500)
    assert states["phi-3-mini"] == (State.ABSENT, 2_725_536_824)
    assert "phi-4@gpu-int4" not in states


def test_removing_a_model_takes_its_variants_and_its_partial_bytes(machine: Machine) -> None:
    put_model(machine.places.models, "phi-4")
    put_model(machine.places.models, "phi-4@gpu-int4")
    kept = put_model(machine.places.models, "phi-4-mini")
    staging = Staging(machine.places.models, "phi-4")
    staging.download.mkdir(parents=True)

    assert remove("phi-4-onnx", machine.places) == ("phi-4", "phi-4@gpu-int4")

    assert machine.visible() == ["phi-4-mini"]
    assert kept.is_dir()
    assert not staging.work.exists()
    with pytest.raises(ModelMissing, match="nothing was removed"):
        remove("phi-4", machine.places)


def test_one_variant_or_an_imported_model_can_be_removed(machine: Machine) -> None:
    put_model(machine.places.models, "phi-4")
    put_model(machine.places.models, "phi-4@gpu-int4")
    put_model(machine.places.models, "mine")

    assert remove("phi-4@gpu-int4", machine.places) == ("phi-4@gpu-int4",)
    assert remove("mine", machine.places) == ("mine",)
    assert machine.visible() == ["phi-4"]


def test_a_model_that_is_being_downloaded_is_not_removed(machine: Machine) -> None:
    put_model(machine.places.models, "phi-4")
    staging = Staging(machine.places.models, "phi-4")

    with staging.locked(), pytest.raises(LocalModelProblem, match="being downloaded by another process"):
        remove("phi-4", machine.places)

    assert machine.visible() == ["phi-4"]


def test_a_manifest_is_plain_json_that_names_every_file(machine: Machine) -> None:
    folder = put_model(machine.places.models, "phi-4")

    content = json.loads((folder / "manifest.json").read_text())

    assert content["files"].keys() == genai_files().keys()
    assert set(content["files"]["model.onnx"]) == {"size", "sha256"}


def test_the_folder_of_models_may_not_exist_yet(machine: Machine) -> None:
    places = replace(machine.places, models=machine.places.models / "deeper" / "still")

    assert {model.state for model in stored(places, ONNX)} == {State.ABSENT}
