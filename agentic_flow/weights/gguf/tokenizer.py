"""A vocabulary -> the content of tokenizer.json, in the form of the `tokenizers` library.

The splitters' patterns are those of the models' own tokenizer.json files; llama.cpp keeps the same list under
the names found in GGUFs (`llama-vocab.cpp`, `tokenizer.ggml.pre`).
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.weights.gguf.vocabulary import Kind, Vocabulary

Json = dict[str, Any]

_CONTRACTIONS_AND_LETTERS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
_SIGNS_AND_SPACE = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_SPACE = "\u2581"
"""How SentencePiece writes a space."""


def _bytes(*, split: bool) -> Json:
    """Write text in the 256-character alphabet of byte-level BPE; `split` cuts it as GPT-2 did first."""
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": split}


def _cut(pattern: str) -> Json:
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


def _in_turn(*steps: Json) -> Json:
    return {"type": "Sequence", "pretokenizers": list(steps)}


def _words_and_numbers(digits: str) -> Json:
    pattern = f"{_CONTRACTIONS_AND_LETTERS}|{digits}|{_SIGNS_AND_SPACE}"
    return _in_turn(_cut(pattern), _bytes(split=False))


_QWEN = _words_and_numbers(r"\p{N}")
_LLAMA = _words_and_numbers(r"\p{N}{1,3}")
_DIGITS_APART = _in_turn({"type": "Digits", "individual_digits": True}, _bytes(split=True))
_GPT2 = _bytes(split=True)

_SPLITTERS: Mapping[str, Json] = MappingProxyType(
    {
        "qwen2": _QWEN,
        "deepseek-r1-qwen": _QWEN,
        "llama-bpe": _LLAMA,
        "llama3": _LLAMA,
        "llama-v3": _LLAMA,
        "smollm": _DIGITS_APART,
        "starcoder": _DIGITS_APART,
        "refact": _DIGITS_APART,
        "gpt-2": _GPT2,
    }
)


def describe_tokenizer(vocabulary: Vocabulary) -> Json:
    """Return the content of tokenizer.json.

    Raises `ModelCorrupt` for a way of splitting text that is not known, or merges that do not fit.
    """
    if vocabulary.model == "gpt2":
        parts = _byte_level(vocabulary)
    elif vocabulary.model == "llama":
        parts = _sentence_piece(vocabulary)
    else:
        raise ModelCorrupt(
            f"the tokenizer is of the kind {vocabulary.model!r:.40}, and only 'gpt2' and 'llama' can be"
            " imported; take another model"
        )
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": list(_added(vocabulary)),
        **parts,
        "post_processor": _opening(vocabulary),
    }


def _byte_level(vocabulary: Vocabulary) -> Json:
    splitter = _SPLITTERS.get(vocabulary.splitter)
    if splitter is None:
        raise ModelCorrupt(
            f"the tokenizer splits text as {vocabulary.splitter!r:.40}, and only {', '.join(_SPLITTERS)}"
            " can be imported; take another model"
        )
    words = _words(vocabulary)
    for merge in vocabulary.merges:
        left, space, right = merge.partition(" ")
        if not space or left not in words or right not in words or left + right not in words:
            raise ModelCorrupt(
                f"the tokenizer's merge {merge!r:.80} does not fit its tokens; the file is damaged"
            )
    return {
        "normalizer": {"type": "NFC"} if splitter is _QWEN else None,
        "pre_tokenizer": splitter,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": _merging(words, list(vocabulary.merges), ignore_merges=splitter is _LLAMA),
    }


def _sentence_piece(vocabulary: Vocabulary) -> Json:
    if len(vocabulary.scores) != len(vocabulary.tokens):
        raise ModelCorrupt("the tokenizer is SentencePiece and has no scores; the file is damaged")
    normalizers: list[Json] = [{"type": "Replace", "pattern": {"String": " "}, "content": _SPACE}]
    steps: list[Json] = [
        {"type": "Replace", "pattern": {"String": _SPACE}, "content": " "},
        {"type": "ByteFallback"},
        {"type": "Fuse"},
    ]
    if vocabulary.adds_space:
        normalizers.insert(0, {"type": "Prepend", "prepend": _SPACE})
        steps.append({"type": "Strip", "content": " ", "start": 1, "stop": 0})
    model = _merging(_words(vocabulary), _merges_by_score(vocabulary), ignore_merges=False)
    unknown = {"unk_token": vocabulary.word(vocabulary.unknown), "fuse_unk": True, "byte_fallback": True}
    return {
        "normalizer": {"type": "Sequence", "normalizers": normalizers},
        "pre_tokenizer": None,
        "decoder": {"type": "Sequence", "decoders": steps},
        "model": model | unknown,
    }


def _merges_by_score(vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Return the merges that make every token from two others, best score first.

    SentencePiece merges whichever neighbours make the best-scored token; as an ordered list of merges
    this is what `transformers` derives from a SentencePiece model, too.
    """
    words = {
        token: number
        for number, token in enumerate(vocabulary.tokens)
        if vocabulary.kinds[number] in (Kind.NORMAL, Kind.USER_DEFINED, Kind.UNUSED)
    }
    found = [
        (-vocabulary.scores[number], words[token[:at]], words[token[at:]], token, at)
        for token, number in words.items()
        for at in range(1, len(token))
        if token[:at] in words and token[at:] in words
    ]
    return [(token[:at], token[at:]) for *_, token, at in sorted(found)]


def _words(vocabulary: Vocabulary) -> dict[str, int]:
    return {
        token: number
        for number, token in enumerate(vocabulary.tokens)
        if vocabulary.kinds[number] != Kind.UNUSED
    }


def _merging(words: Mapping[str, int], merges: list[Any], *, ignore_merges: bool) -> Json:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "ignore_merges": ignore_merges,
        "vocab": words,
        "merges": merges,
    }


def _added(vocabulary: Vocabulary) -> Iterator[Json]:
    """Yield the tokens that are matched whole, before any splitting."""
    for number, (token, kind) in enumerate(zip(vocabulary.tokens, vocabulary.kinds, strict=True)):
        if kind in (Kind.UNKNOWN, Kind.CONTROL, Kind.USER_DEFINED):
            yield {
                "id": number,
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": kind != Kind.USER_DEFINED,
            }


def _opening(vocabulary: Vocabulary) -> Json | None:
    """Return what puts the begin token before a text, for models that want it."""
    word = vocabulary.word(vocabulary.begin)
    if not vocabulary.adds_begin or word is None:
        return None
    text = {"Sequence": {"id": "A", "type_id": 0}}
    begin = {"SpecialToken": {"id": word, "type_id": 0}}
    return {
        "type": "TemplateProcessing",
        "single": [begin, text],
        "pair": [begin, text, {"Sequence": {"id": "B", "type_id": 0}}],
        "special_tokens": {word: {"id": word, "ids": [vocabulary.begin], "tokens": [word]}},
    }
