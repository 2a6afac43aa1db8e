import hashlib
from pathlib import Path

import pytest

from agentic_flow.core.errors import ModelCorrupt, UsageMistake
from agentic_flow.weights.local import import_local, looks_local
from agentic_flow.weights.manifest import read_manifest
from agentic_flow.weights.store import find, verify
from tests.weights.conftest import TINY, Machine, genai_files
from tests.weights.tiny_gguf import write_tiny_gguf


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "Some Model-Q4.gguf"
    path.write_bytes(b"GGUF and so on")
    return path


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """Return a folder in the runtime's format, with code and pickles in it as hubs have them."""
    folder = tmp_path / "My_Build"
    folder.mkdir()
    for name, body in genai_files(5_000).items():
        (folder / name).write_bytes(body)
    (folder / "modeling.py").write_text("raise SystemExit")
    (folder / "weights.bin").write_bytes(b"a pickle")
    return folder


def bring(machine: Machine, path: Path, name: str | None = None, *, force: bool = False) -> Path:
    return import_local(path, name, machine.places, machine.events.append, force=force)


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("phi-4", False),
        ("qwen2.5-coder-0.5b", False),
        ("phi-4@gpu-int4", False),
        ("some.gguf", True),
        ("./phi-4", True),
        ("folder/model", True),
        ("~/model", True),
        ("..", True),
        ("C:\\models\\mine", True),
    ],
)
def test_a_path_is_told_from_a_name(text: str, local: bool) -> None:  # noqa: FBT001  (a table's column)
    assert looks_local(text) is local


def test_a_gguf_file_becomes_a_model_of_ones_own(machine: Machine, gguf: Path, imported: list[bytes]) -> None:
    folder = bring(machine, gguf, "mine")

    assert imported == [gguf.read_bytes()]
    assert find("mine", machine.places, machine.onnx) == folder
    manifest = read_manifest(folder)
    assert manifest is not None
    assert manifest.original[gguf.name].sha256 == hashlib.sha256(gguf.read_bytes()).hexdigest()
    assert str(gguf) in manifest.source
    assert gguf.exists()


def test_a_real_gguf_file_becomes_a_model_that_the_runtime_loads(machine: Machine, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime_genai")

    folder = bring(machine, write_tiny_gguf(tmp_path / "tiny.gguf"), "mine")

    verify("mine", machine.places, machine.onnx)
    tokenizer = runtime.Tokenizer(runtime.Model(str(folder)))
    assert tokenizer.decode(tokenizer.encode("abc")) == "abc"


def test_a_gguf_file_that_is_cut_short_is_refused(machine: Machine, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "tiny.gguf")
    path.write_bytes(path.read_bytes()[:-1_000])

    with pytest.raises(ModelCorrupt):
        bring(machine, path, "mine")

    assert machine.visible() == []


@pytest.mark.usefixtures("imported")
def test_without_a_name_it_gets_the_files_own(machine: Machine, gguf: Path) -> None:
    assert bring(machine, gguf).name == "some-model-q4"


def test_a_folder_is_copied_without_code_and_pickles(machine: Machine, build: Path) -> None:
    folder = bring(machine, build)

    assert folder.name == "my_build"
    assert {path.name for path in folder.iterdir()} == genai_files().keys() | {"manifest.json"}
    assert "left out, being no weights, graphs or tokenizers: modeling.py, weights.bin" in machine.notices
    verify("my_build", machine.places, machine.onnx)


def test_links_as_hub_caches_have_them_are_followed(machine: Machine, build: Path, tmp_path: Path) -> None:
    blob = (build / "model.onnx.data").rename(tmp_path / "blob")
    (build / "model.onnx.data").symlink_to(blob)

    folder = bring(machine, build, "linked")

    assert (folder / "model.onnx.data").read_bytes() == blob.read_bytes()
    assert not (folder / "model.onnx.data").is_symlink()


def test_a_graph_inside_a_folder_stands_for_the_folder(machine: Machine, build: Path) -> None:
    assert bring(machine, build / "model.onnx", "mine").is_dir()


def test_an_existing_model_is_replaced_only_by_force(machine: Machine, build: Path) -> None:
    folder = bring(machine, build, "mine")
    (build / "tokenizer.json").write_text('{"second": true}')
    with pytest.raises(UsageMistake, match="--force replaces it"):
        bring(machine, build, "mine")

    bring(machine, build, "mine", force=True)

    assert "second" in (folder / "tokenizer.json").read_text()


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "..", "Größe", "a" * 65, "with space", "x@y"])
def test_a_name_must_be_a_plain_folder_name(machine: Machine, build: Path, name: str) -> None:
    with pytest.raises(UsageMistake, match="cannot be a model's name"):
        bring(machine, build, name)


@pytest.mark.parametrize("name", [TINY, "phi-4", "phi-4-onnx", "default"])
def test_a_catalogue_name_cannot_be_taken(machine: Machine, build: Path, name: str) -> None:
    with pytest.raises(UsageMistake, match="is a model of the catalogue"):
        bring(machine, build, name)


def test_a_path_that_is_not_there_says_what_can_be_named(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(UsageMistake, match="agentic-flow models list"):
        bring(machine, tmp_path / "nothing.gguf")


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("genai_config.json", "genai_config.json cannot be read"),
        ("model.onnx", r"names the graph model\.onnx, which is not there"),
        ("tokenizer.json", "has no tokenizer.json and no tokenizer.model"),
    ],
)
def test_a_folder_that_is_no_model_is_refused(machine: Machine, build: Path, spoil: str, reason: str) -> None:
    (build / spoil).unlink()

    with pytest.raises(ModelCorrupt, match=reason):
        bring(machine, build)

    assert machine.visible() == []


def test_a_file_that_is_no_gguf_is_refused(machine: Machine, tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_text("<html>")

    with pytest.raises(ModelCorrupt, match="is not a GGUF file"):
        bring(machine, path)

    assert machine.visible() == []


@pytest.mark.usefixtures("imported")
def test_what_cannot_be_imported_leaves_nothing(
    machine: Machine, gguf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path, folder: Path, **__: object) -> None:
        (folder / "half").write_text("made")
        raise ModelCorrupt("unknown architecture")

    monkeypatch.setattr("agentic_flow.weights.gguf.import_gguf", refuse)

    with pytest.raises(ModelCorrupt):
        bring(machine, gguf, "mine")

    assert machine.visible() == []
    assert not (machine.places.models / ".partial" / "mine").exists()
