"""A decoder's sizes and the names of its stored weights -> the ONNX graph, on the runtime's fused operators.

A layer is: RMS norm, one product for query, key and value, attention with rotary positions over the cache, a
product, RMS norm of the sum, SwiGLU, a product. Inputs and outputs are called what onnxruntime-genai expects.
Source of the operators: ONNX Runtime's `docs/ContribOperators.md`.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from agentic_flow.core.frozen import frozen
from agentic_flow.weights.gguf.architecture import Architecture
from agentic_flow.weights.gguf.quantizing import Scheme

if TYPE_CHECKING:
    from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

KEY_IN, VALUE_IN = "past_key_values.{}.key", "past_key_values.{}.value"
KEY_OUT, VALUE_OUT = "present.{}.key", "present.{}.value"

ONE, LAST = "one", "final/position"
"""Constants: [1] and -1, int64."""
IN_BLOCKS, ACROSS = "blocks/shape", "blocks/axis"
"""Constants: the shape of a value cut into blocks, and the axis within a block; int64."""

_OPSET = 22
_IR_VERSION = 10
_FUSED = "com.microsoft"
_INT8_ACTIVATIONS = 4
"""`accuracy_level`: a block of activations is rounded to 8 bits, and products are sums of integers."""


@frozen
class Matrix:
    """A stored matrix: the names of its arrays as the operators take them, and its sizes."""

    arrays: tuple[str, ...]
    """Codes, scales and, where the scheme has them, zeros."""
    rows: int
    columns: int
    scheme: Scheme
    bias: str = ""


@frozen
class Layer:
    """What one layer is made of: norms by the names of their weights, and matrices."""

    attention_norm: str
    query_key_value: Matrix
    output: Matrix
    feed_forward_norm: str
    gate: Matrix
    up: Matrix
    down: Matrix


@frozen
class Decoder:
    """All stored weights of a model, by name. `cosines`, `sines`: [positions, half a head]."""

    embedding: Matrix
    layers: Sequence[Layer]
    final_norm: str
    head: Matrix
    cosines: str
    sines: str


def build_graph(
    architecture: Architecture, decoder: Decoder, tensors: Sequence["TensorProto"]
) -> "ModelProto":
    """Return the model, whose initializers are `tensors`."""
    from onnx import helper

    nodes = _Nodes(architecture)
    nodes.add_decoder(decoder)
    graph = helper.make_graph(
        nodes.made, "decoder", list(_inputs(architecture)), list(_outputs(architecture)), list(tensors)
    )
    operators = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
    return helper.make_model(
        graph, opset_imports=operators, ir_version=_IR_VERSION, producer_name="agentic-flow"
    )


class _Nodes:
    """The nodes in order. A value is named by what makes it."""

    def __init__(self, architecture: Architecture) -> None:
        self._sizes = architecture
        self.made: list[NodeProto] = []

    def _node(self, operator: str, inputs: Sequence[str], *outputs: str, domain: str = "", **how: Any) -> str:
        from onnx import helper

        name = next(output for output in reversed(outputs) if output)
        self.made.append(helper.make_node(operator, inputs, outputs, name=name, domain=domain, **how))
        return outputs[0]

    def _product(self, matrix: Matrix, value: str, output: str) -> str:
        if matrix.scheme.sums:
            value = self._with_sums(value)
        inputs = [value, *matrix.arrays]
        if matrix.bias:  # it is the operator's sixth input; the fourth may be and the fifth is left out
            inputs += [""] * (5 - len(inputs)) + [matrix.bias]
        return self._node(
            "MatMulNBits",
            inputs,
            output,
            domain=_FUSED,
            K=matrix.scheme.width(matrix.columns),
            N=matrix.rows,
            bits=matrix.scheme.bits,
            block_size=matrix.scheme.block,
            accuracy_level=_INT8_ACTIVATIONS,
        )

    def _with_sums(self, value: str) -> str:
        """Put the sum of each block behind a value's numbers, once for all products that want them."""
        both = value + "/with_sums"
        if all(both not in node.output for node in self.made):
            in_blocks = self._node("Reshape", [value, IN_BLOCKS], value + "/blocks")
            sums = self._node("ReduceSum", [in_blocks, ACROSS], value + "/sums", keepdims=0)
            self._node("Concat", [value, sums], both, axis=-1)
        return both

    def _norm_of_sum(self, value: str, skipped: str, weight: str, output: str, total: str = "") -> str:
        """Add two values and norm the sum, which is to be found under the name `total`."""
        outputs = [output, "", "", total] if total else [output]
        return self._node(
            "SkipSimplifiedLayerNormalization",
            [skipped, value, weight],
            *outputs,
            domain=_FUSED,
            epsilon=self._sizes.epsilon,
        )

    def add_decoder(self, decoder: Decoder) -> None:
        self._add_lengths()
        value = self._embed(decoder.embedding)
        skipped = ""
        for number, layer in enumerate(decoder.layers):
            value, skipped = self._layer(number, layer, decoder, value, skipped)
        normed = self._norm_of_sum(value, skipped, decoder.final_norm, "final/norm")
        # Only the last position is asked for its next word: the head is a quarter of a small model's work.
        last = self._node("Gather", [normed, LAST], "final/last", axis=1)
        self._product(decoder.head, self._node("Unsqueeze", [last, ONE], "final/one"), "logits")

    def _add_lengths(self) -> None:
        """Make what attention wants of the mask: each sequence's length less one, and the longest length."""
        from onnx import TensorProto

        tokens = self._node("ReduceSum", ["attention_mask", ONE], "mask/tokens", keepdims=1)
        before = self._node("Sub", [tokens, ONE], "mask/before")
        self._node("Cast", [before], "mask/seqlens_k", to=TensorProto.INT32)
        width = self._node("Shape", ["attention_mask"], "mask/width", start=1, end=2)
        total = self._node("Squeeze", [width], "mask/total")
        self._node("Cast", [total], "mask/total_sequence_length", to=TensorProto.INT32)

    def _embed(self, matrix: Matrix) -> str:
        codes, *rest = matrix.arrays
        return self._node(
            "GatherBlockQuantized",
            [codes, "input_ids", *rest],
            "embedding",
            domain=_FUSED,
            bits=matrix.scheme.bits,
            block_size=matrix.scheme.block,
            gather_axis=0,
            quantize_axis=1,
        )

    def _layer(
        self, number: int, layer: Layer, decoder: Decoder, value: str, skipped: str
    ) -> tuple[str, str]:
        """Add a layer. Returns its output and the sum that has skipped it, to be added by the next norm."""
        here = f"layer.{number}/"
        if skipped:
            normed = self._norm_of_sum(
                value, skipped, layer.attention_norm, here + "attention_norm", here + "in"
            )
            skipped = here + "in"
        else:
            epsilon, inputs = self._sizes.epsilon, [value, layer.attention_norm]
            normed = self._node(
                "SimplifiedLayerNormalization", inputs, here + "attention_norm", axis=-1, epsilon=epsilon
            )
            skipped = value
        packed = self._product(layer.query_key_value, normed, here + "query_key_value")
        attended = self._attention(number, packed, decoder, here + "attention")
        value = self._product(layer.output, attended, here + "output")
        normed = self._norm_of_sum(
            value, skipped, layer.feed_forward_norm, here + "feed_forward_norm", here + "middle"
        )
        gate = self._product(layer.gate, normed, here + "gate")
        up = self._product(layer.up, normed, here + "up")
        opened = self._node("Mul", [gate, self._node("Sigmoid", [gate], here + "sigmoid")], here + "silu")
        gated = self._node("Mul", [opened, up], here + "gated")
        return self._product(layer.down, gated, here + "down"), here + "middle"

    def _attention(self, number: int, packed: str, decoder: Decoder, output: str) -> str:
        return self._node(
            "GroupQueryAttention",
            [
                packed,
                "",
                "",
                KEY_IN.format(number),
                VALUE_IN.format(number),
                "mask/seqlens_k",
                "mask/total_sequence_length",
                decoder.cosines,
                decoder.sines,
            ],
            output,
            KEY_OUT.format(number),
            VALUE_OUT.format(number),
            domain=_FUSED,
            num_heads=self._sizes.heads,
            kv_num_heads=self._sizes.kv_heads,
            scale=self._sizes.head_size**-0.5,
            do_rotary=1,
            rotary_interleaved=0,
        )


def _inputs(sizes: Architecture) -> Iterator["ValueInfoProto"]:
    from onnx import TensorProto, helper

    yield helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "sequence"])
    yield helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "total"])
    yield from _cache(sizes, "past", KEY_IN, VALUE_IN)


def _outputs(sizes: Architecture) -> Iterator["ValueInfoProto"]:
    from onnx import TensorProto, helper

    yield helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 1, sizes.vocabulary])
    yield from _cache(sizes, "total", KEY_OUT, VALUE_OUT)


def _cache(sizes: Architecture, length: str, *names: str) -> Iterator["ValueInfoProto"]:
    from onnx import TensorProto, helper

    shape: list[str | int] = ["batch", sizes.kv_heads, length, sizes.head_size]
    for layer in range(sizes.layers):
        for name in names:
            yield helper.make_tensor_value_info(name.format(layer), TensorProto.FLOAT, shape)
