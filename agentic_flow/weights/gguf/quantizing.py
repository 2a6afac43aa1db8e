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

WIDEST_BLOCK = 128
"""Measured: wider is no faster. Of 8 bits a block of 32 is decoded 1.6 times slower than one of 128."""
_NARROWEST_BLOCK = 16


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a matrix is stored: bits a weight (4 or 8), weights a block."""

    bits: int
    block: int


@dataclass(frozen=True, slots=True)
class Packed:
    """Quantized rows: codes [rows, blocks, bytes a block], scales and, for 4 bits, zeros per block."""

    codes: "Codes"
    scales: "Floats"
    zeros: "Codes | None" = None


def widest_block(columns: int) -> int:
    """Return the widest block that divides a row. Raises `ModelCorrupt` where the runtime has none."""
    block = WIDEST_BLOCK
    while columns % block:
        block //= 2
    if block < _NARROWEST_BLOCK:
        raise ModelCorrupt(
            f"the model has rows of {columns} weights, which the runtime cannot take in blocks of"
            f" {_NARROWEST_BLOCK}; take another model"
        )
    return block


def quantize_to_bytes(rows: "Floats", block: int) -> Packed:
    """Round [rows, columns] to 8 bits around the middle code, each block's largest weight to 127 steps."""
    import numpy as np

    blocks = rows.reshape(rows.shape[0], -1, block)
    scales = np.abs(blocks).max(axis=-1) / np.float32(127)
    scales[scales == 0] = 1
    codes = np.rint(blocks / scales[..., None])
    codes += 128
    return Packed(codes.astype(np.uint8), scales)
