"""Files whose names are known: the form is said for the model, which writes what stands in them."""

import pytest

from agentic_flow.core.events import Finished, ProviderEvent, TextDelta
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Message, Output, Prompt, Role, Sampling, StopReason, Usage
from agentic_flow.providers.dictation import openings
from tests.providers.conftest import OpenToy

HELD = OnnxSettings(threads=1, grammar=True)


def letters(text: str) -> list[bytes]:
    return [bytes([byte]) for byte in text.encode()]


@pytest.mark.parametrize(
    ("paths", "said"),
    [
        (["a.py"], ("a.py\n```python",)),
        (["src/a.js", "b.html"], ("src/a.js\n```javascript", "b.html\n```html")),
        (["data.unheard-of"], ("data.unheard-of\n```",)),
        ([], ()),
        ([None], ()),  # a name is to be chosen
        (["a.py", None], ()),
        (["README.md"], ()),  # a fence is to be chosen, long enough for those inside
        (["a.py", "docs/guide.rst"], ()),
    ],
)
def test_the_form_is_known_where_nothing_is_to_be_chosen(
    paths: list[str | None], said: tuple[str, ...]
) -> None:
    assert openings(paths) == said


def test_a_file_begins_with_the_lines_that_are_certain() -> None:
    assert openings(["test_a.py", "b.js"], ["from a import b\n", ""]) == (
        "test_a.py\n```python\nfrom a import b\n",
        "b.js\n```javascript",
    )


def test_what_a_file_begins_with_is_said_for_the_model(toy: OpenToy) -> None:
    whole = "test_a.py\n```python\nfrom a import b\n\nassert b\n```\n"
    prompt = Prompt(
        "toy",
        (Message(Role.USER, "A"),),
        Sampling(max_tokens=300),
        output=Output.FILES,
        paths=("test_a.py",),
        beginnings=("from a import b\n",),
    )
    *events, finished = toy(letters(whole), HELD).stream(prompt)

    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == whole
    assert isinstance(finished, Finished)
    assert finished.stop_reason is StopReason.END


def ask_functions(toy: OpenToy, reply: list[bytes], *functions: str) -> str:
    prompt = Prompt(
        "toy",
        (Message(Role.USER, "A"),),
        Sampling(max_tokens=300),
        output=Output.FILES,
        paths=("a.py",),
        functions=(functions,),
    )
    *events, finished = toy(reply, HELD).stream(prompt)
    assert isinstance(finished, Finished)
    assert finished.stop_reason is StopReason.END
    return "".join(event.text for event in events if isinstance(event, TextDelta))


FUNCTIONS = "a.py\n```python\ndef f(x):\n    pass\n\n\ndef g():\n    pass\n```\n"


@pytest.mark.parametrize("ends", [[b"\n", *letters("```")], [b"\n", b""], [b""]])
def test_a_function_that_was_forgotten_is_begun_for_the_model(toy: OpenToy, ends: list[bytes]) -> None:
    """It says what stands in it. What it said to close the file is as if it had not been."""
    head = letters("a.py\n```python\ndef f(x):\n    pass")
    begun = letters("\n\n\ndef g():\n")
    # A toy model goes on by how far it has come: what it is made to read stands in place of its own words.
    reply = [*head, *ends, *begun[len(ends) :], *letters("    pass\n```")]
    assert ask_functions(toy, reply, "def f(x):", "def g():") == FUNCTIONS


def test_assertions_that_go_round_end_the_file(toy: OpenToy) -> None:
    round_ = "    assert f(1)\n    assert f(2)\n    assert f(3)\n"
    reply = letters("a.py\n```python\ndef test_f():\n" + round_ * 20)
    shown = ask_functions(toy, reply)
    assert shown.startswith("a.py\n```python\ndef test_f():\n" + round_ * 3)
    assert shown.endswith("    assert f(2)\n```\n")
    assert shown.count("assert") == 3 + 8


def test_words_may_repeat_assertions_to_their_end(toy: OpenToy) -> None:
    """Only a file is ended for the model: words that break off would pass for all of them."""
    text = "    assert f(1)\n    assert f(2)\n    assert f(3)\n" * 6
    prompt = Prompt("toy", (Message(Role.USER, "A"),), Sampling(max_tokens=400, stop=("\nEND",)))
    events = list(toy([*letters(text), b""], HELD, window=600).stream(prompt))
    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == text


def test_a_next_test_for_which_there_is_no_room_is_not_begun(toy: OpenToy) -> None:
    head = "test_a.py\n```python\nfrom a import f, g\n\ndef test_f():\n"
    tests = "".join(f"    assert f({n})\n" for n in range(8))
    room = len(letters(head + tests)) + 8
    prompt = Prompt(
        "toy",
        (Message(Role.USER, "A"),),
        Sampling(max_tokens=room),
        output=Output.FILES,
        paths=("test_a.py",),
        beginnings=("from a import f, g\n",),
    )
    *events, finished = toy(letters(head + tests), HELD, window=900).stream(prompt)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    assert text.rstrip() == (head + tests).rstrip()
    assert isinstance(finished, Finished)
    assert finished.stop_reason is StopReason.MAX_TOKENS


def test_what_has_no_test_yet_comes_after_enough_assertions(toy: OpenToy) -> None:
    head = "test_a.py\n```python\nfrom a import f, g\n\ndef test_f():\n"
    tests = "".join(f"    assert f({n})\n" for n in range(8))
    said = "\n\ndef test_g():\n"
    others = "".join(f"    assert g({n})\n" for n in range(8))
    prompt = Prompt(
        "toy",
        (Message(Role.USER, "A"),),
        Sampling(max_tokens=500),
        output=Output.FILES,
        paths=("test_a.py",),
        beginnings=("from a import f, g\n",),
    )
    reply = letters(head + tests + said + others + "    assert h(1)\n" * 9)
    *events, finished = toy(reply, HELD, window=900).stream(prompt)

    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == (
        head + tests + said + others + "```\n"
    )
    assert isinstance(finished, Finished)
    assert finished.stop_reason is StopReason.END


def test_functions_that_stand_there_are_left_alone(toy: OpenToy) -> None:
    assert ask_functions(toy, letters(FUNCTIONS), "def f(x, y):", "def g():") == FUNCTIONS


def ask(toy: OpenToy, reply: list[bytes], *paths: str, **sampling: object) -> tuple[str, StopReason]:
    """Return what is shown when the model says `reply`, of which it makes only what is not said for it."""
    prompt = Prompt(
        "toy",
        (Message(Role.USER, "A"),),
        Sampling(**{"max_tokens": 300, **sampling}),  # type: ignore[arg-type]  # each test names real fields
        output=Output.FILES,
        paths=paths,
    )
    events: list[ProviderEvent] = list(toy(reply, HELD).stream(prompt))
    (finished,) = (event for event in events if isinstance(event, Finished))
    return "".join(event.text for event in events if isinstance(event, TextDelta)), finished.stop_reason


TWO = "a.py\n```python\nx = 'é'\n```\n\nb.js\n```javascript\ny\n\nz\n```\n"


def test_each_file_stands_in_its_block(toy: OpenToy) -> None:
    assert ask(toy, letters(TWO), "a.py", "b.js") == (TWO, StopReason.END)


@pytest.mark.parametrize("closing", [b"```", b"```\n", b"```\n\n", b"\n```\n", b"    "])
def test_the_fence_may_come_in_a_token_with_what_is_around_it(toy: OpenToy, closing: bytes) -> None:
    head, tail = "a.py\n```python\nx", "b.js\n```javascript\ny\n```"
    middle = {
        b"```": [b"\n", b"```", b"\n", b"\n"],
        b"```\n": [b"\n", b"```\n", b"\n"],
        b"```\n\n": [b"\n", b"```\n\n"],
        b"\n```\n": [b"\n```\n", b"\n"],
        b"    ": [b"\n", b"   ", b"```\n\n"],
    }[closing]
    shown, _ = ask(toy, [*letters(head), *middle, *letters(tail)], "a.py", "b.js")
    assert shown == f"{head}\n```\n\n{tail}\n"


def test_a_model_that_ends_after_the_first_file_goes_on_with_the_second(toy: OpenToy) -> None:
    for text, end in (("x\n", "```"), ("x", "\n```")):
        head = f"a.py\n```python\n{text}"
        said_for_it = f"{end}\n\nb.js\n```javascript\n"
        reply = [*letters(head), b"", *letters(said_for_it)[1:], *letters("y\n```")]
        shown, reason = ask(toy, reply, "a.py", "b.js")
        assert (shown, reason) == (f"{head}{said_for_it}y\n```\n", StopReason.END)


@pytest.mark.parametrize("sign", ["", "# ", "// "])
def test_a_file_that_is_announced_in_the_block_before_is_not_part_of_that(toy: OpenToy, sign: str) -> None:
    """Small models say the next file's name before they close this one's block, or never close it."""
    reply = letters(f"a.py\n```python\nx\n\n{sign}b.js\n```\n\nb.js\n```javascript\ny\n```\n")
    shown, reason = ask(toy, reply, "a.py", "b.js")
    assert (shown, reason) == ("a.py\n```python\nx\n```\n\nb.js\n```javascript\ny\n```\n", StopReason.END)


def test_a_line_that_only_speaks_of_the_next_file_is_content(toy: OpenToy) -> None:
    text = "a.py\n```python\n# b.js\nuse('b.js')\n\n# see b.js\n```\n\nb.js\n```javascript\ny\n```\n"
    assert ask(toy, letters(text), "a.py", "b.js") == (text, StopReason.END)


@pytest.mark.parametrize("ends", [False, True])
def test_between_two_files_the_model_is_told_what_the_next_is_to_hold(toy: OpenToy, *, ends: bool) -> None:
    """It reads that as a turn of the conversation; nobody is shown it, and it counts as input."""
    template = "{% for message in messages %}{{ message.content }}|{% endfor %}<|go|>"
    turn = [b"?"] * len([*"|Now b|", "<|go|>"])
    first, last = "a.py\n```python\nx", "b.js\n```javascript\ny\n```"
    closing = [b"", *letters("```")] if ends else letters("\n```")
    provider = toy([*letters(first), *closing, *turn, *letters(last)], HELD, template=template)
    prompt = Prompt(
        "toy",
        (Message(Role.USER, "A"),),
        Sampling(max_tokens=300),
        output=Output.FILES,
        paths=("a.py", "b.js"),
        reminders=("Now a", "Now b"),
    )
    *events, finished = provider.stream(prompt)

    assert "".join(event.text for event in events if isinstance(event, TextDelta)) == (
        f"{first}\n```\n\n{last}\n"
    )
    assert isinstance(finished, Finished)
    assert finished.stop_reason is StopReason.END
    assert finished.usage == Usage(3 + len(turn), len(first) + 4 + len(last))


def test_nothing_is_said_after_the_last_file(toy: OpenToy) -> None:
    reply = letters("a.py\n```python\nx\n```\nThis code says x. Run it with python.")
    assert ask(toy, reply, "a.py") == ("a.py\n```python\nx\n```\n", StopReason.END)


def test_a_fence_far_from_the_margin_is_content(toy: OpenToy) -> None:
    text = "a.py\n```python\nx = '''\n    ```\n'''\n```\n"
    assert ask(toy, letters(text), "a.py") == (text, StopReason.END)


def test_a_file_cut_by_the_limit_stays_open(toy: OpenToy) -> None:
    shown, reason = ask(toy, letters("a.py\n```python\nx = 1234567890\n```"), "a.py", max_tokens=20)
    assert reason is StopReason.MAX_TOKENS
    assert shown == "a.py\n```python\nx = 1"


@pytest.mark.parametrize("most", [5, 40])
def test_a_limit_that_leaves_no_room_for_the_form_is_a_limit(toy: OpenToy, most: int) -> None:
    shown, reason = ask(toy, letters(TWO), "a.py", "b.js", max_tokens=most)
    assert reason is StopReason.MAX_TOKENS
    assert TWO.startswith(shown)


def test_a_stop_string_acts_inside_a_file(toy: OpenToy) -> None:
    shown, reason = ask(toy, letters(TWO), "a.py", "b.js", stop=("z",))
    assert reason is StopReason.STOP_SEQUENCE
    assert shown == TWO[: TWO.index("z")]
