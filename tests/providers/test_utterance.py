from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.providers.utterance import Utterance

# Few letters, so that stop strings do come, in parts and overlapping themselves.
texts = st.text(alphabet="ab<é🚀", max_size=40)
stops = st.lists(st.text(alphabet="ab<é🚀", min_size=1, max_size=4), max_size=3)


def cut(raw: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({min(place, len(raw)) for place in places} | {len(raw)})
    return [raw[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@given(texts, st.lists(st.integers(0, 120), max_size=20))
def test_any_cut_of_any_text_gives_the_text(text: str, places: list[int]) -> None:
    utterance = Utterance()
    said = [utterance.add(piece) for piece in cut(text.encode(), places)]
    assert "".join(said) + utterance.end() == text


@given(texts, stops, st.lists(st.integers(0, 120), max_size=20))
def test_text_ends_before_the_first_stop_string_however_it_is_cut(
    text: str, stop: list[str], places: list[int]
) -> None:
    utterance = Utterance(stop)
    said = ""
    for piece in cut(text.encode(), places):
        said += utterance.add(piece)
        if utterance.stopped is not None:
            break
    stopped, said = utterance.stopped is not None, said + utterance.end()

    assert stopped == any(word in text for word in stop)
    assert not any(word in said for word in stop)
    assert text.startswith(said)
    if not stopped:
        assert said == text


@given(st.binary(max_size=40), st.lists(st.integers(0, 40), max_size=10))
def test_any_bytes_give_what_they_give_in_one_piece(raw: bytes, places: list[int]) -> None:
    utterance = Utterance()
    said = "".join(utterance.add(piece) for piece in cut(raw, places)) + utterance.end()
    assert said == raw.decode("utf-8", "replace")


def test_what_cannot_become_a_stop_string_is_shown_at_once() -> None:
    utterance = Utterance(["</end>"])
    assert [utterance.add(piece) for piece in (b"a<", b"/e", b"x", b"<")] == ["a", "", "</ex", ""]
    assert utterance.end() == "<"


def test_nothing_is_said_after_a_stop_string() -> None:
    utterance = Utterance(["."])
    assert [utterance.add(piece) for piece in (b"a.b", b"c.d")] == ["a", ""]
    assert utterance.end() == ""


def test_an_empty_stop_string_stops_nothing() -> None:
    assert Utterance([""]).add(b"abc") == "abc"
