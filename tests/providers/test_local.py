"""The local provider on a model that the test writes down, in the real runtime."""

import json
import time
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from agentic_flow.core.errors import (
    ConfigMistake,
    ContextOverflow,
    LimitReached,
    ModelCorrupt,
    NotEnoughMemory,
    RuntimeMissing,
)
from agentic_flow.core.events import Finished, Metered, Progress, ProviderEvent, TextDelta
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Message, Output, Prompt, Role, Sampling, StopReason, Usage
from agentic_flow.providers.local import LocalProvider
from tests.providers.conftest import OpenToy
from tests.providers.toy_model import END, GO, write_toy_model

WORDS = [b"one ", b"two ", b"three ", b"four ", b"five"]


def asking(
    text: str, output: Output = Output.TEXT, timeout: float | None = None, **sampling: object
) -> Prompt:
    return Prompt(
        model="toy",
        messages=(Message(Role.USER, text),),
        sampling=Sampling(**sampling),  # type: ignore[arg-type]  # each test names real fields
        output=output,
        timeout=timeout,
    )


def said(events: list[ProviderEvent]) -> list[str]:
    return [event.text for event in events if isinstance(event, TextDelta)]


def test_an_answer_is_announced_streamed_and_finished(toy: OpenToy) -> None:
    assert list(toy(WORDS).stream(asking("hello"))) == [
        Progress("loading toy"),
        Progress("reading 6 tokens"),
        *(TextDelta(word) for word in ("one ", "two ", "three ", "four ", "five")),
        Finished(Usage(6, 5), StopReason.END, model="toy", cost_usd=Decimal(0)),
    ]


def test_the_model_is_kept_for_the_next_call_until_it_is_closed(toy: OpenToy) -> None:
    provider = toy(WORDS)
    first, second = list(provider.stream(asking("A"))), list(provider.stream(asking("A")))
    provider.close()
    third = list(provider.stream(asking("A")))

    assert first == third
    assert second == first[1:]  # all but the loading


def test_a_character_spread_over_tokens_comes_whole(toy: OpenToy) -> None:
    whole = "é 你好 🚀 wörld!"
    raw = whole.encode()
    halves = [raw[at : at + 2] for at in range(0, len(raw), 2)]
    pieces = said(list(toy(halves).stream(asking("A"))))

    assert "".join(pieces) == whole
    assert len(pieces) > 5


def test_bytes_that_are_no_text_are_replaced_and_nothing_is_lost_after_them(toy: OpenToy) -> None:
    assert "".join(said(list(toy([b"a\xff", b"\xe4\xbd", b" b"]).stream(asking("A"))))) == "a\ufffd\ufffd b"


def test_a_stop_string_over_several_tokens_is_never_shown(toy: OpenToy) -> None:
    *events, last = toy([b"keep <", b"<EN", b"D>> drop"]).stream(asking("A", stop=("<<END>>",)))
    assert "".join(said(events)) == "keep "
    assert isinstance(last, Finished)
    assert last.stop_reason is StopReason.STOP_SEQUENCE


def test_the_beginning_of_a_stop_string_that_never_comes_is_shown(toy: OpenToy) -> None:
    events = list(toy([b"a <", b"<EN", b"D "]).stream(asking("A", stop=("<<END>>",))))
    assert "".join(said(events)) == "a <<END "


@pytest.mark.parametrize(
    ("window", "asked", "made", "reason"),
    [
        (512, 3, 3, StopReason.MAX_TOKENS),
        (512, 5, 5, StopReason.MAX_TOKENS),  # the end was not said
        (512, 6, 5, StopReason.END),
        (512, None, 5, StopReason.END),
    ],
)
def test_an_answer_ends_where_it_was_told_to(
    toy: OpenToy, window: int, asked: int | None, made: int, reason: StopReason
) -> None:
    last = list(toy(WORDS, window=window).stream(asking("A", max_tokens=asked)))[-1]
    assert last == Finished(Usage(2, made), reason, model="toy", cost_usd=Decimal(0))


def test_an_answer_longer_than_the_window_says_that_the_window_was_full(toy: OpenToy) -> None:
    long = [f"w{number} ".encode() for number in range(200)]
    last = list(toy(long, window=100).stream(asking("A" * 19, max_tokens=5000)))[-1]
    assert last == Finished(Usage(20, 80), StopReason.CONTEXT_WINDOW, model="toy", cost_usd=Decimal(0))


def test_a_prompt_that_leaves_no_room_is_refused_with_its_numbers(toy: OpenToy) -> None:
    events = toy(WORDS, window=100).stream(asking("A" * 1233))
    assert next(events) == Progress("loading toy")
    with pytest.raises(ContextOverflow, match=r"1,234 tokens.*toy holds 100.*less context") as refused:
        next(events)
    assert refused.value.outcome.exit_code == 7


def test_a_short_answer_may_fill_the_window_to_the_brim(toy: OpenToy) -> None:
    *_, last = toy(WORDS, window=100).stream(asking("A" * 97, max_tokens=2))
    assert last == Finished(Usage(98, 2), StopReason.MAX_TOKENS, model="toy", cost_usd=Decimal(0))


def test_a_closed_stream_leaves_the_model_ready_for_the_next(toy: OpenToy) -> None:
    provider = toy(WORDS)
    stream = provider.stream(asking("A"))
    assert said(list(islice(stream, 4))) == ["one ", "two "]
    stream.close()
    assert said(list(provider.stream(asking("A")))) == ["one ", "two ", "three ", "four ", "five"]


def test_the_time_limit_ends_a_long_reading(toy: OpenToy) -> None:
    """A prompt of 4,000 tokens takes this model minutes; the limit acts in between."""
    provider = toy(WORDS, work=500, window=8000)
    list(provider.stream(asking("A", max_tokens=1)))  # loads it
    events: list[ProviderEvent] = []
    with pytest.raises(LimitReached, match=r"time limit is up.*--timeout"):
        events.extend(provider.stream(asking("A" * 4000, timeout=0.5)))


def test_the_time_limit_ends_a_long_answer_and_says_what_was_used(toy: OpenToy) -> None:
    provider = toy(WORDS)
    list(provider.stream(asking("A")))  # loads it
    stream = provider.stream(asking("A", timeout=0.5))
    assert said(list(islice(stream, 2))) == ["one "]
    time.sleep(0.6)

    assert next(stream) == Metered(Usage(2, 1), Decimal(0))
    with pytest.raises(LimitReached):
        next(stream)


def test_control_words_in_a_message_are_words(toy: OpenToy) -> None:
    """Otherwise a file could end the user's turn and speak as the system."""
    counted = [
        event.usage.input_tokens
        for event in toy(WORDS).stream(asking(f"{END}A"))
        if isinstance(event, Finished)
    ]
    assert counted == [len(END) + len("A") + 1]  # letter by letter, then <|go|>


def test_control_words_of_the_template_are_tokens(toy: OpenToy) -> None:
    chatml = "{% for m in messages %}{{ m.role }}" + END + "{{ m.content }}{% endfor %}" + GO
    counted = [
        event.usage.input_tokens
        for event in toy(WORDS, template=chatml).stream(asking("A"))
        if isinstance(event, Finished)
    ]
    assert counted == [len("user") + 1 + len("A") + 1]


def test_a_temperature_of_zero_and_none_take_the_likeliest_word(toy: OpenToy) -> None:
    provider = toy(WORDS)
    sure = said(list(provider.stream(asking("A"))))
    assert said(list(provider.stream(asking("A", temperature=0.0, seed=1)))) == sure


def test_a_seed_makes_chance_repeatable(toy: OpenToy) -> None:
    provider = toy(WORDS)

    def drawn(seed: int) -> list[str]:
        return said(list(provider.stream(asking("A", temperature=9.0, seed=seed, max_tokens=40))))

    assert drawn(7) == drawn(7)
    assert len({tuple(drawn(seed)) for seed in range(5)}) == 5


def test_the_file_form_is_held_when_the_grammar_is_on(toy: OpenToy) -> None:
    chatter = [b"Sure! ", b"Here it ", b"is."]
    held = toy(chatter, OnnxSettings(threads=1, grammar=True))
    free = toy(chatter, OnnxSettings(threads=1, grammar=False))
    prompt = asking("A", Output.FILES, max_tokens=8)

    assert "".join(said(list(free.stream(prompt)))) == "Sure! Here it is."
    assert not "".join(said(list(held.stream(prompt)))).startswith("Sure!")
    assert "".join(said(list(held.stream(asking("A"))))) == "Sure! Here it is."  # words stay words


def test_a_memory_limit_below_the_need_is_refused_before_loading(toy: OpenToy) -> None:
    provider = toy(WORDS, OnnxSettings(memory_limit=1_000_000))
    stream = provider.stream(asking("A"))
    next(stream)
    with pytest.raises(NotEnoughMemory, match=r"toy needs 0\.1\d GB.*memoryLimit is 0\.00 GB"):
        next(stream)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.onnx", None),
        ("model.onnx", b"no graph"),
        ("tokenizer.json", None),
        ("tokenizer.json", b"{}"),
        ("tokenizer.json", b'{"version":"1.0","model":{"type":"WordLevel","vocab":{"a":0},"unk_token":"a"}}'),
        ("genai_config.json", None),
        ("genai_config.json", b"{"),
        ("genai_config.json", b"[]"),
        ("genai_config.json", b'{"model": {"decoder": {}}}'),
        ("genai_config.json", b'{"model": 1}'),
        ("tokenizer_config.json", b"{}"),
        ("tokenizer_config.json", b'{"chat_template": "{% for"}'),
        ("tokenizer_config.json", b'{"chat_template": "{{ raise_exception(1) }}"}'),
        ("tokenizer_config.json", b'{"chat_template": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"}'),
        ("tokenizer_config.json", b'{"chat_template": "{{ \'a\' * 10**17 }}"}'),
    ],
)
def test_a_damaged_folder_is_named_with_the_way_back(
    tmp_path: Path, name: str, content: bytes | None
) -> None:
    folder = write_toy_model(tmp_path / "my-model", WORDS)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)

    with pytest.raises(ModelCorrupt, match=r"agentic-flow download-model my-model --force") as refused:
        list(LocalProvider(folder, "my-model", OnnxSettings()).stream(asking("A")))
    assert refused.value.outcome.exit_code == 10


def test_a_folder_that_brings_native_code_is_refused(tmp_path: Path) -> None:
    folder = write_toy_model(tmp_path / "toy", WORDS)
    config = json.loads((folder / "genai_config.json").read_text())
    config["model"]["decoder"]["session_options"]["custom_ops_library"] = "evil.so"
    (folder / "genai_config.json").write_text(json.dumps(config))

    with pytest.raises(ModelCorrupt, match="native code"):
        list(LocalProvider(folder, "toy", OnnxSettings()).stream(asking("A")))


def test_a_device_without_its_runtime_names_the_package(toy: OpenToy) -> None:
    provider = toy(WORDS, OnnxSettings(execution_provider="dml"))
    with pytest.raises(RuntimeMissing, match="onnxruntime-genai-directml"):
        list(provider.stream(asking("A")))


def test_a_device_that_nobody_knows_is_a_mistake_in_the_configuration(toy: OpenToy) -> None:
    with pytest.raises(ConfigMistake, match=r"'abacus', expected cpu \| cuda"):
        list(toy(WORDS, OnnxSettings(execution_provider="abacus")).stream(asking("A")))


def test_a_time_limit_that_is_up_while_the_model_is_loaded_says_so(toy: OpenToy) -> None:
    with pytest.raises(LimitReached, match="the time limit is up while the local model is loaded; raise"):
        list(toy(WORDS).stream(asking("A", timeout=1e-9)))
