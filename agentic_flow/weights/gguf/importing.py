"""A GGUF file -> a folder that onnxruntime-genai runs: the order of it.

Tensors go through memory one at a time, large ones in pieces, straight into the data file.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.weights.gguf.affine import BLOCK, TAKEN_APART, Blocks
from agentic_flow.weights.gguf.architecture import (
    EMBEDDING,
    FINAL_NORM,
    HEAD,
    ROPE_FACTORS,
    Architecture,
    read_architecture,
)
from agentic_flow.weights.gguf.describing import describe_model, describe_words
from agentic_flow.weights.gguf.graph import ACROSS, IN_BLOCKS, LAST, ONE, Decoder, Layer, Matrix, build_graph
from agentic_flow.weights.gguf.quantizing import Packed, Scheme, carry_over, quantize_to_bytes, widest_block
from agentic_flow.weights.gguf.reading import GgufFile
from agentic_flow.weights.gguf.storing import DataFile
from agentic_flow.weights.gguf.tokenizer import describe_tokenizer
from agentic_flow.weights.gguf.vocabulary import read_vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float32]

GRAPH, DATA = "model.onnx", "model.onnx.data"
_PIECE = 8_388_608
"""Weights dequantized at a time: 32 MB of float32."""


def import_gguf(
    source: Path, folder: Path, *, name: str, report: Callable[[float], None] | None = None
) -> None:
    """Write a complete model into `folder`, which exists and is empty.

    `report` is told how much is done, from 0 to 1. Raises `ModelCorrupt`, naming `source`'s mistake.
    """
    with GgufFile(source) as file:
        architecture = read_architecture(file)
        vocabulary = read_vocabulary(file, architecture.vocabulary)
        _write_json(folder / "tokenizer.json", describe_tokenizer(vocabulary))
        _write_json(folder / "tokenizer_config.json", describe_words(architecture, vocabulary))
        _write_json(folder / "genai_config.json", describe_model(architecture, vocabulary, GRAPH))
        with (folder / DATA).open("xb") as out:
            weights = _Weights(file, architecture, DataFile(out, folder / DATA), report or _silent)
            decoder = weights.store()
            model = build_graph(architecture, decoder, weights.data.tensors)
        model.doc_string = name
        (folder / GRAPH).write_bytes(model.SerializeToString())


def _silent(_: float) -> None:
    """Report to nobody."""


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


class _Weights:
    """Carries the tensors of one file over into a data file."""

    def __init__(
        self, file: GgufFile, architecture: Architecture, data: DataFile, report: Callable[[float], None]
    ) -> None:
        self._file = file
        self._sizes = architecture
        self.data = data
        self._report = report
        self._total = sum(info.rows * info.columns for info in file.tensors.values())
        self._done = 0

    def store(self) -> Decoder:
        """Store everything, in the order in which a token needs it."""
        import numpy as np

        self.data.add(ONE, np.array([1], np.int64))
        self.data.add(LAST, np.array(-1, np.int64))
        self.data.add(IN_BLOCKS, np.array([0, 0, -1, BLOCK], np.int64))
        self.data.add(ACROSS, np.array([-1], np.int64))
        cosines, sines = self._rotations()
        tied = self._sizes.tied
        embedding = None if tied else self._table(self._bytes("embedding", [EMBEDDING]))
        layers = [self._layer(number) for number in range(self._sizes.layers)]
        final_norm = self._vector("final/norm_weight", FINAL_NORM)
        head = self._bytes("head", [EMBEDDING]) if tied else self._matrix("head", [HEAD])
        return Decoder(embedding or self._table(head), layers, final_norm, head, cosines, sines)

    def _layer(self, number: int) -> Layer:
        here, block = f"layer.{number}/", f"blk.{number}."

        def matrix(name: str, *parts: str) -> Matrix:
            return self._matrix(here + name, [block + part for part in parts])

        return Layer(
            attention_norm=self._vector(here + "attention_norm_weight", block + "attn_norm.weight"),
            query_key_value=matrix("query_key_value", "attn_q.weight", "attn_k.weight", "attn_v.weight"),
            output=matrix("output", "attn_output.weight"),
            feed_forward_norm=self._vector(here + "feed_forward_norm_weight", block + "ffn_norm.weight"),
            gate=matrix("gate", "ffn_gate.weight"),
            up=matrix("up", "ffn_up.weight"),
            down=matrix("down", "ffn_down.weight"),
        )

    def _matrix(self, name: str, tensors: Sequence[str]) -> Matrix:
        """Store one matrix from the rows of several tensors one below the other, with their biases.

        Weights of 4 bits keep theirs; all others get 8, which loses next to nothing of them.
        """
        kinds = {self._file.tensors[tensor].block.name for tensor in tensors}
        if not kinds <= TAKEN_APART.keys():
            return self._bytes(name, tensors)
        scheme = Scheme(4, BLOCK, sums=kinds != {"Q4_0"})
        packed = (carry_over(blocks, sums=scheme.sums) for blocks in self._blocks(tensors))
        return self._stored(name, tensors, scheme, packed)

    def _bytes(self, name: str, tensors: Sequence[str]) -> Matrix:
        """Store one matrix at 8 bits."""
        scheme = Scheme(8, widest_block(self._file.tensors[tensors[0]].columns))
        packed = (quantize_to_bytes(rows, scheme.block) for rows in self._rows(tensors))
        return self._stored(name, tensors, scheme, packed)

    def _stored(self, name: str, tensors: Sequence[str], scheme: Scheme, pieces: Iterable[Packed]) -> Matrix:
        import numpy as np

        infos = [self._file.tensors[tensor] for tensor in tensors]
        rows, columns = sum(info.rows for info in infos), infos[0].columns
        blocks = scheme.blocks(columns)
        scales: list[Floats] = []
        zeros: list[Bytes] = []

        def codes() -> "Iterator[Bytes]":
            for packed in pieces:
                scales.append(packed.scales)
                zeros.extend([] if packed.zeros is None else [packed.zeros])
                yield packed.codes

        shape = (rows, blocks, scheme.block * scheme.bits // 8)
        arrays = [self.data.add_pieces(name + "/codes", codes(), shape, np.uint8)]
        arrays.append(self.data.add(name + "/scales", np.concatenate(scales)))
        if zeros:
            arrays.append(self.data.add(name + "/zeros", np.concatenate(zeros)))
        return Matrix(tuple(arrays), rows, columns, scheme, self._bias(name, tensors))

    def _table(self, matrix: Matrix) -> Matrix:
        """Name a matrix's codes anew, in the shape in which rows are looked up."""
        import numpy as np

        codes, *rest = matrix.arrays
        shape = (matrix.rows, matrix.columns)
        table = self.data.share(codes + "/rows", codes, shape, np.uint8)
        return replace(matrix, arrays=(table, *rest))

    def _bias(self, name: str, tensors: Sequence[str]) -> str:
        """Store the biases that belong to a matrix, with zeros for the tensors that have none."""
        import numpy as np

        biases = [tensor.removesuffix("weight") + "bias" for tensor in tensors]
        if not any(bias in self._file.tensors for bias in biases):
            return ""
        parts = [
            np.concatenate(list(self._rows([bias]))).reshape(-1)
            if bias in self._file.tensors
            else np.zeros(self._file.tensors[tensor].rows, np.float32)
            for tensor, bias in zip(tensors, biases, strict=True)
        ]
        return self.data.add(name + "/bias", np.concatenate(parts))

    def _vector(self, name: str, tensor: str) -> str:
        return self.data.add(name, next(self._rows([tensor])).reshape(-1))

    def _rows(self, tensors: Sequence[str]) -> "Iterator[Floats]":
        """Yield the rows of tensors in pieces, as the graph wants them."""
        for tensor in tensors:
            heads = self._heads_in_pairs(tensor)
            for piece in self._file.rows(tensor, chunk=self._chunk(tensor)):
                self._refuse_infinite(tensor, piece)
                # A bias is one row: its numbers lie in pairs as a matrix's rows do.
                rows = piece.reshape(-1, 1) if heads and len(piece) == 1 else piece
                yield _halves(rows, heads).reshape(piece.shape) if heads else piece
                self._count(piece.size)

    def _blocks(self, tensors: Sequence[str]) -> Iterator[Blocks]:
        """Yield the same rows as they are stored."""
        for tensor in tensors:
            heads = self._heads_in_pairs(tensor)
            for piece in self._file.blocks(tensor, chunk=self._chunk(tensor)):
                self._refuse_infinite(tensor, piece.scales, piece.offsets)
                arrays = (piece.codes, piece.scales, piece.offsets)
                yield Blocks(*(_halves(array, heads) for array in arrays)) if heads else piece
                self._count(piece.codes.size)

    def _chunk(self, tensor: str) -> int:
        """Return how many rows of a tensor to take at a time: all of them, where they change places."""
        info = self._file.tensors[tensor]
        return info.rows if self._heads_in_pairs(tensor) else max(1, _PIECE // info.columns)

    def _refuse_infinite(self, tensor: str, *arrays: "Floats") -> None:
        import numpy as np

        if not all(np.isfinite(array).all() for array in arrays):
            raise ModelCorrupt(
                f"{self._file.name}: tensor {tensor} holds infinite weights; the file is damaged,"
                " download it again"
            )

    def _count(self, weights: int) -> None:
        self._done += weights
        self._report(self._done / self._total)

    def _heads_in_pairs(self, tensor: str) -> int:
        """Return how many heads' rows lie in pairs in this tensor: 0 where none do."""
        if not self._sizes.paired:
            return 0
        part = tensor.rpartition(".")[0].rpartition(".")[2]
        return {"attn_q": self._sizes.heads, "attn_k": self._sizes.kv_heads}.get(part, 0)

    def _rotations(self) -> tuple[str, str]:
        """Store cosine and sine of every position's angles: float32 [positions, half a head].

        Rotary embedding: position p turns pair i by p * base^(-2i/size) (Su et al. 2021, section 3.4.2), here
        divided by the model's scaling.
        """
        import numpy as np

        size = self._sizes.head_size
        turns = self._sizes.rope_base ** (-np.arange(0, size, 2, dtype=np.float64) / size)
        turns /= self._sizes.rope_divisor
        if ROPE_FACTORS in self._file.tensors:
            turns /= next(self._rows([ROPE_FACTORS])).reshape(-1)
        angles = np.outer(np.arange(self._sizes.context), turns)
        cosines = self.data.add("rotary/cosines", np.cos(angles).astype(np.float32))
        return cosines, self.data.add("rotary/sines", np.sin(angles).astype(np.float32))


def _halves(rows: "NDArray[Any]", heads: int) -> "NDArray[Any]":
    """Reorder each head's rows from pairs (x0, y0, x1, y1 ...) to halves (x0, x1 ..., y0, y1 ...)."""
    pairs = rows.reshape(heads, -1, 2, *rows.shape[1:])
    return pairs.swapaxes(1, 2).reshape(rows.shape)
