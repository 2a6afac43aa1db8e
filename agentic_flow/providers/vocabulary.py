"""Text -> token ids, and a token id -> the bytes it stands for. The one importer of `tokenizers`.

Bytes and not text, because one character may be spread over several tokens.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from agentic_flow.core.errors import Interrupted
from agentic_flow.core.patterns import pattern
from agentic_flow.providers.folder import TOKENIZER, damaged

_SPACE = "\u2581"
"""How SentencePiece writes a space."""
_ONE_BYTE = pattern(r"<0x([0-9A-F]{2})>")


def _byte_alphabet() -> Mapping[str, int]:
    """Return which byte each character of a byte-level vocabulary stands for.

    The alphabet of GPT-2 (`bytes_to_unicode` in its encoder.py): bytes that print as themselves in
    Latin-1 do so, the others follow from U+0100 on.
    """
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(0x100) if byte not in shown]
    pairs = [(chr(byte), byte) for byte in shown]
    return MappingProxyType(dict(pairs + [(chr(0x100 + n), byte) for n, byte in enumerate(hidden)]))


_BYTES = _byte_alphabet()
_NEWLINE = next(character for character, byte in _BYTES.items() if byte == ord("\n"))


class Vocabulary:
    """A model's tokens. Reading them takes some tenths of a second, in which no other Python code runs."""

    def __init__(self, folder: Path) -> None:
        """Read `tokenizer.json`. Raises `ModelCorrupt`."""
        from tokenizers import Tokenizer

        try:
            self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        except Interrupted:
            raise
        except Exception as failure:  # the library raises bare Exceptions
            raise damaged(folder, f"{TOKENIZER} cannot be read ({failure})") from failure
        self._choice = threading.Lock()
        """Held while a text is cut as it was said to be: threads share the model."""
        self._added = {
            number: (token.content, token.special)
            for number, token in self._tokenizer.get_added_tokens_decoder().items()
        }
        # Two families keep every byte reachable: byte-level BPE, and SentencePiece with <0x..> tokens.
        self._byte_level = self._tokenizer.token_to_id(_NEWLINE) is not None
        if not self._byte_level and self._tokenizer.token_to_id("<0x0A>") is None:
            raise damaged(folder, f"{TOKENIZER} is of a kind whose tokens cannot be told as bytes")

    @property
    def control_words(self) -> frozenset[str]:
        """The words by which prompts are built (`<|im_start|>`). They have no place in what people write."""
        return frozenset(word for word, special in self._added.values() if special)

    def ids(self, words: Iterable[str]) -> frozenset[int]:
        """Return the ids of those `words` that are tokens."""
        found = (self._tokenizer.token_to_id(word) for word in words)
        return frozenset(number for number in found if number is not None)

    def encode(self, text: str, *, plain: bool = False) -> list[int]:
        """Return the tokens of `text`. `plain`: control words in it are words like any other.

        What is no Unicode text (half a surrogate pair, as from a file name) becomes a question mark.
        """
        text = text.encode("utf-8", "replace").decode()
        with self._choice:
            self._tokenizer.encode_special_tokens = plain
            return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def bytes_of(self, number: int) -> bytes:
        """Return what a token says; a control word, and an id outside the vocabulary, say nothing."""
        if number in self._added:
            content, special = self._added[number]
            return b"" if special else content.encode()
        token = self._tokenizer.id_to_token(number)
        if token is None:
            return b""
        if self._byte_level:
            return bytes(self._byte_level_bytes(token))
        if one := _ONE_BYTE.fullmatch(token):
            return bytes([int(one[1], 16)])
        return token.replace(_SPACE, " ").encode()

    @staticmethod
    def _byte_level_bytes(token: str) -> Iterator[int]:
        for character in token:
            if character in _BYTES:
                yield _BYTES[character]
            else:  # an entry that never went through the alphabet
                yield from character.encode()
