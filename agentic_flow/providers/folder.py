"""A model folder on disk -> what its own files say of it. Loads no weights and no runtime.

The folder holds `genai_config.json`, the ONNX graph with its data, `tokenizer.json` and the chat
template: what `onnxruntime-genai` calls a model.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.core.frozen import frozen
from agentic_flow.core.genai import Demanding, read_genai
from agentic_flow.core.opening import read_regular
from agentic_flow.core.patterns import pattern

CONFIG = "genai_config.json"
TOKENIZER = "tokenizer.json"

_LARGEST = 32_000_000
"""Bytes of a file that says what a model is: a project may point at any folder."""
_CACHE_VALUE = 4
"""Bytes of one cached number: the CPU graphs keep keys and values in float32."""
_TURN_ENDS = pattern(r"<\|(?:im_end|end|eot_id|endoftext|end_of_text|end_of_turn)\|>|<end_of_turn>|</s>")
"""Tokens by which known chat templates end a turn."""

Table = Mapping[str, object]


@frozen
class ModelFolder:
    """What must be known of a model before it is loaded. Sizes are bytes, lengths tokens."""

    path: Path
    window: int
    """Prompt and answer together."""
    end_ids: frozenset[int]
    end_words: frozenset[str]
    """Both end an answer: ids from the config, words from the chat template and the tokenizer."""
    weights: int
    cache_per_token: int
    """Keys and values of one token in all layers."""
    chat_template: str
    begin_word: str
    end_word: str
    """`bos_token` and `eos_token`, for templates that name them."""
    search: Table
    """How the model's makers want it sampled."""
    graph: str = "model.onnx"
    """The name of its file."""


def read_folder(path: Path) -> ModelFolder:
    """Read a model folder. Raises `ModelCorrupt`, naming the file and what is wrong with it."""
    config = read_config(path)
    try:
        return _described(path, config, _table(path, "tokenizer_config.json"))
    except (KeyError, TypeError, ValueError) as failure:
        raise damaged(path, f"{CONFIG} is not what a model's config must be ({failure!r})") from failure


def read_config(path: Path) -> Table:
    """Return what a model's config says, and nothing of one that the runtime must not see.

    Raises `ModelCorrupt`.
    """
    try:
        return read_genai(read_regular(path / CONFIG, _LARGEST))
    except Demanding as demand:
        raise damaged(path, f"{CONFIG} {demand}") from demand
    except (OSError, ValueError, TypeError, RecursionError) as failure:
        raise _unreadable(path, CONFIG, failure) from failure


def damaged(path: Path, what: str) -> ModelCorrupt:
    """Say that a model cannot be used and how to get it back."""
    return ModelCorrupt(
        f"the local model in {path} cannot be used: {what}; "
        f"fetch it again with: agentic-flow download-model {path.name} --force"
    )


def _described(path: Path, config: Table, words: Table) -> ModelFolder:
    model = _inner(config, "model")
    decoder = _inner(model, "decoder")
    for name in (str(decoder["filename"]), TOKENIZER):
        if not (path / name).is_file():
            raise damaged(path, f"{name} is missing")
    template = _chat_template(path, words)
    eos = _word(words, "eos_token")
    return ModelFolder(
        path=path,
        window=_whole(model["context_length"]),
        end_ids=frozenset(_ids(model["eos_token_id"])),
        end_words=frozenset({*_TURN_ENDS.findall(template), eos} - {""}),
        weights=sum(file.stat().st_size for file in path.iterdir() if ".onnx" in file.name),
        cache_per_token=2
        * _CACHE_VALUE
        * _whole(decoder["num_hidden_layers"])
        * _whole(decoder["num_key_value_heads"])
        * _whole(decoder["head_size"]),
        chat_template=template,
        begin_word=_word(words, "bos_token"),
        end_word=eos,
        search=_inner(config, "search") if "search" in config else {},
        graph=str(decoder["filename"]),
    )


def _chat_template(path: Path, words: Table) -> str:
    """Find the template where tokenizers have kept it: a file of its own, or in their config."""
    own = path / "chat_template.jinja"
    if own.is_file():
        try:
            return read_regular(own, _LARGEST).decode()
        except OSError as failure:
            raise damaged(path, f"{own.name} cannot be read ({failure.strerror})") from failure
    found = words.get("chat_template")
    if isinstance(found, str):
        return found
    for entry in cast("list[Table]", found) if isinstance(found, list) else []:
        if entry["name"] == "default":
            return str(entry["template"])
    raise damaged(path, "it has no chat template, so it is not a model that answers")


def _word(words: Table, name: str) -> str:
    """Read a token's text: it is written plainly, or as a table that holds it."""
    match words.get(name):
        case str(word):
            return word
        case {"content": str(word)}:
            return word
        case _:
            return ""


def _ids(found: object) -> Iterator[int]:
    yield from map(_whole, cast("list[object]", found) if isinstance(found, list) else [found])


def _whole(found: object) -> int:
    if not isinstance(found, int):
        raise TypeError(f"found {found!r}, expected a whole number")
    return found


def _inner(table: Table, name: str) -> Table:
    found = table[name]
    if not isinstance(found, dict):
        raise TypeError(f"{name}: found {found!r}, expected a table")
    return cast("Table", found)


def _table(path: Path, name: str) -> Table:
    try:
        found: object = json.loads(read_regular(path / name, _LARGEST))
    except (OSError, ValueError, RecursionError) as failure:
        raise _unreadable(path, name, failure) from failure
    if not isinstance(found, dict):
        raise damaged(path, f"{name} holds no table")
    return cast("Table", found)


def _unreadable(path: Path, name: str, failure: Exception) -> ModelCorrupt:
    reason = failure.strerror if isinstance(failure, OSError) else failure
    return damaged(path, f"{name} cannot be read ({reason})")
