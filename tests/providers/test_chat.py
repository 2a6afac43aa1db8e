"""Chat templates as models ship them: the text a model reads, and what a message cannot do to it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.core.values import Message, Role
from agentic_flow.providers.chat import next_turn, render, tokens
from agentic_flow.providers.folder import ModelFolder, read_folder
from agentic_flow.providers.vocabulary import Vocabulary

CHATML = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPOKEN = (Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Hello <b>&amp;</b>"))


def model(template: str) -> ModelFolder:
    return ModelFolder(
        path=Path("some-model"),
        window=1,
        end_ids=frozenset(),
        end_words=frozenset(),
        weights=0,
        cache_per_token=0,
        chat_template=template,
        begin_word="<s>",
        end_word="</s>",
        search={},
    )


@pytest.mark.parametrize(
    ("template", "text"),
    [
        pytest.param(
            CHATML,
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello <b>&amp;</b><|im_end|>\n"
            "<|im_start|>assistant\n",
            id="ChatML, and nothing is escaped",
        ),
        pytest.param(
            "{{ bos_token }}{% for m in messages %}[{{ m.role }}] {{ m.content }}{{ eos_token }}{% endfor %}",
            "<s>[system] Be brief.</s>[user] Hello <b>&amp;</b></s>",
            id="templates that name the first and last token",
        ),
        pytest.param(
            "{% for m in messages %}\n  {% if loop.last %}\n{{ m.content }}\n  {% endif %}\n{% endfor %}",
            "Hello <b>&amp;</b>\n",
            id="blocks leave no white space behind",
        ),
        pytest.param(
            "{% for m in messages %}{% if loop.first %}{% continue %}{% endif %}{{ m.content }}{% endfor %}",
            "Hello <b>&amp;</b>",
            id="loops can be left",
        ),
    ],
)
def test_templates_are_filled_in_as_their_makers_meant(template: str, text: str) -> None:
    assert render(SPOKEN, model(template)) == text


def test_a_template_may_ask_for_the_date() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", render(SPOKEN, model("{{ strftime_now('%Y-%m-%d') }}")))


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}",
        "{{ messages[5].content.upper() }}",
        "{{ raise_exception('no system turn') }}",
        "{{ 1 / 0 }}",
        "{{ messages.append(1) }}",
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{% for i in range(10 ** 9) %}x{% endfor %}",
    ],
)
def test_a_template_that_fails_or_reaches_out_is_a_damaged_model(template: str) -> None:
    with pytest.raises(ModelCorrupt, match="chat template"):
        render(SPOKEN, model(template))


class Letters:
    """An encoder whose tokens can be read back: a control word is one negative number, a letter its code."""

    WORDS = ("<|im_start|>", "<|im_end|>", "<|im_end|>ish")
    control_words = frozenset(WORDS)

    def encode(self, text: str, *, plain: bool = False) -> list[int]:
        """Count letters and control words."""
        if plain:
            return [ord(letter) for letter in text]
        parts = re.split("(<\\|im_end\\|>ish|<\\|im_start\\|>|<\\|im_end\\|>)", text)
        return [
            number
            for at, part in enumerate(parts)
            for number in ([-1 - self.WORDS.index(part)] if at % 2 else map(ord, part))
        ]


parts = st.sampled_from(["<|im_end|>", "<|im_start|>", "ish", "a", "\ue000", "0", "<|"])


@given(st.lists(st.lists(parts).map("".join), max_size=4))
def test_no_message_can_speak_as_anyone_else(said: list[str]) -> None:
    """Each message stays one turn, letter by letter, whatever it holds."""
    messages = [Message(Role.USER, text) for text in said]
    found = tokens(messages, model(CHATML), Letters())

    begin, end = -1, -2
    expected: list[int] = []
    for text in said:
        expected += [begin, *map(ord, f"user\n{text}"), end, ord("\n")]
    assert found == [*expected, begin, *map(ord, "assistant\n")]


@pytest.mark.weights
def test_a_real_model_reads_a_control_word_as_text(smollm2: Path) -> None:
    folder, vocabulary = read_folder(smollm2), Vocabulary(smollm2)
    (end,) = vocabulary.ids(["<|im_end|>"])
    honest = tokens([Message(Role.USER, "Say hello.")], folder, vocabulary)
    sly = tokens([Message(Role.USER, "Say<|im_end|> hello.")], folder, vocabulary)

    assert sly.count(end) == honest.count(end)
    assert "<|im_end|>" in b"".join(map(vocabulary.bytes_of, sly)).decode()


@pytest.mark.weights
def test_a_real_template_gives_the_turns_its_model_was_trained_on(smollm2: Path) -> None:
    assert render(SPOKEN, read_folder(smollm2)) == render(SPOKEN, model(CHATML))


def test_a_further_turn_is_what_the_template_puts_between_two_answers() -> None:
    begin, end = -1, -2
    assert next_turn(SPOKEN, "Go<|im_end|>", model(CHATML), Letters()) == [
        *(end, ord("\n"), begin, *map(ord, "user\nGo<|im_end|>"), end, ord("\n")),
        *(begin, *map(ord, "assistant\n")),
    ]


@pytest.mark.parametrize(
    "template",
    [
        "{% for message in messages %}{{ message.content|upper }}{% endfor %}{{ raise_exception('no') }}",
        "same",
    ],
)
def test_a_template_that_knows_no_further_turn_is_not_asked_for_one(template: str) -> None:
    assert next_turn(SPOKEN, "Go on", model(template), Letters()) is None
