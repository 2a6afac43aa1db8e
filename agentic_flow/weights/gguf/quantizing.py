"""Rows of float32 weights -> the packed blocks of the runtime's `MatMulNBits` and `GatherBlockQuantized`.

A row is cut into blocks of 2^n weights with one float32 scale each: `weight = (code - zero) * scale`. Codes
are unsigned, the first of a pair in the low half of its byte. Without zeros the zero is the middle code.
Source: ONNX Runtime's `docs/ContribOperators.md`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from agentic_flow.core.errors import ModelCorrupt

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Codes = NDArray[np.uint8]

_WIDEST, _NARROWEST = 128, 16
"""Weights a block: wider ones are no faster, narrower ones the runtime does not take."""
_BYTE_STEPS, _NIBBLE_STEPS = 127, 15


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a matrix is stored: bits a weight (8, or 4 with zeros) and weights a block."""

    bits: int
    block: int

    @property
    def block_bytes(self) -> int:
        """Bytes of one block's codes."""
        return self.block * self.bits // 8


@dataclass(frozen=True, slots=True)
class Packed:
    """Quantized rows: codes [rows, blocks, bytes a block], scales [rows, blocks], zeros two to a byte."""

    codes: "Codes"
    scales: "Floats"
    zeros: "Codes | None" = None


def widest_block(columns: int) -> int:
    """Return the widest block that divides a row. Raises `ModelCorrupt` where the runtime has none."""
    block = _WIDEST
    while columns % block:
        block //= 2
    if block < _NARROWEST:
        raise ModelCorrupt(
            f"the model has rows of {columns} weights, which do not divide into blocks of {_NARROWEST};"
            " take another model"
        )
    return block


def quantize(rows: "Floats", scheme: Scheme) -> Packed:
    """Round [rows, columns] to the nearest codes. Columns must be a multiple of the block."""
    blocks = rows.reshape(rows.shape[0], -1, scheme.block)
    return _to_bytes(blocks) if scheme.bits == 8 else _to_nibbles(blocks)  # noqa: PLR2004


def _to_bytes(blocks: "Floats") -> Packed:
    """Spread 127 steps from zero to a block's largest weight, on both sides."""
    import numpy as np

    scales = np.abs(blocks).max(axis=-1) / np.float32(_BYTE_STEPS)
    scales[scales == 0] = 1
    codes = np.rint(blocks / scales[..., None])
    codes += 128
    return Packed(codes.astype(np.uint8), scales)


def _to_nibbles(blocks: "Floats") -> Packed:
    """Spread 15 steps from a block's smallest to its largest weight, zero being one of them.

    Scales that make the squared error least were tried: they shrink the weights, and the perplexity rose.
    """
    import numpy as np

    low, high = np.minimum(blocks.min(axis=-1), 0), np.maximum(blocks.max(axis=-1), 0)
    scales = (high - low) / np.float32(_NIBBLE_STEPS)
    scales[scales == 0] = 1
    zeros = np.rint(-low / scales)
    codes = np.rint(blocks / scales[..., None])
    codes += zeros[..., None]
    codes = np.clip(codes, 0, _NIBBLE_STEPS, out=codes).astype(np.uint8)
    return Packed(_in_pairs(codes), scales, _in_pairs(zeros.astype(np.uint8)))


def _in_pairs(values: "Codes") -> "Codes":
    """Pack the last axis two values to a byte, the first in the low half; an odd one is filled up."""
    import numpy as np

    if values.shape[-1] % 2:
        values = np.concatenate([values, np.zeros_like(values[..., :1])], axis=-1)
    return values[..., 0::2] | values[..., 1::2] << np.uint8(4)
