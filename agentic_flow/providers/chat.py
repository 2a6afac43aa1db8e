"""Messages -> the text a model reads, through its own chat template, and that text's tokens.

A template is a stranger's program: it runs in a sandbox. Messages are strangers' words: a control word
inside one (`<|im_end|>`) is read as text, so a file cannot speak as the system or end a turn.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NoReturn, Protocol

from agentic_flow.core.errors import ModelCorrupt
from agentic_flow.core.values import Message, Role
from agentic_flow.providers.folder import ModelFolder, damaged

_PRIVATE_USE = range(0xE000, 0xF900)


class Encoder(Protocol):
    """What turns text into tokens."""

    @property
    def control_words(self) -> frozenset[str]:
        """The words that build prompts."""
        ...

    def encode(self, text: str, *, plain: bool = False) -> list[int]:
        """Return the tokens of `text`."""
        ...


def tokens(messages: Iterable[Message], folder: ModelFolder, vocabulary: Encoder) -> list[int]:
    """Return what the model reads, up to where its answer begins. A bad template is `ModelCorrupt`."""
    return _tokens(list(messages), folder, vocabulary)


def next_turn(
    messages: Iterable[Message], words: str, folder: ModelFolder, vocabulary: Encoder
) -> list[int] | None:
    """Return what the model reads after an answer to `messages`: how that ends, `words`, how the next begins.

    None where its template cannot say so.
    """
    told = Message(Role.USER, words)
    edge = _unused_character([*messages, told])
    try:
        return _tokens([*messages, Message(Role.ASSISTANT, edge), told], folder, vocabulary, after=edge)
    except ModelCorrupt:
        return None


def _tokens(
    messages: Sequence[Message], folder: ModelFolder, vocabulary: Encoder, after: str = ""
) -> list[int]:
    def text(messages: Sequence[Message]) -> str:
        whole = render(messages, folder)
        if after and whole.count(after) != 1:
            raise damaged(folder.path, "its chat template does not say an answer as it is")
        return whole.partition(after)[2] if after else whole

    control = re.compile("|".join(map(re.escape, sorted(vocabulary.control_words, key=len, reverse=True))))
    found = {word for message in messages for word in control.findall(message.text)} - {""}
    if not found:
        return vocabulary.encode(text(messages))
    # Each control word travels through the template as its number between two marks.
    mark = _unused_character(messages)
    words = sorted(found)
    masked = [
        Message(message.role, control.sub(lambda word: f"{mark}{words.index(word[0])}{mark}", message.text))
        for message in messages
    ]
    pieces = re.split(f"{mark}(\\d+){mark}", text(masked))
    return [
        number
        for at, piece in enumerate(pieces)
        for number in (
            vocabulary.encode(words[int(piece)], plain=True) if at % 2 else vocabulary.encode(piece)
        )
    ]


def render(messages: Sequence[Message], folder: ModelFolder) -> str:
    """Fill in the model's template, with all that `transformers` gives one, so the text is the same."""
    import jinja2
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"], autoescape=False
    )
    offered = {"raise_exception": _refuse, "strftime_now": _now}
    try:
        return environment.from_string(folder.chat_template, offered).render(
            messages=[{"role": message.role.value, "content": message.text} for message in messages],
            add_generation_prompt=True,
            bos_token=folder.begin_word,
            eos_token=folder.end_word,
        )
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as failure:
        raise _unusable(folder, failure) from failure
    except (RecursionError, MemoryError) as failure:
        raise _unusable(folder, "it asks for more than there is") from failure


def _unusable(folder: ModelFolder, reason: object) -> ModelCorrupt:
    return damaged(folder.path, f"its chat template cannot be filled in ({reason})")


def _refuse(message: str) -> NoReturn:
    """Answer a template that calls `raise_exception`: its model cannot have such a conversation."""
    raise ValueError(message)


def _now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)


def _unused_character(messages: Iterable[Message]) -> str:
    said = {character for message in messages for character in message.text}
    return next(character for character in map(chr, _PRIVATE_USE) if character not in said)
