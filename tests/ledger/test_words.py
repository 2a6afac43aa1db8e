"""What the ledger keeps is text, whatever a file system calls its folders."""

import os

from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.ledger.words import storable


def test_a_byte_that_is_none_of_utf8_is_spelled_out() -> None:
    assert storable(os.fsdecode(b"/home/caf\xe9/\xe6\x97\xa5")) == "/home/caf\\xe9/\u65e5"
    assert storable("half a pair: \ud83d") == "half a pair: \\ud83d"


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_stored_and_what_is_text_stays_as_it_is(text: str) -> None:
    stored = storable(text)
    stored.encode()
    assert storable(stored) == stored
    if not any("\ud800" <= sign <= "\udfff" for sign in text):
        assert stored == text
