"""A GGUF's metadata and tensor list -> the sizes a graph is built from, refusing what it could not compute.

Key and tensor names as in llama.cpp's `gguf-py/gguf/constants.py` (also installed as the `gguf` package).
"""

from collections.abc import Iterator

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.core.frozen import frozen
from agentic_flow.weights.gguf.reading import GgufFile

ARCHITECTURES = ("llama", "qwen2")
EMBEDDING, HEAD, FINAL_NORM, ROPE_FACTORS = (
    "token_embd.weight",
    "output.weight",
    "output_norm.weight",
    "rope_freqs.weight",
)

_MOST_LAYERS = 1024
_MOST_WEIGHTS = 1_048_576
"""In one row. The widest models known are below 60,000."""
_MOST_POSITIONS = 1_048_576
_MOST_HEAD = 1024
_HEAD_STEP = 8
"""The runtime's attention takes heads whose size is a multiple of this."""


@frozen
class Architecture:
    """A decoder's sizes: how many layers, weights a row, heads, words and positions."""

    kind: str
    layers: int
    hidden: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    context: int
    epsilon: float
    """Added under the root in RMS norms."""
    rope_base: float
    rope_divisor: float
    """Every position is divided by it (linear scaling); 1 where the model has none."""
    tied: bool
    """The embedding is also the head."""

    @property
    def paired(self) -> bool:
        """Whether query and key rows lie in pairs (x0, y0, x1, y1 ...), as llama.cpp's rotary has them.

        Its converter permutes them so for llama; for qwen2 they stay as trained (x0, x1 ..., y0, y1 ...).
        """
        return self.kind == "llama"

    def shapes(self) -> Iterator[tuple[str, int, int]]:
        """Yield every weight the graph needs: name, rows (1 for a vector), columns."""
        attention, cached = self.heads * self.head_size, self.kv_heads * self.head_size
        yield EMBEDDING, self.vocabulary, self.hidden
        yield FINAL_NORM, 1, self.hidden
        if not self.tied:
            yield HEAD, self.vocabulary, self.hidden
        for layer in range(self.layers):
            block = f"blk.{layer}."
            yield block + "attn_norm.weight", 1, self.hidden
            yield block + "attn_q.weight", attention, self.hidden
            yield block + "attn_k.weight", cached, self.hidden
            yield block + "attn_v.weight", cached, self.hidden
            yield block + "attn_output.weight", self.hidden, attention
            yield block + "ffn_norm.weight", 1, self.hidden
            yield block + "ffn_gate.weight", self.feed_forward, self.hidden
            yield block + "ffn_up.weight", self.feed_forward, self.hidden
            yield block + "ffn_down.weight", self.hidden, self.feed_forward

    def optional_shapes(self) -> Iterator[tuple[str, int, int]]:
        """Yield what a model may have besides."""
        attention, cached = self.heads * self.head_size, self.kv_heads * self.head_size
        yield ROPE_FACTORS, 1, self.head_size // 2
        for layer in range(self.layers):
            for part, size in (("q", attention), ("k", cached), ("v", cached), ("output", self.hidden)):
                yield f"blk.{layer}.attn_{part}.bias", 1, size


def read_architecture(file: GgufFile) -> Architecture:
    """Read the sizes and hold every tensor against them.

    Raises `ModelCorrupt` where one is missing, absurd or cannot be served.
    """
    kind = file.metadata.get("general.architecture")
    if kind not in ARCHITECTURES:
        raise ModelCorrupt(
            f"{file.name} has the architecture {kind!r}, and only {' and '.join(ARCHITECTURES)} can be"
            " imported; take another model"
        )
    numbers = _Numbers(file, str(kind))
    numbers.refuse_variants()
    heads = numbers.whole("attention.head_count", _MOST_WEIGHTS)
    hidden = numbers.whole("embedding_length", _MOST_WEIGHTS)
    embedding = file.tensors.get(EMBEDDING)
    architecture = Architecture(
        kind=str(kind),
        layers=numbers.whole("block_count", _MOST_LAYERS),
        hidden=hidden,
        feed_forward=numbers.whole("feed_forward_length", _MOST_WEIGHTS),
        heads=heads,
        kv_heads=numbers.whole("attention.head_count_kv", heads, default=heads),
        head_size=numbers.whole("attention.key_length", _MOST_HEAD, default=hidden // heads),
        vocabulary=embedding.rows if embedding else 0,
        context=numbers.whole("context_length", _MOST_POSITIONS),
        epsilon=numbers.positive("attention.layer_norm_rms_epsilon"),
        rope_base=numbers.positive("rope.freq_base", default=10_000.0),
        rope_divisor=numbers.rope_divisor(),
        tied=HEAD not in file.tensors,
    )
    _check_heads(file, architecture, numbers)
    _check_tensors(file, architecture)
    return architecture


class _Numbers:
    """The numbers among a file's metadata, under its architecture's prefix."""

    def __init__(self, file: GgufFile, kind: str) -> None:
        self._file = file
        self._kind = kind

    def _wrong(self, key: str, value: object) -> ModelCorrupt:
        found = "is missing" if value is None else f"is {value!r:.80}, which cannot be"
        return ModelCorrupt(f"{self._file.name}: {self._kind}.{key} {found}; the file is damaged")

    def _get(self, key: str) -> object:
        return self._file.metadata.get(f"{self._kind}.{key}")

    def whole(self, key: str, most: int, *, default: int | None = None) -> int:
        value = self._get(key)
        value = default if value is None else value
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
            raise self._wrong(key, value)
        return value

    def positive(self, key: str, *, default: float | None = None) -> float:
        value = self._get(key)
        value = default if value is None else value
        if not isinstance(value, int | float) or not 0 < value < 1e15:  # noqa: PLR2004  (NaN and infinity fail)
            raise self._wrong(key, value)
        return float(value)

    def rope_divisor(self) -> float:
        kind = self._get("rope.scaling.type")
        if kind in (None, "none"):
            return 1.0
        if kind == "linear":
            return self.positive("rope.scaling.factor")
        raise ModelCorrupt(
            f"{self._file.name} stretches its context by {kind!r:.40} scaling, which cannot be imported;"
            " take a variant without it"
        )

    def refuse_variants(self) -> None:
        if self._get("expert_count"):
            raise ModelCorrupt(f"{self._file.name} is a mixture of experts, which cannot be imported")


def _check_heads(file: GgufFile, architecture: Architecture, numbers: _Numbers) -> None:
    size = architecture.head_size
    if size % _HEAD_STEP or architecture.heads % architecture.kv_heads:
        raise ModelCorrupt(
            f"{file.name} has {architecture.heads} heads of {size} on {architecture.kv_heads},"
            " which the runtime cannot compute"
        )
    for key in ("attention.value_length", "rope.dimension_count"):
        if (other := numbers.whole(key, _MOST_HEAD, default=size)) != size:
            raise ModelCorrupt(f"{file.name} has {key} {other} and heads of {size}, which cannot be imported")


def _check_tensors(file: GgufFile, architecture: Architecture) -> None:
    needed, optional = list(architecture.shapes()), list(architecture.optional_shapes())
    if missing := [name for name, _, _ in needed if name not in file.tensors]:
        raise ModelCorrupt(
            f"{file.name} lacks {len(missing)} tensors ({', '.join(missing[:3])});"
            " it is damaged or not a whole model"
        )
    for name, rows, columns in (*needed, *optional):
        found = file.tensors.get(name)
        if found is not None and (found.rows, found.columns) != (rows, columns):
            raise ModelCorrupt(
                f"{file.name}: tensor {name} is {found.rows} x {found.columns},"
                f" and {rows} x {columns} is what the metadata say; the file is damaged"
            )
    known = {name for name, _, _ in (*needed, *optional)}
    if strange := sorted(file.tensors.keys() - known):
        raise ModelCorrupt(
            f"{file.name} holds {len(strange)} tensors that its architecture does not explain"
            f" ({', '.join(strange[:3])}); importing it without them would give wrong answers"
        )
