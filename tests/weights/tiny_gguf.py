"""The smallest GGUF file that is a whole llama model: one layer of noise, and a tokenizer of single bytes."""

from pathlib import Path

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import dequantize, quantize

HIDDEN, WIDE, HEADS, VOCABULARY = 64, 128, 2, 300


def write_tiny_gguf(
    path: Path,
    kind: GGMLQuantizationType = GGMLQuantizationType.F32,
    *,
    written_out: bool = False,
) -> Path:
    """Write the file with its layer's matrices of a kind, and return its path.

    `written_out`: the same weights as that kind has, but in float32.
    """
    writer = GGUFWriter(path, "llama")
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
    _add_tokenizer(writer)
    _add_tensors(writer, kind, written_out=written_out)
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


def _add_tensors(writer: GGUFWriter, kind: GGMLQuantizationType, *, written_out: bool) -> None:
    noise = np.random.default_rng(0)
    head = HIDDEN // HEADS
    shapes = {
        "token_embd": (VOCABULARY, HIDDEN),
        "output_norm": (HIDDEN,),
        "blk.0.attn_norm": (HIDDEN,),
        "blk.0.attn_q": (HIDDEN, HIDDEN),
        "blk.0.attn_k": (head, HIDDEN),
        "blk.0.attn_v": (head, HIDDEN),
        "blk.0.attn_output": (HIDDEN, HIDDEN),
        "blk.0.ffn_norm": (HIDDEN,),
        "blk.0.ffn_gate": (WIDE, HIDDEN),
        "blk.0.ffn_up": (WIDE, HIDDEN),
        "blk.0.ffn_down": (HIDDEN, WIDE),
    }
    for name, shape in shapes.items():
        numbers = noise.standard_normal(shape).astype(np.float32) * 0.1
        if kind == GGMLQuantizationType.F32 or len(shape) == 1 or name == "token_embd":
            writer.add_tensor(f"{name}.weight", numbers)
            continue
        stored = quantize(numbers, kind)
        if written_out:
            writer.add_tensor(f"{name}.weight", dequantize(stored, kind))
        else:
            writer.add_tensor(f"{name}.weight", stored, raw_dtype=kind)
