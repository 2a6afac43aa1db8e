"""The rules of an event stream, however its bytes are cut."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.providers.sse import BrokenStream, EventDecoder

LINES = st.sampled_from(
    [
        b"data: one",
        b"data:two",
        b"data:  three",
        b"data",
        b"data: \xe2\x80\xa8 and \xc2\x85 are no line ends",
        "data: 🌋 grüße".encode(),
        b": a comment",
        b":",
        b"event: ping",
        b"id: 7",
        b"retry: 10",
        b"database: no",
        b"",
        b"",
    ]
)
STREAMS = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r", b"\r\n"])))


def read(*chunks: bytes) -> list[str]:
    decoder = EventDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)]


def expected(lines: list[bytes]) -> list[str]:
    """Follow the specification slowly: fields go to a buffer, a blank line gives it out."""
    events: list[str] = []
    buffer: list[str] = []
    for line in lines:
        if not line:
            events += ["\n".join(buffer)] if "".join(buffer) or len(buffer) > 1 else []
            buffer = []
        name, _, value = line.decode().partition(":")
        if name == "data":
            buffer.append(value.removeprefix(" "))
    return events


@given(STREAMS, st.data())
def test_any_cut_of_any_stream_gives_the_same_events(
    lines: list[tuple[bytes, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(line + end for line, end in lines)
    # "\r" then "" then "\n" reads as one line end, so the lines are taken from the bytes again.
    told = re.split(rb"\r\n|\r|\n", stream)[:-1]
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert read(*pieces) == expected(told)
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == expected(told)


def test_a_byte_order_mark_is_skipped_even_in_halves() -> None:
    assert read(b"\xef", b"\xbb\xbfdata: x\n\n") == ["x"]
    assert read(b"data: \xef\xbb\xbfx\n\n") == ["\ufeffx"], "only at the very start"


def test_an_event_without_its_blank_line_waits_in_the_rest() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b"data: [DONE]\n") == []
    assert decoder.rest() == "[DONE]"
    assert EventDecoder().rest() == ""


def test_a_rest_that_ends_inside_a_character_says_nothing() -> None:
    decoder = EventDecoder()
    decoder.feed("data: ü".encode()[:-1])
    assert decoder.rest() == ""


def test_bytes_that_are_not_utf_8_break_the_stream() -> None:
    with pytest.raises(BrokenStream, match="UTF-8"):
        read(b"data: \xff\n\n")


def test_an_event_of_two_megabytes_arrives_whole_in_any_pieces() -> None:
    event = b"data: " + b"x" * 2_000_000 + b"\n\n"
    assert read(*(event[at : at + 1000] for at in range(0, len(event), 1000))) == ["x" * 2_000_000]


@pytest.mark.parametrize("endless", [b"data: xxxxxxxx\n", b"xxxxxxxxxxxx"])
def test_an_event_without_end_is_given_up(endless: bytes) -> None:
    decoder = EventDecoder(max_event=1000)

    def feed_for_ever() -> None:
        for _ in range(1000):
            decoder.feed(endless)

    with pytest.raises(BrokenStream, match="1,000 bytes"):
        feed_for_ever()


def test_comments_without_end_take_no_memory() -> None:
    decoder = EventDecoder(max_event=1000)
    for _ in range(1000):
        assert decoder.feed(b": keep-alive\n: still") == []
        assert decoder.feed(b" here\n\n") == []
    assert decoder.feed(b"data: x\n\n") == ["x"]
