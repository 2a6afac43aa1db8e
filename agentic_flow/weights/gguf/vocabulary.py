"""A GGUF's tokenizer metadata -> the words of a model, checked against each other."""

from collections.abc import Iterator
from enum import IntEnum

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.core.frozen import frozen
from agentic_flow.weights.gguf.reading import GgufFile, Value


class Kind(IntEnum):
    """What a token is for (`llama_token_type` in llama.cpp's `llama.h`)."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    USER_DEFINED = 4
    UNUSED = 5
    BYTE = 6


_TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<|endoftext|>", "<|end_of_text|>", "<|end|>", "<|eom_id|>", "</s>")
"""Control tokens that end a turn or a text in known chat formats; llama.cpp finds them by text, too."""
_END_IDS = ("eos_token_id", "eot_token_id", "eom_token_id")


@frozen
class Vocabulary:
    """The words of a model by id, and how text is cut into them."""

    model: str
    """`gpt2` (byte-level BPE) or `llama` (SentencePiece)."""
    splitter: str
    """How text is cut before merging (`tokenizer.ggml.pre`)."""
    tokens: tuple[str, ...]
    kinds: tuple[int, ...]
    scores: tuple[float, ...]
    merges: tuple[str, ...]
    begin: int | None
    end: int
    pad: int
    unknown: int | None
    ends: tuple[int, ...]
    """All ids that end an answer, `end` first."""
    adds_begin: bool
    adds_space: bool
    template: str | None

    def word(self, number: int | None) -> str | None:
        """Return the text of a token."""
        return None if number is None else self.tokens[number]


def read_vocabulary(file: GgufFile, size: int) -> Vocabulary:
    """Read the vocabulary of a model with `size` embeddings. Raises `ModelCorrupt`."""
    fields = _Fields(file, size)
    tokens = fields.texts("tokens")
    if not 0 < len(tokens) <= size:
        raise fields.wrong(f"{len(tokens)} tokens and {size} embeddings")
    kinds = fields.whole_numbers("token_type", len(tokens), Kind.NORMAL)
    end = fields.token("eos_token_id")
    if end is None:
        raise fields.wrong("no eos_token_id, so nothing would end an answer")
    turn_ends = [
        number
        for number, token in enumerate(tokens)
        if token in _TURN_ENDS and kinds[number] in (Kind.CONTROL, Kind.USER_DEFINED)
    ]
    named = [number for key in _END_IDS if (number := fields.token(key)) is not None]
    pad = fields.token("padding_token_id")
    return Vocabulary(
        model=str(fields.get("model")),
        splitter=str(fields.get("pre")),
        tokens=tuple(tokens),
        kinds=tuple(kinds),
        scores=tuple(fields.scores(len(tokens))),
        merges=tuple(fields.texts("merges")),
        begin=fields.token("bos_token_id"),
        end=end,
        pad=end if pad is None else pad,
        unknown=fields.token("unknown_token_id"),
        ends=tuple(dict.fromkeys([*named, *turn_ends])),
        adds_begin=fields.get("add_bos_token") is True,
        adds_space=fields.get("add_space_prefix") is not False,
        template=fields.template(),
    )


class _Fields:
    """The `tokenizer.*` metadata of one file."""

    def __init__(self, file: GgufFile, size: int) -> None:
        self._file = file
        self._size = size

    def wrong(self, what: str) -> ModelCorrupt:
        return ModelCorrupt(f"{self._file.name}: its tokenizer has {what}; the file is damaged")

    def get(self, key: str) -> Value | None:
        return self._file.metadata.get("tokenizer.ggml." + key)

    def template(self) -> str | None:
        value = self._file.metadata.get("tokenizer.chat_template")
        return value if isinstance(value, str) else None

    def _items(self, key: str) -> Iterator[object]:
        value = self.get(key)
        if value is not None and not isinstance(value, list):
            raise self.wrong(f"{key} that are no list")
        yield from value or []

    def texts(self, key: str) -> list[str]:
        found = list(self._items(key))
        texts = [item for item in found if isinstance(item, str)]
        if len(texts) != len(found):
            raise self.wrong(f"{key} that are no texts")
        return texts

    def whole_numbers(self, key: str, count: int, default: int) -> list[int]:
        found = list(self._items(key)) or [default] * count
        numbers = [item for item in found if isinstance(item, int)]
        if len(numbers) != count:
            raise self.wrong(f"{count} tokens and {len(numbers)} of {key}")
        return numbers

    def scores(self, count: int) -> list[float]:
        found = [float(item) for item in self._items("scores") if isinstance(item, int | float)]
        if found and len(found) != count:
            raise self.wrong(f"{count} tokens and {len(found)} scores")
        return found

    def token(self, key: str) -> int | None:
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, int) or not 0 <= value < len(self.texts("tokens")):
            raise self.wrong(f"the {key} {value!r:.40}")
        return value
