"""A model small enough to write down: it says one reply, piece by piece. It runs in the real runtime.

The reply begins after the control word `<|go|>`, with which its chat template ends every prompt. Its
vocabulary is byte-level: the 256 bytes, which any text is made of, then the longer pieces of the reply.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

END, END_ID = "<|im_end|>", 256
GO, GO_ID = "<|go|>", 257
TEMPLATE = "{% for message in messages %}{{ message.content }}{% endfor %}" + GO
_SURE = 10.0
"""The score of the token that comes next; all others have 0."""


def write_toy_model(  # noqa: PLR0913  (what a model is made of)
    folder: Path,
    reply: Sequence[bytes],
    *,
    window: int = 512,
    work: int = 0,
    template: str = TEMPLATE,
    doubts: Mapping[int, bytes] | None = None,
) -> Path:
    """Write a model folder. An empty piece of `reply` ends the answer there.

    `doubts` are single bytes that are nearly as likely as a piece of the reply, by its number.
    For slowness, `work` 512 x 512 matrices are multiplied for each token.
    """
    folder.mkdir(parents=True, exist_ok=True)
    alphabet = _alphabet()
    vocabulary = {alphabet[byte]: byte for byte in range(256)} | {END: END_ID, GO: GO_ID}
    spelt = [END if piece == b"" else "".join(alphabet[byte] for byte in piece) for piece in reply]
    for word in spelt:
        vocabulary.setdefault(word, len(vocabulary))
    script = [*(vocabulary[word] for word in spelt), END_ID]
    onnx.save(_graph(script, len(vocabulary), work, doubts or {}), folder / "model.onnx")
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


def make_slow_to_load(folder: Path, products: int) -> None:
    """Let the runtime multiply matrices of 2,048 x 2,048, a tenth of a second each, while it loads it."""
    model = onnx.load(folder / "model.onnx")
    graph = model.graph
    (scores,) = [node for node in graph.node if "logits" in node.output]
    scores.output[0] = "scored"
    graph.initializer.append(numpy_helper.from_array(np.array([2048, 2048]), "sides"))
    graph.initializer.append(numpy_helper.from_array(np.array(0, np.float32), "zero"))
    node = helper.make_node
    graph.node.extend(
        [
            node("ConstantOfShape", ["sides"], ["product0"]),
            *(
                node("MatMul", [f"product{step}", "product0"], [f"product{step + 1}"])
                for step in range(products)
            ),
            node("ReduceMax", [f"product{products}"], ["most"], keepdims=0),
            node("Mul", ["most", "zero"], ["none"]),
            node("Add", ["scored", "none"], ["logits"]),
        ]
    )
    onnx.save(model, folder / "model.onnx")


def _graph(script: Sequence[int], words: int, work: int, doubts: Mapping[int, bytes]) -> onnx.ModelProto:
    """Find where GO was read; the scores are the row of a table that is as far from it as the token is.

    What was read is remembered as a real model does it: in the cache, here as plain token ids.
    """
    table = np.zeros((len(script), words), np.float32)
    table[range(len(script)), script] = _SURE
    for at, other in doubts.items():
        table[at, other[0]] = _SURE - 1
    constants: dict[str, np.ndarray[Any, Any]] = {
        "table": table,
        "go": np.array(GO_ID, np.float32),
        "first": np.array(0, np.int64),
        "second": np.array(1, np.int64),
        "third": np.array(2, np.int64),
        "first_axis": np.array([0], np.int64),
        "one": np.array([1], np.int64),
        "last": np.array([-1], np.int64),
        "scalar": np.array([], np.int64),
        "end": np.array(len(script) - 1, np.int64),
        "in": np.zeros((1, 512), np.float32),
        "middle": np.zeros((512, 512), np.float32),
        "out": np.zeros((512, 1), np.float32),
    }
    node = helper.make_node
    nodes = [
        node("Cast", ["input_ids"], ["numbers"], to=TensorProto.FLOAT),  # [batch, length]
        node("Unsqueeze", ["numbers", "last"], ["column"]),
        node("Unsqueeze", ["column", "one"], ["new"]),  # [batch, 1, length, 1]
        node("Concat", ["past_key_values.0.key", "new"], ["present.0.key"], axis=2),
        node("Concat", ["past_key_values.0.value", "new"], ["present.0.value"], axis=2),
        node("Equal", ["present.0.key", "go"], ["is_go"]),
        node("Cast", ["is_go"], ["is_go_number"], to=TensorProto.FLOAT),
        node("ArgMax", ["is_go_number"], ["go_places"], axis=2),
        node("Reshape", ["go_places", "scalar"], ["go_place"]),
        node("Shape", ["present.0.key"], ["whole_shape"]),
        node("Gather", ["whole_shape", "third"], ["total"]),
        node("Shape", ["input_ids"], ["shape"]),
        node("Gather", ["shape", "second"], ["length"]),
        node("Sub", ["total", "length"], ["past"]),
        node("Range", ["past", "total", "second"], ["places"]),
        node("Sub", ["places", "go_place"], ["distances"]),
        node("Clip", ["distances", "first", "end"], ["rows"]),
        node("Gather", ["table", "rows"], ["row_scores"]),
        node("Unsqueeze", ["row_scores", "first_axis"], ["scores"]),
        node("MatMul", ["column", "in"], ["work0"]),
        *(node("MatMul", [f"work{step}", "middle"], [f"work{step + 1}"]) for step in range(work)),
        node("MatMul", [f"work{work}", "out"], ["nothing"]),
        node("Add", ["scores", "nothing"], ["logits"]),
    ]
    info = helper.make_tensor_value_info
    cache: list[int | str] = ["batch", 1, "past_length", 1]
    whole: list[int | str] = ["batch", 1, "total_length", 1]
    graph = helper.make_graph(
        nodes,
        "toy",
        [
            info("input_ids", TensorProto.INT64, ["batch", "new_length"]),
            info("attention_mask", TensorProto.INT64, ["batch", "total_length"]),
            info("past_key_values.0.key", TensorProto.FLOAT, cache),
            info("past_key_values.0.value", TensorProto.FLOAT, cache),
        ],
        [
            info("logits", TensorProto.FLOAT, ["batch", "new_length", words]),
            info("present.0.key", TensorProto.FLOAT, whole),
            info("present.0.value", TensorProto.FLOAT, whole),
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
    form = {"special": True, "normalized": False, "single_word": False, "lstrip": False, "rstrip": False}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    return {
        "version": "1.0",
        "added_tokens": [form | {"id": vocabulary[word], "content": word} for word in (END, GO)],
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
