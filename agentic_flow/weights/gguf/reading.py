"""A GGUF file to its metadata and tensors. The file is a stranger's: every count is held against its size.

Layout as in the GGUF specification (versions 2 and 3, little-endian): magic, version, counts, key-value
pairs, tensor infos, padding, tensor data.
"""

import math
import mmap
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Self

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.core.frozen import frozen
from agentic_flow.weights.gguf.affine import TAKEN_APART, Blocks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Value = str | int | float | bool | list[str] | list[int] | list[float] | list[bool]

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_PAIRS = 65_536
MAX_TENSORS = 65_536
MAX_ITEMS = 4_194_304
"""Of one array. The largest vocabularies known have 262,144 tokens and half a million merges."""
MAX_KEY = 65_535
MAX_TEXT = 16_777_216
"""Bytes of one string; chat templates are the longest and stay under 100 kB."""
MAX_DIMENSIONS = 4
MAX_SIDE = 2**31
"""Of one dimension. Keeps every product within 64 bits and every row within what a graph can hold."""

_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}


@frozen
class BlockType:
    """How a tensor's numbers are stored: `weights` of them in every `size` bytes."""

    name: str
    weights: int
    size: int


BLOCK_TYPES = {
    0: BlockType("F32", 1, 4),
    1: BlockType("F16", 1, 2),
    2: BlockType("Q4_0", 32, 18),
    3: BlockType("Q4_1", 32, 20),
    6: BlockType("Q5_0", 32, 22),
    7: BlockType("Q5_1", 32, 24),
    8: BlockType("Q8_0", 32, 34),
    10: BlockType("Q2_K", 256, 84),
    11: BlockType("Q3_K", 256, 110),
    12: BlockType("Q4_K", 256, 144),
    13: BlockType("Q5_K", 256, 176),
    14: BlockType("Q6_K", 256, 210),
    30: BlockType("BF16", 1, 2),
}
"""By ggml's type number: the types we read. Sizes as in ggml's `ggml-common.h`."""


@frozen
class TensorInfo:
    """Where a tensor lies in the file. `rows` x `columns`, rows being outputs; a vector has one row."""

    name: str
    type_number: int
    rows: int
    columns: int
    offset: int

    @property
    def block(self) -> BlockType:
        """How the numbers are stored. Raises `ModelCorrupt` for a type we do not read."""
        try:
            return BLOCK_TYPES[self.type_number]
        except KeyError:
            known = ", ".join(block.name for block in BLOCK_TYPES.values())
            raise ModelCorrupt(
                f"tensor {self.name!r} has the type number {self.type_number}, which cannot be imported; "
                f"take a GGUF quantized as one of: {known}"
            ) from None

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.columns // self.block.weights * self.block.size


class GgufFile:
    """An open GGUF: `metadata` by key, `tensors` by name, their numbers on demand. To be used with `with`."""

    def __init__(self, path: Path) -> None:
        """Read everything but the tensor data. Raises `ModelCorrupt` naming what is wrong."""
        self.name = path.name
        self._map = _map_whole(path)
        try:
            header = _Header(self._map, path.name)
            self.metadata: Mapping[str, Value] = header.metadata
            self.tensors: Mapping[str, TensorInfo] = header.tensors
        except BaseException:
            self._map.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._map.close()

    def rows(self, name: str, *, chunk: int) -> Iterator["NDArray[np.float32]"]:
        """Yield the tensor dequantized, at most `chunk` rows at a time: float32 [rows, columns]."""
        import numpy as np
        from gguf.constants import GGMLQuantizationType
        from gguf.quants import dequantize

        kind = GGMLQuantizationType(self.tensors[name].type_number)
        for raw in self._raw(name, chunk):
            yield np.asarray(dequantize(raw, kind), dtype=np.float32).reshape(len(raw), -1)

    def blocks(self, name: str, *, chunk: int) -> Iterator[Blocks]:
        """Yield a tensor whose type is in `TAKEN_APART` as it is stored, at most `chunk` rows at a time."""
        block = self.tensors[name].block
        for raw in self._raw(name, chunk):
            yield TAKEN_APART[block.name](raw.reshape(len(raw), -1, block.size))

    def _raw(self, name: str, chunk: int) -> Iterator["NDArray[np.uint8]"]:
        import numpy as np

        info = self.tensors[name]
        for first in range(0, info.rows, chunk):
            count = min(chunk, info.rows - first)
            start = info.offset + first * info.row_bytes
            raw = np.frombuffer(self._map[start : start + count * info.row_bytes], dtype=np.uint8)
            yield raw.reshape(count, -1)


def _map_whole(path: Path) -> mmap.mmap:
    try:
        with path.open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except ValueError:
        raise ModelCorrupt(f"{path.name} is empty; download it again") from None
    except OSError as failure:
        raise ModelCorrupt(f"{path} cannot be read ({failure.strerror})") from failure


class _Header:
    """Walks the header once. Every length is checked against what is left of the file before it is used."""

    def __init__(self, data: mmap.mmap, name: str) -> None:
        self._data = data
        self._size = len(data)
        self._at = 0
        self._name = name
        tensor_count, pair_count = self._opening()
        self.metadata = dict(self._pair() for _ in range(pair_count))
        infos = [self._tensor() for _ in range(tensor_count)]
        self.tensors = self._placed(infos)

    def _wrong(self, what: str) -> ModelCorrupt:
        return ModelCorrupt(f"{self._name}: {what}; the file is damaged, download it again")

    def _take(self, count: int) -> int:
        """Step over `count` bytes and return where they begin."""
        at = self._at
        if count > self._size - at:
            raise self._wrong(f"ends at byte {self._size} in the middle of its header")
        self._at = at + count
        return at

    def _number(self, code: str) -> int:
        return int(struct.unpack_from("<" + code, self._data, self._take(struct.calcsize("<" + code)))[0])

    def _text(self, longest: int) -> str:
        length = self._number("Q")
        if length > longest:
            raise self._wrong(f"has a text of {length:,} bytes in its header")
        at = self._take(length)
        return self._data[at : at + length].decode("utf-8", errors="replace")

    def _opening(self) -> tuple[int, int]:
        if self._data[:4] != MAGIC:
            raise ModelCorrupt(f"{self._name} is not a GGUF file (it does not begin with 'GGUF')")
        self._at = 4
        version = self._number("I")
        if version not in VERSIONS:
            raise ModelCorrupt(
                f"{self._name} is GGUF version {version}; only little-endian versions 2 and 3 can be imported"
            )
        tensors, pairs = self._number("Q"), self._number("Q")
        if tensors > MAX_TENSORS or pairs > MAX_PAIRS:
            raise self._wrong(f"claims {tensors:,} tensors and {pairs:,} metadata entries")
        return tensors, pairs

    def _pair(self) -> tuple[str, Value]:
        key = self._text(MAX_KEY)
        kind = self._number("I")
        if kind == _ARRAY:
            return key, self._array(key)
        return key, self._value(kind, key)

    def _value(self, kind: int, key: str) -> str | int | float | bool:
        if kind == _STRING:
            return self._text(MAX_TEXT)
        return self._scalars(kind, 1, key)[0]

    def _scalars(self, kind: int, count: int, key: str) -> list[int] | list[float] | list[bool]:
        code = _SCALARS.get(kind)
        if code is None:
            raise self._wrong(f"metadata {key!r} has the unknown value type {kind}")
        at = self._take(count * struct.calcsize("<" + code))
        return list(struct.unpack_from(f"<{count}{code}", self._data, at))

    def _array(self, key: str) -> list[str] | list[int] | list[float] | list[bool]:
        kind, count = self._number("I"), self._number("Q")
        if count > MAX_ITEMS:
            raise self._wrong(f"metadata {key!r} claims {count:,} items")
        if kind == _STRING:
            return [self._text(MAX_TEXT) for _ in range(count)]
        return self._scalars(kind, count, key)

    def _tensor(self) -> TensorInfo:
        name = self._text(MAX_KEY)
        dimensions = self._number("I")
        if dimensions > MAX_DIMENSIONS:
            raise self._wrong(f"tensor {name!r} claims {dimensions:,} dimensions")
        sides = [self._number("Q") for _ in range(dimensions)]
        if any(not 0 < side < MAX_SIDE for side in sides):
            raise self._wrong(f"tensor {name!r} claims the shape {sides}")
        columns = sides[0] if sides else 1
        return TensorInfo(name, self._number("I"), math.prod(sides[1:]), columns, self._number("Q"))

    def _placed(self, infos: list[TensorInfo]) -> dict[str, TensorInfo]:
        """Turn offsets within the data section into offsets within the file, and check that all is there."""
        alignment = self.metadata.get("general.alignment", 32)
        if not isinstance(alignment, int) or not 0 < alignment <= mmap.PAGESIZE * 16:
            raise self._wrong(f"claims the alignment {alignment!r}")
        begin = -(-self._at // alignment) * alignment
        placed: dict[str, TensorInfo] = {}
        for info in infos:
            if info.name in placed:
                raise self._wrong(f"has two tensors named {info.name!r}")
            if info.columns % info.block.weights:
                raise self._wrong(f"tensor {info.name!r} has rows of {info.columns} weights")
            end = begin + info.offset + info.rows * info.row_bytes
            if end > self._size:
                raise self._wrong(f"tensor {info.name!r} ends at byte {end:,} and the file at {self._size:,}")
            placed[info.name] = TensorInfo(
                info.name, info.type_number, info.rows, info.columns, begin + info.offset
            )
        return placed
