"""A GGUF file -> a folder that onnxruntime-genai runs: the order of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentic_flow.weights.gguf.architecture import read_architecture
from agentic_flow.weights.gguf.carrying import Carrier
from agentic_flow.weights.gguf.describing import describe_model, describe_words
from agentic_flow.weights.gguf.graph import build_graph
from agentic_flow.weights.gguf.reading import GgufFile
from agentic_flow.weights.gguf.storing import DataFile
from agentic_flow.weights.gguf.tokenizer import describe_tokenizer
from agentic_flow.weights.gguf.vocabulary import read_vocabulary

_GRAPH, _DATA = "model.onnx", "model.onnx.data"


def import_gguf(
    source: Path, folder: Path, *, name: str, report: Callable[[float], None] | None = None
) -> None:
    """Write a complete model into `folder`, which exists and is empty.

    `report` is told how much is done, from 0 to 1. Raises `ModelCorrupt` where `source` is damaged or of a
    kind that cannot be imported; what lies in `folder` then is of no use.
    """
    with GgufFile(source) as file:
        architecture = read_architecture(file)
        vocabulary = read_vocabulary(file, architecture.vocabulary)
        _write_json(folder / "tokenizer.json", describe_tokenizer(vocabulary))
        _write_json(folder / "tokenizer_config.json", describe_words(architecture, vocabulary))
        _write_json(folder / "genai_config.json", describe_model(architecture, vocabulary, _GRAPH))
        with (folder / _DATA).open("xb") as out:
            data = DataFile(out, _DATA)
            decoder = Carrier(file, architecture, data, report or _silent).carry()
        model = build_graph(architecture, decoder, data.tensors)
        model.doc_string = name
        (folder / _GRAPH).write_bytes(model.SerializeToString())


def _silent(_: float) -> None:
    """Report to nobody."""


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
