"""A model small enough to write down: for each token it knows the one that follows. Runs in the real runtime.

What it says after a prompt is set by the prompt's last character, so a test chooses a reply by a letter.
Its vocabulary is byte-level: the 256 bytes, which any text is made of, then every piece of every reply.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

END = "<|im_end|>"
END_ID = 256
TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}"
_SURE = 10.0
"""The score of the token that follows; all others have 0."""

Replies = Mapping[str, Sequence[bytes]]
"""Last character of the prompt -> the pieces said. No piece is a single byte, or said twice."""


def write_toy_model(
    folder: Path, replies: Replies, *, window: int = 512, work: int = 0, template: str = TEMPLATE
) -> Path:
    """Write a model folder. For slowness, `work` 512 x 512 matrices are multiplied for each token."""
    folder.mkdir(parents=True, exist_ok=True)
    alphabet = _alphabet()
    vocabulary = {alphabet[byte]: byte for byte in range(256)} | {END: END_ID}
    follows: dict[int, int] = {}
    for letter, pieces in replies.items():
        last = ord(letter)
        for piece in pieces:
            number = len(vocabulary)
            vocabulary["".join(alphabet[byte] for byte in piece)] = follows[last] = number
            assert len(vocabulary) == number + 1, f"{piece!r} is said twice"
            last = number
        follows[last] = END_ID
    onnx.save(_graph(follows, len(vocabulary), work), folder / "model.onnx")
    for name, content in {
        "genai_config.json": _config(len(vocabulary), window),
        "tokenizer.json": _tokenizer(vocabulary),
        "tokenizer_config.json": {
            "tokenizer_class": "GPT2Tokenizer",
            "eos_token": END,
            "chat_template": template,
        },
    }.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def _graph(follows: Mapping[int, int], words: int, work: int) -> onnx.ModelProto:
    """Scores of the next token: a row of a table. The cache is kept for the runtime, and is not read."""
    table = np.zeros((words, words), np.float32)
    for token in range(words):
        table[token, follows.get(token, END_ID)] = _SURE
    constants: dict[str, np.ndarray[Any, Any]] = {
        "table": table,
        "one": np.array([1], np.int64),
        "head": np.array([1, 1], np.int64),
        "last": np.array([-1], np.int64),
        "in": np.zeros((1, 512), np.float32),
        "middle": np.zeros((512, 512), np.float32),
        "out": np.zeros((512, 1), np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["scores"]),
        helper.make_node("Shape", ["input_ids"], ["shape"]),
        helper.make_node("Gather", ["shape", "one"], ["length"]),
        helper.make_node("Concat", ["head", "length", "one"], ["new_shape"], axis=0),
        helper.make_node("ConstantOfShape", ["new_shape"], ["new"]),
        *(
            helper.make_node("Concat", [f"past_key_values.0.{kind}", "new"], [f"present.0.{kind}"], axis=2)
            for kind in ("key", "value")
        ),
        helper.make_node("Cast", ["input_ids"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["numbers", "last"], ["column"]),
        helper.make_node("MatMul", ["column", "in"], ["work0"]),
        *(helper.make_node("MatMul", [f"work{step}", "middle"], [f"work{step + 1}"]) for step in range(work)),
        helper.make_node("MatMul", [f"work{work}", "out"], ["nothing"]),
        helper.make_node("Add", ["scores", "nothing"], ["logits"]),
    ]
    cache: list[int | str] = ["batch", 1, "past", 1]
    whole: list[int | str] = ["batch", 1, "total", 1]
    graph = helper.make_graph(
        nodes,
        "toy",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "length"]),
            helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch", "total"]),
            helper.make_tensor_value_info("past_key_values.0.key", TensorProto.FLOAT, cache),
            helper.make_tensor_value_info("past_key_values.0.value", TensorProto.FLOAT, cache),
        ],
        [
            helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "length", words]),
            helper.make_tensor_value_info("present.0.key", TensorProto.FLOAT, whole),
            helper.make_tensor_value_info("present.0.value", TensorProto.FLOAT, whole),
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def _config(words: int, window: int) -> dict[str, Any]:
    return {
        "model": {
            "type": "llama",
            "bos_token_id": END_ID,
            "eos_token_id": [END_ID],
            "pad_token_id": END_ID,
            "context_length": window,
            "vocab_size": words,
            "decoder": {
                "session_options": {"provider_options": []},
                "filename": "model.onnx",
                "head_size": 1,
                "hidden_size": 1,
                "num_attention_heads": 1,
                "num_hidden_layers": 1,
                "num_key_value_heads": 1,
                "inputs": {
                    "input_ids": "input_ids",
                    "attention_mask": "attention_mask",
                    "past_key_names": "past_key_values.%d.key",
                    "past_value_names": "past_key_values.%d.value",
                },
                "outputs": {
                    "logits": "logits",
                    "present_key_names": "present.%d.key",
                    "present_value_names": "present.%d.value",
                },
            },
        },
        "search": {"max_length": window, "past_present_share_buffer": False, "do_sample": False},
    }


def _tokenizer(vocabulary: Mapping[str, int]) -> dict[str, Any]:
    end = {"id": END_ID, "content": END, "special": True, "normalized": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return {
        "version": "1.0",
        "added_tokens": [end | {"single_word": False, "lstrip": False, "rstrip": False}],
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "vocab": vocabulary,
            "merges": [],
            "fuse_unk": False,
            "byte_fallback": False,
        },
    }


def _alphabet() -> dict[int, str]:
    """Return the character that stands for each byte, as `transformers` has it (bytes_to_unicode)."""
    own = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    rest = [byte for byte in range(256) if byte not in own]
    return {byte: chr(byte) for byte in own} | {byte: chr(256 + at) for at, byte in enumerate(rest)}
