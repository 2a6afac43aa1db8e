"""What makes two questions the same, and what does not."""

from dataclasses import fields, replace

import pytest

from agentic_flow.core.values import Message, Output, Prompt, Role, Sampling, Target
from agentic_flow.providers.kept.question import question

TARGET = Target("openrouter", "m/a")
PROMPT = Prompt(
    model="m/a",
    messages=(Message(Role.SYSTEM, "You are."), Message(Role.USER, "Do.")),
    sampling=Sampling(max_tokens=100, temperature=0.0),
)


def key(target: Target = TARGET, prompt: Prompt = PROMPT, **circumstances: object) -> str:
    return question(target, prompt).key(circumstances)


@pytest.mark.parametrize(
    "other",
    [
        replace(PROMPT, messages=PROMPT.messages[1:]),
        replace(PROMPT, messages=(Message(Role.USER, "You are."), PROMPT.messages[1])),
        replace(PROMPT, messages=(PROMPT.messages[0], Message(Role.USER, "Do. "))),
        replace(PROMPT, output=Output.FILES),
        replace(PROMPT, output=Output.FILES, paths=("a.py",)),
        replace(PROMPT, output=Output.FILES, paths=(None,)),
        replace(PROMPT, output=Output.FILES, paths=("a.py", "b.py"), reminders=("first", "then")),
        replace(PROMPT, output=Output.FILES, paths=("test_a.py",), beginnings=("from a import b\n",)),
        replace(PROMPT, output=Output.FILES, paths=("a.py",), standing=("x = 1",)),
        replace(PROMPT, output=Output.FILES, paths=("a.py",), functions=(("def f():",),)),
        replace(PROMPT, sampling=Sampling(max_tokens=100)),
        replace(PROMPT, sampling=Sampling(max_tokens=101, temperature=0.0)),
        replace(PROMPT, sampling=Sampling(max_tokens=100, temperature=0.0, stop=("x",))),
        replace(PROMPT, sampling=Sampling(max_tokens=100, temperature=0.0, seed=0)),
    ],
)
def test_whatever_shapes_an_answer_makes_another_question(other: Prompt) -> None:
    assert key(prompt=other) != key()
    assert question(TARGET, other).digest != question(TARGET, PROMPT).digest


def test_the_model_and_the_circumstances_are_part_of_the_key() -> None:
    keys = {key(), key(Target("openrouter", "m/b")), key(Target("onnx", "m/a")), key(host="a"), key(host="b")}
    assert len(keys) == 5


def test_a_time_limit_shapes_no_answer() -> None:
    assert key(prompt=replace(PROMPT, timeout=3.0)) == key()


def test_every_field_of_a_prompt_has_been_thought_of() -> None:
    """Whoever adds one decides whether it belongs to the question, and changes this line."""
    assert {field.name for field in fields(Prompt)} == {
        "model", "messages", "sampling", "output", "paths", "reminders", "beginnings", "standing",
        "functions", "timeout",
    }  # fmt: skip


def test_a_key_is_the_same_tomorrow() -> None:
    assert (
        question(TARGET, PROMPT).digest == "fc94cdaa354068cefd7886e5b4d64af7d5f63d556f0eaa58c7a57462ad105d3d"
    )


def test_half_a_character_from_the_command_line_is_a_question_too() -> None:
    odd = replace(PROMPT, messages=(Message(Role.USER, "\udcff"),))
    assert len(key(prompt=odd)) == 64
