"""What a stranger wrote cannot drive the terminal it is shown on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.cli.console import spelled, visible


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain\n\ttext é 漢字 👩‍💻", "plain\n\ttext é 漢字 👩‍💻"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]52;c;aGk=\x1b\\after", "after"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]8;;http://evil\nand more\x07", "]8;;http://evil\nand more"),  # it hides no line
        ("\x1b]and all the rest", "]and all the rest"),
        ("a\x9b2Jb\x07\x08\r", "a2Jb"),
        ("user\u202egnp.exe\u2066", "usergnp.exe"),
        ("[link=http://evil]x[/link]", "[link=http://evil]x[/link]"),
    ],
)
def test_what_could_act_is_taken_out_and_the_rest_stays(written: str, shown: str) -> None:
    assert visible(written) == shown


@given(st.text())
def test_nothing_that_acts_is_left(text: str) -> None:
    left = visible(text)
    assert not any(ord(c) < 32 and c not in "\n\t" for c in left)
    assert not set(left) & set("\x7f\x1b\x9b\x9d\u202e\u2066\u200f")


@given(st.text())
def test_what_a_person_says_yes_to_hides_nothing(text: str) -> None:
    shown = spelled(text)
    assert all(sign.isprintable() or sign in "\n\t\u200d" for sign in shown.replace("\r\n", "\n"))
    if text.isascii() and text.isprintable():
        assert shown == text


def test_a_gap_that_leads_out_of_sight_is_told() -> None:
    assert spelled("a" + " " * 79 + "b") == "a" + " " * 79 + "b"
    assert spelled("a" + "\u2800 " * 40 + "b") == "a[80 blanks]b"
