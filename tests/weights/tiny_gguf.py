"""The smallest GGUF files that are whole models: one layer of noise, and a tokenizer of single bytes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType, GGUFValueType, GGUFWriter
from gguf.quants import dequantize, quantize
from numpy.typing import NDArray

HIDDEN, WIDE, HEADS, VOCABULARY = 64, 128, 2, 300


def write_tiny_gguf(
    path: Path,
    kind: GGMLQuantizationType = GGMLQuantizationType.F32,
    *,
    architecture: str = "llama",
    written_out: bool = False,
    more: Mapping[str, int | float | str] | None = None,
) -> Path:
    """Write the file with its layer's matrices of a kind, and return its path.

    `written_out`: the same weights as that kind has, but in float32. As `qwen2` it has biases, and a head
    of its own. `more` metadata go under the architecture's name.
    """
    writer = GGUFWriter(path, architecture)
    writer.add_block_count(1)
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(WIDE)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(HIDDEN // HEADS)
    writer.add_rope_freq_base(10_000.0)
    writer.add_vocab_size(VOCABULARY)
    for key, value in (more or {}).items():
        kind_of = {int: GGUFValueType.UINT32, float: GGUFValueType.FLOAT32, str: GGUFValueType.STRING}
        writer.add_key_value(f"{architecture}.{key}", value, kind_of[type(value)])
    _add_tokenizer(writer)
    for name, numbers in _tensors(architecture).items():
        if kind == GGMLQuantizationType.F32 or numbers.ndim == 1 or name == "token_embd.weight":
            writer.add_tensor(name, numbers)
        elif written_out:
            writer.add_tensor(name, dequantize(quantize(numbers, kind), kind))
        else:
            writer.add_tensor(name, quantize(numbers, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_tokenizer(writer: GGUFWriter) -> None:
    """Add GPT-2's 256 characters for bytes, one merge, and control tokens."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = range(256 - len(printable))
    tokens = [chr(code) for code in printable] + [chr(256 + number) for number in others] + ["ab"]
    plain = len(tokens)
    tokens += [f"<|{number}|>" for number in range(VOCABULARY - plain)]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([1] * plain + [3] * (VOCABULARY - plain))
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(plain)
    writer.add_eos_token_id(plain + 1)
    writer.add_chat_template("{% for message in messages %}{{ message.content }}{% endfor %}")


def _tensors(architecture: str) -> dict[str, NDArray[np.float32]]:
    noise = np.random.default_rng(0)
    head = HIDDEN // HEADS
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (VOCABULARY, HIDDEN),
        "output_norm.weight": (HIDDEN,),
        "blk.0.attn_norm.weight": (HIDDEN,),
        "blk.0.attn_q.weight": (HIDDEN, HIDDEN),
        "blk.0.attn_k.weight": (head, HIDDEN),
        "blk.0.attn_v.weight": (head, HIDDEN),
        "blk.0.attn_output.weight": (HIDDEN, HIDDEN),
        "blk.0.ffn_norm.weight": (HIDDEN,),
        "blk.0.ffn_gate.weight": (WIDE, HIDDEN),
        "blk.0.ffn_up.weight": (WIDE, HIDDEN),
        "blk.0.ffn_down.weight": (HIDDEN, WIDE),
    }
    if architecture == "qwen2":
        shapes |= {
            "blk.0.attn_q.bias": (HIDDEN,),
            "blk.0.attn_k.bias": (head,),
            "blk.0.attn_v.bias": (head,),
            "output.weight": (VOCABULARY, HIDDEN),
        }
    return {name: noise.standard_normal(shape).astype(np.float32) * 0.1 for name, shape in shapes.items()}


def scores(folder: Path, words: Sequence[int] = (65, 66, 67)) -> NDArray[np.float32]:
    """Return the scores that an imported model gives to what comes after some words."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    cache = {
        entry.name: np.zeros((1, entry.shape[1], 0, entry.shape[3]), np.float32)
        for entry in session.get_inputs()
        if entry.name.startswith("past")
    }
    asked = {"input_ids": np.array([words]), "attention_mask": np.ones((1, len(words)), np.int64)}
    return np.asarray(session.run(["logits"], asked | cache)[0][0, -1], np.float32)
