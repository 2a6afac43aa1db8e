"""A file that is to change: where a model only repeats it, its second thought counts."""

import pytest

from agentic_flow.core.events import Finished, TextDelta
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Message, Output, Prompt, Role, Sampling, StopReason
from agentic_flow.providers.doubting import Copy
from tests.providers.conftest import OpenToy

HELD = OnnxSettings(threads=1, grammar=True)
HEAD = "a.py\n```python\n"
FILE = "x = 1\ny = 2\n"


def ask(
    toy: OpenToy, reply: str, doubts: dict[int, bytes], *, temperature: float = 0, closed: bool = True
) -> tuple[list[str], Finished]:
    """Return the pieces that are shown of an answer in which the model says `reply`, a byte at a time."""
    pieces = [bytes([byte]) for byte in (HEAD + reply + "```" * closed).encode()]
    provider = toy(pieces, HELD, doubts={len(HEAD) + at: other for at, other in doubts.items()})
    prompt = Prompt(
        "toy",
        (Message(Role.USER, "A"),),
        Sampling(max_tokens=300, temperature=temperature),
        output=Output.FILES,
        paths=("a.py",),
        standing=(FILE,),
    )
    *events, finished = provider.stream(prompt)
    assert isinstance(finished, Finished)
    return [event.text for event in events if isinstance(event, TextDelta)], finished


def whole(text: str) -> str:
    return f"{HEAD}{text}```\n"


@pytest.mark.parametrize("closed", [True, False])
def test_a_copy_is_taken_back_to_where_the_model_doubted(toy: OpenToy, *, closed: bool) -> None:
    shown, finished = ask(toy, FILE, {FILE.index("2"): b"3"}, closed=closed)
    assert "".join(shown) == whole("x = 1\ny = 3\n")
    assert finished.stop_reason is StopReason.END
    end = len("```") if closed else 0
    again = len(FILE) - FILE.index("2")  # what the model made first was made, too
    assert finished.usage.output_tokens == len(HEAD + FILE) + end + again + end


def test_empty_lines_are_no_change(toy: OpenToy) -> None:
    spaced = "x = 1\n\ny = 2\n"
    shown, _ = ask(toy, spaced, {spaced.index("2"): b"3"})
    assert "".join(shown) == whole("x = 1\n\ny = 3\n")


def test_an_answer_that_leaves_the_file_is_shown_as_it_comes_and_left_alone(toy: OpenToy) -> None:
    shown, _ = ask(toy, "x = 5\ny = 2\n", {0: b"z"})
    assert "".join(shown) == whole("x = 5\ny = 2\n")
    assert any("5" in piece and "y" not in piece for piece in shown)


def test_a_model_that_is_not_asked_greedily_has_no_second_thoughts(toy: OpenToy) -> None:
    shown, _ = ask(toy, FILE, {FILE.index("2"): b"3"}, temperature=0.0001)
    assert "".join(shown) == whole(FILE)


def test_a_model_that_is_sure_may_repeat_the_file(toy: OpenToy) -> None:
    shown, finished = ask(toy, FILE, {})
    assert "".join(shown) == whole(FILE)
    assert finished.stop_reason is StopReason.END


def copy(text: str, leads: dict[int, float]) -> list[int]:
    """Return the places of the doubts of a model that says `text` letter by letter."""
    copied = Copy(text)
    for at, letter in enumerate(text):
        copied.note([(ord(letter), 9.0), (ord("!"), 9.0 - leads.get(at, 8.0))])
        copied.add(letter, [(ord(letter), letter.encode())])
    assert copied.unchanged
    return [doubt.at for doubt in copied.doubts("a.py", lambda token: bytes([token]))]


def test_the_least_sure_place_comes_first() -> None:
    assert copy("x = 1\ny = 2\n", {4: 3.0, 10: 2.0, 6: 1.0}) == [6, 10, 4]


def test_docstrings_and_comments_are_no_place_to_doubt() -> None:
    text = 'def f():\n    """Dück."""\n    # é!\n    return 1, "a"\n'
    inside = [text.index("D"), text.index("# "), text.index("é")]
    outside = text.index('"a"') + 1
    assert copy(text, dict.fromkeys(inside, 0.1) | {outside: 1.0})[0] == outside
    assert not {*inside} & {*copy(text, dict.fromkeys(inside, 0.1))}


def test_how_a_file_begins_is_no_doubt_about_what_stands_in_it() -> None:
    assert 0 not in copy("x = 1\n", {0: 0.1})


def test_the_end_of_the_file_is_no_place_either() -> None:
    copied = Copy("x\n")
    for token, text in ((1, "x"), (2, "\n"), (3, "")):  # the third is a fence
        copied.note([(token, 1.0), (65, 0.5)])
        copied.add(text, [(token, text.encode() or b"```")])
    assert [doubt.at for doubt in copied.doubts("a.txt", lambda _: b"A")] == [1]
