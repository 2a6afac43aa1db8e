"""What a GGUF file becomes, and what is said of one that cannot become anything."""

import importlib
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.weights.gguf import import_gguf
from agentic_flow.weights.gguf.tokenizer import describe_tokenizer
from agentic_flow.weights.gguf.vocabulary import Kind, Vocabulary
from tests.weights.tiny_gguf import scores, write_tiny_gguf


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return write_tiny_gguf(tmp_path_factory.mktemp("gguf") / "tiny.gguf").read_bytes()


def bring(body: bytes, folder: Path) -> None:
    path = folder / "some.gguf"
    path.write_bytes(body)
    (folder / "out").mkdir()
    import_gguf(path, folder / "out", name="some")


@pytest.mark.parametrize("architecture", ["llama", "qwen2"])
def test_it_answers_as_the_file_does_when_computed_plainly(tmp_path: Path, architecture: str) -> None:
    """Rotary pairs and halves, biases, a head of its own or the embedding's: as in the plain reference."""
    reference = importlib.import_module("benchmarks.reference")
    gguf = write_tiny_gguf(tmp_path / "tiny.gguf", architecture=architecture)
    words = [72, 101, 108, 108, 111, 44, 87]

    import_gguf(gguf, tmp_path, name="tiny")

    *_, last = next(reference.Reference(gguf).logits([words]))
    assert np.abs(scores(tmp_path, words) - last).max() < 0.02 * np.abs(last).max()


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        (b"GGUF", b"GGML", "is not a GGUF file"),
        (b"GGUF\3\0", b"GGUF\1\0", "GGUF version 1"),
        (b"GGUF\3\0", b"GGUF\0\3", "only little-endian"),
        (
            b"architecture\x08\0\0\0\5\0\0\0\0\0\0\0llama",
            b"architecture\x08\0\0\0\5\0\0\0\0\0\0\0gemma",
            "llama and qwen2",
        ),
        (b"llama.context_length", b"llama.context_lengtX", "llama.context_length is missing"),
        (
            b"llama.attention.head_count_kv\x04\0\0\0\1",
            b"llama.attention.head_count_kv\x04\0\0\0\7",
            "cannot be",
        ),
        (b"blk.0.ffn_up.weight", b"blk.0.ffn_ux.weight", "lacks 1 tensors (blk.0.ffn_up.weight)"),
        (b"tokenizer.ggml.eos_token_id", b"tokenizer.ggml.eos_token_iX", "nothing would end an answer"),
        (b"\6\0\0\0\0\0\0\0smollm", b"\6\0\0\0\0\0\0\0strang", "splits text as 'strang'"),
        (b"\3\0\0\0\0\0\0\0a b", b"\3\0\0\0\0\0\0\0a c", "merge 'a c' does not fit its tokens"),
        (b"\4\0\0\0\0\0\0\0gpt2", b"\4\0\0\0\0\0\0\0bert", "only 'gpt2' and 'llama'"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(
    tiny: bytes, tmp_path: Path, was: bytes, becomes: bytes, said: str
) -> None:
    assert was in tiny

    with pytest.raises(ModelCorrupt) as refused:
        bring(tiny.replace(was, becomes, 1), tmp_path)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"expert_count": 4}, "is a mixture of experts, which cannot be imported"),
        ({"rope.scaling.type": "yarn"}, "stretches its context by 'yarn' scaling, which cannot be imported"),
        ({"rope.scaling.type": "linear"}, "llama.rope.scaling.factor is missing"),
        ({"rope.scaling.type": "linear", "rope.scaling.factor": 0.0}, "llama.rope.scaling.factor is 0.0"),
        ({"attention.value_length": 16}, "has attention.value_length 16 and heads of 32"),
        ({"attention.key_length": 36}, "which the runtime cannot compute"),
    ],
)
def test_a_variant_that_would_be_computed_wrongly_is_refused(
    tmp_path: Path, more: dict[str, int | float | str], said: str
) -> None:
    gguf = write_tiny_gguf(tmp_path / "tiny.gguf", more=more)

    with pytest.raises(ModelCorrupt) as refused:
        import_gguf(gguf, tmp_path, name="tiny")

    assert said in str(refused.value)


def test_a_context_that_is_stretched_evenly_is_another_model_than_the_plain_one(tmp_path: Path) -> None:
    words = [72, 101, 108, 108, 111, 44, 87]
    far: dict[str, int | float | str] = {"rope.scaling.type": "linear", "rope.scaling.factor": 4.0}
    answers = []
    for name, more in (("plain", None), ("far", far)):
        folder = tmp_path / name
        folder.mkdir()
        import_gguf(write_tiny_gguf(tmp_path / f"{name}.gguf", more=more), folder, name=name)
        answers.append(scores(folder, words))

    assert np.abs(answers[0] - answers[1]).max() > 0


PLACE = st.integers(0, 9_000) | st.floats(0, 0.9999)
"""A byte of the head, or a share of the whole file."""


@given(st.lists(st.tuples(PLACE, st.integers(0, 255)), min_size=1))
def test_a_damaged_file_is_refused_in_words_or_does_no_harm(
    tiny: bytes, damage: list[tuple[int | float, int]]
) -> None:
    body = bytearray(tiny)
    for at, byte in damage:
        body[at if isinstance(at, int) else int(at * len(tiny))] = byte

    with TemporaryDirectory() as folder:
        said = "imported"
        try:
            bring(bytes(body), Path(folder))
        except ModelCorrupt as refused:
            said = str(refused)
        assert said
        assert (said == "imported") == (Path(folder) / "out" / "genai_config.json").exists()
        assert {path.name for path in Path(folder).iterdir()} == {"some.gguf", "out"}


@pytest.mark.parametrize("kind", ["F32", "Q4_1"])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, kind: str) -> None:
    body = write_tiny_gguf(tmp_path / "tiny.gguf", GGMLQuantizationType[kind]).read_bytes()

    with pytest.raises(ModelCorrupt, match=r"tensor blk.0.ffn_down.weight holds infinite weights"):
        bring(body[:-200] + b"\xff" * 200, tmp_path)


@given(st.floats(0, 0.999))
def test_a_file_that_ends_too_soon_is_refused(tiny: bytes, share: float) -> None:
    with TemporaryDirectory() as folder, pytest.raises(ModelCorrupt):
        bring(tiny[: int(share * len(tiny))], Path(folder))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("hello", ["\u2581hello"]),
        ("hell", ["\u2581he", "ll"]),
        ("ho he", ["\u2581", "h", "o", "\u2581he"]),
        ("h\u00e9", ["\u2581", "h", "<0xC3>", "<0xA9>"]),
        ("<s>he", ["<s>", "\u2581he"]),
    ],
)
def test_sentencepiece_merges_the_best_scored_neighbours(text: str, words: list[str]) -> None:
    """And what it has no token for goes in bytes."""
    control = ["<unk>", "<s>", "</s>"]
    in_bytes = [f"<0x{byte:02X}>" for byte in range(256)]
    plain = ["he", "ll", "\u2581he", "llo", "\u2581hello", *"\u2581helo"]
    tokens = (*control, *in_bytes, *plain)
    vocabulary = Vocabulary(
        model="llama",
        splitter="default",
        tokens=tokens,
        kinds=(Kind.UNKNOWN, Kind.CONTROL, Kind.CONTROL, *[Kind.BYTE] * 256, *[Kind.NORMAL] * len(plain)),
        scores=tuple(0.0 if number < 259 else 259.0 - number for number in range(len(tokens))),
        merges=(),
        begin=1,
        end=2,
        pad=2,
        unknown=0,
        ends=(2,),
        adds_begin=True,
        adds_space=True,
        template=None,
    )

    tokenizer = Tokenizer.from_str(json.dumps(describe_tokenizer(vocabulary)))

    encoded = tokenizer.encode(text, add_special_tokens=False)
    assert encoded.tokens == words
    assert tokenizer.encode(text).tokens == ["<s>", *words]
    if not text.startswith("<s>"):
        assert tokenizer.decode(encoded.ids) == text
