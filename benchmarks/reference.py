"""A GGUF file computed as it is written, in float32 with numpy alone: what an import of it is held against.

It shares nothing with the importer but the `gguf` library: RMS norm (Zhang and Sennrich 2019), rotary
positions (Su et al. 2021) on pairs for llama and on halves for qwen2, grouped-query attention, SwiGLU. One
layer's weights are in memory at a time.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from gguf import GGUFReader, ReaderTensor
from gguf.quants import dequantize
from numpy.typing import NDArray

Floats = NDArray[np.float32]
_AT_ONCE = 256
"""Positions whose next words are computed together: 0.6 MB each with 150,000 words."""


class Reference:
    """A model, by its file."""

    def __init__(self, path: Path) -> None:
        reader = GGUFReader(path)
        self._tensors: dict[str, ReaderTensor] = {tensor.name: tensor for tensor in reader.tensors}
        kind = reader.fields["general.architecture"].contents()

        def number(key: str, default: float | None = None) -> float:
            field = reader.fields.get(f"{kind}.{key}")
            return float(default or 0.0 if field is None else field.contents())

        self._layers, self._heads = int(number("block_count")), int(number("attention.head_count"))
        self._cached = int(number("attention.head_count_kv"))
        self._epsilon = np.float32(number("attention.layer_norm_rms_epsilon"))
        self._base, self._paired = number("rope.freq_base", 10_000.0), kind == "llama"

    def logits(self, windows: Sequence[Sequence[int]]) -> Iterator[Floats]:
        """Yield, window by window and some positions at a time, the scores of every next word."""
        embedding = self._tensor("token_embd.weight")
        values = [embedding[np.asarray(window)] for window in windows]
        del embedding
        for layer in range(self._layers):
            self._layer(f"blk.{layer}.", values)
        head = self._tensor("output.weight" if "output.weight" in self._tensors else "token_embd.weight")
        norm = self._tensor("output_norm.weight")
        for value in values:
            for at in range(0, len(value), _AT_ONCE):
                yield self._normed(value[at : at + _AT_ONCE], norm) @ head.T

    def _tensor(self, name: str) -> Floats:
        tensor = self._tensors[name]
        return np.asarray(dequantize(tensor.data, tensor.tensor_type), np.float32)

    def _normed(self, value: Floats, weight: Floats) -> Floats:
        mean = np.mean(np.square(value), axis=-1, keepdims=True)
        return np.asarray(value / np.sqrt(mean + self._epsilon) * weight, np.float32)

    def _layer(self, block: str, values: list[Floats]) -> None:
        weights = {
            name.removeprefix(block): self._tensor(name) for name in self._tensors if name.startswith(block)
        }

        def product(part: str, value: Floats) -> Floats:
            made = value @ weights[f"{part}.weight"].T
            return made + weights[f"{part}.bias"] if f"{part}.bias" in weights else made

        for at, value in enumerate(values):
            normed = self._normed(value, weights["attn_norm.weight"])
            query, key, turned = (product(f"attn_{part}", normed) for part in "qkv")
            middle = value + product("attn_output", self._attention(query, key, turned))
            normed = self._normed(middle, weights["ffn_norm.weight"])
            gate = product("ffn_gate", normed)
            opened = gate / (1 + np.exp(-gate))
            values[at] = middle + product("ffn_down", opened * product("ffn_up", normed))

    def _attention(self, query: Floats, key: Floats, value: Floats) -> Floats:
        length = len(query)
        queries = self._turned(query.reshape(length, self._heads, -1))
        keys = self._turned(key.reshape(length, self._cached, -1))
        cached = value.reshape(length, self._cached, -1)
        future = np.triu(np.full((length, length), -np.inf, np.float32), 1)
        said = np.empty_like(queries)
        for head in range(self._heads):
            shared = head * self._cached // self._heads
            scores = queries[:, head] @ keys[:, shared].T / np.float32(queries.shape[-1] ** 0.5) + future
            weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
            said[:, head] = weights @ cached[:, shared] / weights.sum(axis=-1, keepdims=True)
        return said.reshape(length, -1)

    def _turned(self, heads: Floats) -> Floats:
        """Turn every pair of numbers by its position's angle."""
        length, _, size = heads.shape
        turns = self._base ** (-np.arange(0, size, 2) / size)
        angles = np.outer(np.arange(length), turns)[:, None]
        cosine, sine = np.cos(angles).astype(np.float32), np.sin(angles).astype(np.float32)
        first, second = (
            (slice(0, None, 2), slice(1, None, 2))
            if self._paired
            else (slice(0, size // 2), slice(size // 2, None))
        )
        made = np.empty_like(heads)
        made[..., first] = heads[..., first] * cosine - heads[..., second] * sine
        made[..., second] = heads[..., second] * cosine + heads[..., first] * sine
        return made
