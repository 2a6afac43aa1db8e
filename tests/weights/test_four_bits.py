"""Weights that a GGUF file stores in 4 bits are carried over, not rounded a second time."""

from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize
from numpy.typing import NDArray

from agentic_flow.weights.gguf import import_gguf
from agentic_flow.weights.gguf.affine import BLOCK, TAKEN_APART, Blocks
from agentic_flow.weights.gguf.quantizing import Packed, Scheme, carry_over
from tests.weights.tiny_gguf import scores, write_tiny_gguf

Floats = NDArray[np.float32]

KINDS = [GGMLQuantizationType[name] for name in TAKEN_APART]
SCALES = {"Q4_0": 1, "Q4_1": 2, "Q4_K": 2}
"""How many 16-bit numbers a stored block begins with."""


def stored(kind: GGMLQuantizationType) -> NDArray[np.uint8]:
    """Return raw blocks [rows, blocks, bytes] with any codes and with scales as models have them."""
    noise = np.random.default_rng(0)
    _, size = GGML_QUANT_SIZES[kind]
    raw = noise.integers(0, 256, (5, 3, size), dtype=np.uint8)
    numbers = noise.uniform(-0.02, 0.02, (5, 3, SCALES[kind.name])).astype(np.float16)
    raw[..., : 2 * SCALES[kind.name]] = numbers.view(np.uint8)
    return raw


def parts(kind: GGMLQuantizationType) -> tuple[Floats, Blocks]:
    """Return rows as another reader gives them, and as ours takes them apart."""
    raw = stored(kind)
    return dequantize(raw.reshape(len(raw), -1), kind), TAKEN_APART[kind.name](raw)


def unpacked(packed: Packed) -> Floats:
    """Read packed rows as the operator's documentation says it does."""
    assert packed.zeros is not None
    blocks = packed.scales.shape[1]
    codes = np.stack([packed.codes & 15, packed.codes >> 4], axis=-1).reshape(len(packed.codes), blocks, -1)
    zeros = np.stack([packed.zeros & 15, packed.zeros >> 4], axis=-1).reshape(len(packed.codes), -1)
    steps = np.asarray(codes, np.float32) - zeros[:, :blocks, None]
    return np.asarray(steps * packed.scales[..., None], np.float32).reshape(len(steps), -1)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_block_taken_apart_is_the_files_own(kind: GGMLQuantizationType) -> None:
    weights, blocks = parts(kind)

    ours = blocks.codes * blocks.scales[..., None] + blocks.offsets[..., None]

    np.testing.assert_allclose(ours.reshape(weights.shape), weights, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_carried_over_it_multiplies_as_the_files_weights_do(kind: GGMLQuantizationType) -> None:
    weights, blocks = parts(kind)
    value = np.asarray(np.random.default_rng(1).standard_normal(weights.shape[1]), np.float32)
    scheme = Scheme(4, BLOCK, sums=True)

    rows = unpacked(carry_over(blocks, sums=True))[:, : scheme.width(weights.shape[1])]
    sums = value.reshape(-1, BLOCK).sum(axis=-1)

    size = np.abs(weights) @ np.abs(value)
    assert np.all(np.abs(rows @ np.concatenate([value, sums]) - weights @ value) < 0.005 * size)


def test_blocks_around_the_middle_need_no_sums() -> None:
    weights, blocks = parts(GGMLQuantizationType.Q4_0)

    np.testing.assert_array_equal(unpacked(carry_over(blocks, sums=False)), weights)


@pytest.mark.parametrize("kind", ["Q4_0", "Q4_1"])
def test_a_model_in_4_bits_answers_as_the_same_model_written_out(tmp_path: Path, kind: str) -> None:
    short, full = tmp_path / "short", tmp_path / "full"
    for folder in (short, full):
        folder.mkdir()
        gguf = write_tiny_gguf(folder / "tiny.gguf", GGMLQuantizationType[kind], written_out=folder is full)
        import_gguf(gguf, folder, name="tiny")

    difference = scores(short) - scores(full)

    assert np.abs(difference).max() < 0.02 * np.abs(scores(full)).max()
    assert b"with_sums" not in (full / "model.onnx").read_bytes()
    assert (b"with_sums" in (short / "model.onnx").read_bytes()) is (kind == "Q4_1")
