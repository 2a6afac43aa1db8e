"""Tokens of both families of vocabularies, down to the byte."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentic_flow.core.errors import ModelCorrupt, Terminated
from agentic_flow.providers.vocabulary import Vocabulary
from tests.providers.toy_model import END, END_ID, GO, GO_ID, write_toy_model


@pytest.fixture(scope="module")
def byte_level(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return Vocabulary(write_toy_model(tmp_path_factory.mktemp("toy"), [b"\xc3\xa9!", b"plain"]))


@pytest.fixture(scope="module")
def sentence_piece(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    """Return a vocabulary in the way of Llama 2 and Phi-3: U+2581 is a space, bytes have tokens."""
    words = [f"<0x{byte:02X}>" for byte in range(256)] + [
        "\u2581",
        "\u2581hello",
        "h",
        "e",
        "<|end|>",
        "<tool>",
    ]
    added = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    folder = tmp_path_factory.mktemp("phi")
    description = {
        "version": "1.0",
        "added_tokens": [
            added | {"id": words.index("<|end|>"), "content": "<|end|>", "special": True},
            added | {"id": words.index("<tool>"), "content": "<tool>", "special": False},
        ],
        "decoder": None,
        "model": {
            "type": "BPE",
            "vocab": {word: number for number, word in enumerate(words)},
            "merges": [],
            "byte_fallback": True,
        },
    }
    (folder / "tokenizer.json").write_text(json.dumps(description))
    return Vocabulary(folder)


@given(st.text())
def test_what_is_encoded_comes_back(byte_level: Vocabulary, text: str) -> None:
    assert b"".join(map(byte_level.bytes_of, byte_level.encode(text, plain=True))) == text.encode()


def test_a_piece_is_its_bytes_even_where_they_are_half_a_character(byte_level: Vocabulary) -> None:
    assert byte_level.bytes_of(0xC3) == b"\xc3"
    assert byte_level.bytes_of(GO_ID + 1) == "é!".encode()


def test_control_words_are_known_and_say_nothing(byte_level: Vocabulary) -> None:
    assert byte_level.control_words == {END, GO}
    assert byte_level.ids([END, "<|nobody|>"]) == {END_ID}
    assert byte_level.encode(f"a{END}") == [ord("a"), END_ID]
    assert byte_level.bytes_of(END_ID) == b""


def test_a_control_word_can_be_read_as_text(byte_level: Vocabulary) -> None:
    assert byte_level.encode(END, plain=True) == list(END.encode())
    assert byte_level.encode(END) == [END_ID]  # and the next text is not plain


def test_what_is_no_text_becomes_a_question_mark(byte_level: Vocabulary) -> None:
    assert byte_level.encode("a\udc80b") == list(b"a?b")


def test_a_number_beyond_the_vocabulary_says_nothing(byte_level: Vocabulary) -> None:
    """Score tables are padded: models can, if hardly ever do, choose a row that stands for no word."""
    assert byte_level.bytes_of(10**6) == b""


def test_sentence_piece_words_are_bytes_too(sentence_piece: Vocabulary) -> None:
    assert [sentence_piece.bytes_of(number) for number in (0xE4, 10, 256, 257, 258, 260, 261)] == [
        b"\xe4",
        b"\n",
        b" ",
        b" hello",
        b"h",
        b"",
        b"<tool>",
    ]


def test_a_vocabulary_of_unknown_kind_is_refused(tmp_path: Path) -> None:
    words = {"version": "1.0", "model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(words))
    with pytest.raises(ModelCorrupt, match="kind"):
        Vocabulary(tmp_path)


@pytest.mark.weights
def test_a_real_vocabulary_gives_back_any_text(smollm2: Path) -> None:
    vocabulary = Vocabulary(smollm2)

    # It has no tokens for some control characters, nor for the bytes that begin planes 4 and on.
    @given(st.text(st.characters(codec="utf-8", min_codepoint=0x20, max_codepoint=0x1FFFF)))
    @settings(deadline=None)
    def comes_back(text: str) -> None:
        assert b"".join(map(vocabulary.bytes_of, vocabulary.encode(text, plain=True))) == text.encode()

    comes_back()


def test_a_signal_while_tokens_are_read_is_no_damage(tmp_path: Path) -> None:
    class Interrupted(type(tmp_path)):  # type: ignore[misc]
        def __truediv__(self, key: str) -> Path:
            raise Terminated("stopped by SIGTERM")

    with pytest.raises(Terminated):
        Vocabulary(Interrupted(tmp_path))
