"""Arrays -> one data file beside the graph, and the ONNX tensors that point into it.

Large arrays begin on a page of their own (4096 bytes), so that the runtime can map them instead of reading
them; small ones stay inside the graph, where its optimizer can see them.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from onnx import TensorProto

    Array = NDArray[Any]

_PAGE = 4096
_INSIDE = 1024
"""Arrays below this many bytes are kept in the graph itself."""


class DataFile:
    """The data file of a graph in the making. `tensors` is what the graph lists as its initializers."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        """Write to `file`, which the graph will know by the name of `path`."""
        self._file = file
        self._location = path.name
        self._places: dict[str, tuple[int, int]] = {}
        self.tensors: list[TensorProto] = []

    def add(self, name: str, array: "Array") -> str:
        """Store an array and return its name."""
        if array.nbytes >= _INSIDE:
            return self.add_pieces(name, [array], array.shape, array.dtype)
        tensor = _tensor(name, array.shape, array.dtype)
        tensor.raw_data = array.tobytes()
        self.tensors.append(tensor)
        return name

    def add_pieces(self, name: str, pieces: Iterable["Array"], shape: Iterable[int], dtype: Any) -> str:
        """Store an array that comes in pieces, so that it never is in memory as a whole."""
        self._file.write(b"\0" * (-self._file.tell() % _PAGE))
        begin = self._file.tell()
        for piece in pieces:
            self._file.write(piece.tobytes())
        self._places[name] = (begin, self._file.tell() - begin)
        self._point(name, name, shape, dtype)
        return name

    def share(self, name: str, stored: str, shape: Iterable[int], dtype: Any) -> str:
        """Name an array anew, in another shape, without storing it again."""
        self._point(name, stored, shape, dtype)
        return name

    def _point(self, name: str, stored: str, shape: Iterable[int], dtype: Any) -> None:
        from onnx import TensorProto

        tensor = _tensor(name, shape, dtype)
        tensor.data_location = TensorProto.EXTERNAL
        offset, length = self._places[stored]
        place: Mapping[str, object] = {"location": self._location, "offset": offset, "length": length}
        for key, value in place.items():
            tensor.external_data.add(key=key, value=str(value))
        self.tensors.append(tensor)


def _tensor(name: str, shape: Iterable[int], dtype: Any) -> "TensorProto":
    import numpy as np
    from onnx import TensorProto, helper

    return TensorProto(name=name, dims=shape, data_type=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
