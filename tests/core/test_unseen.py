"""Signs of a text that nobody sees."""

import pytest

from agentic_flow.core.unseen import unseen


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "tab\tline\nreturn\r\npage\x0c",
        "\u05e9\u200f\u05dc",
        "caf\xe9 \U0001f469\u200d\U0001f4bb",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    ],
)
def test_what_is_read_as_it_runs_has_none(text: str) -> None:
    assert unseen(text) == ""


@pytest.mark.parametrize(
    ("text", "signs"),
    [
        ("a = 1 # \u202e\u2066 b", "U+202E, U+2066"),
        ("true \x1b]0;\x07\x1b", "U+001B, U+0007"),
        ("x\U000e0041\U000e0042", "U+E0041"),
        ("\x00\x01\x02\x03\x04\x05", "U+0000, U+0001, U+0002, U+0003, U+0004, ..."),
        ("\x9b31m", "U+009B"),
    ],
)
def test_what_turns_words_round_or_hides_them_is_named_once(text: str, signs: str) -> None:
    assert unseen(text) == signs
