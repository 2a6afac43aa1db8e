"""A GGUF's blocks of 32 4-bit weights, taken apart without loss: `weight = code * scale + offset`.

Layouts as in ggml's `ggml-common.h` (`block_q4_0`, `block_q4_1`, `block_q4_K`) and `ggml-quants.c`.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from agentic_flow.core.frozen import frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Bytes = NDArray[np.uint8]

BLOCK = 32


@frozen
class Blocks:
    """Rows of weights: codes 0 to 15 [rows, blocks, 32], scales and offsets [rows, blocks]."""

    codes: "Bytes"
    scales: "Floats"
    offsets: "Floats"


def _q4_0(raw: "Bytes") -> Blocks:
    """Scale; codes around 8."""
    scales = _halves(raw[..., :2])[..., 0]
    return Blocks(_nibbles(raw[..., 2:]), scales, scales * -8)


def _q4_1(raw: "Bytes") -> Blocks:
    """Scale, offset, codes."""
    numbers = _halves(raw[..., :4])
    return Blocks(_nibbles(raw[..., 4:]), numbers[..., 0], numbers[..., 1])


def _q4_k(raw: "Bytes") -> Blocks:
    """Eight blocks at a time: two scales of scales, 6-bit scales and offsets of blocks, codes."""
    import numpy as np

    rows, groups, _ = raw.shape
    outer, packed = _halves(raw[..., :4]), raw[..., 4:16]
    low, middle, high = packed[..., :4], packed[..., 4:8], packed[..., 8:]
    # The first four of each are 6 bits of a byte; the others are 4 bits, and 2 left over from those bytes.
    scales = np.concatenate([low & 63, (high & 15) | (low >> 6) << 4], axis=-1)
    offsets = np.concatenate([middle & 63, (high >> 4) | (middle >> 6) << 4], axis=-1)
    codes = _nibbles(raw[..., 16:].reshape(rows, groups, 4, BLOCK))
    return Blocks(
        codes.reshape(rows, -1, BLOCK),
        (outer[..., :1] * scales).reshape(rows, -1),
        (outer[..., 1:] * -offsets.astype(np.float32)).reshape(rows, -1),
    )


TAKEN_APART: Mapping[str, Callable[["Bytes"], Blocks]] = MappingProxyType(
    {"Q4_0": _q4_0, "Q4_1": _q4_1, "Q4_K": _q4_k}
)
"""By the name of the block type: what takes raw blocks [rows, blocks, bytes] apart."""


def _halves(raw: "Bytes") -> "Floats":
    """Read 16-bit floating-point numbers."""
    import numpy as np

    return np.ascontiguousarray(raw).view(np.float16).astype(np.float32)


def _nibbles(raw: "Bytes") -> "Bytes":
    """Spread bytes [..., n]: the low halves of all of them, then the high ones."""
    import numpy as np

    return np.concatenate([raw & 15, raw >> 4], axis=-1, dtype=np.uint8)
