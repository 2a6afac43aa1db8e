"""Rows of weights -> the packed blocks of the runtime's `MatMulNBits` and `GatherBlockQuantized`.

A row is cut into blocks of 2^n weights with one float32 scale each: `weight = (code - zero) * scale`. Codes
are unsigned, the first of a pair in the low half of its byte. Without zeros the zero is the middle code.
Source: ONNX Runtime's `docs/ContribOperators.md`.

Measured: what a file stores in 4 bits must not be rounded to other 4 bits. Blocks of 64 with scales of
least error, in two thirds of a 1.5B model's weights, made perplexity on text and code 9 % worse; carried
over, 0.04 %.
"""

from typing import TYPE_CHECKING

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.core.frozen import frozen
from agentic_flow.weights.gguf.affine import BLOCK, Blocks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Codes = NDArray[np.uint8]

WIDEST_BLOCK = 128
"""Measured: wider is no faster. Of 8 bits a block of 32 is decoded 1.6 times slower than one of 128."""
_NARROWEST_BLOCK = 16
_MOST_NIBBLE = 15


@frozen
class Scheme:
    """How a matrix is stored: bits a weight (4 or 8), weights a block."""

    bits: int
    block: int
    sums: bool = False
    """Each row goes on with a weight for the sum of each block of what it is multiplied with."""

    def width(self, columns: int) -> int:
        """Return how many weights a row has with those for sums."""
        return columns + columns // self.block if self.sums else columns

    def blocks(self, columns: int) -> int:
        """Return how many blocks hold a row, the last of which may be filled up."""
        return -(-self.width(columns) // self.block)


@frozen
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


def carry_over(blocks: Blocks, *, sums: bool) -> Packed:
    """Take 4-bit blocks over as they are: the codes and scales, and the offsets as far as zeros can say them.

    A zero is a whole code, so up to half a step of each offset is left over. It multiplies the sum of what
    its block is multiplied with; with `sums` these remainders follow as weights of their own.
    """
    import numpy as np

    steps = np.divide(
        -blocks.offsets, blocks.scales, out=np.zeros_like(blocks.scales), where=blocks.scales != 0
    )
    zeros = np.clip(np.rint(steps), 0, _MOST_NIBBLE)
    parts = [(blocks.codes, blocks.scales, zeros)]
    if sums:
        parts.append(_quantize_to_nibbles(blocks.offsets + blocks.scales * zeros))
    codes, scales, zeros = (np.concatenate(part, axis=1) for part in zip(*parts, strict=True))
    return Packed(_in_pairs(codes), scales, _in_pairs(zeros.astype(np.uint8)))


def _quantize_to_nibbles(rows: "Floats") -> tuple["Codes", "Floats", "Floats"]:
    """Round [rows, columns] to 4 bits in blocks, the last filled up. Returns codes, scales and zeros."""
    import numpy as np

    blocks = np.pad(rows, ((0, 0), (0, -rows.shape[1] % BLOCK))).reshape(rows.shape[0], -1, BLOCK)
    low, high = np.minimum(blocks.min(axis=-1), 0), np.maximum(blocks.max(axis=-1), 0)
    scales = (high - low) / np.float32(_MOST_NIBBLE)
    scales[scales == 0] = 1
    zeros = np.rint(-low / scales)
    codes = np.clip(np.rint(blocks / scales[..., None]) + zeros[..., None], 0, _MOST_NIBBLE)
    return codes.astype(np.uint8), scales, zeros


def _in_pairs(codes: "Codes") -> "Codes":
    """Put two codes into a byte, the first in its low half."""
    import numpy as np

    whole = np.pad(codes, [(0, 0)] * (codes.ndim - 1) + [(0, codes.shape[-1] % 2)])
    return np.asarray(whole[..., ::2] | whole[..., 1::2] << 4, np.uint8)
