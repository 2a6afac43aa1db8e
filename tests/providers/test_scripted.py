"""The provider that plays a script: what tests and demos rely on."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentic_flow.core.errors import (
    ConfigMistake,
    FlowError,
    IncompleteAnswer,
    KeyProblem,
    LimitReached,
    ProviderUnavailable,
)
from agentic_flow.core.events import Finished, Progress, ProviderEvent, TextDelta
from agentic_flow.core.values import Message, Prompt, Role, StopReason, Usage
from agentic_flow.providers.scripted import Echo, ScriptedProvider, read_script

PROMPT = Prompt("m", (Message(Role.SYSTEM, "be brief"), Message(Role.USER, "the question")))
HURRIED = Prompt("m", PROMPT.messages, timeout=0.05)
DONE = Finished(Usage(1, 2), StopReason.END, cost_usd=Decimal(0))


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "script.jsonl"


def write(path: Path, *lines: Any) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_a_reply_is_played_as_it_stands() -> None:
    events: list[ProviderEvent] = [Progress("thinking"), TextDelta("hé"), DONE]
    assert list(ScriptedProvider(events).stream(PROMPT)) == events


def test_the_n_th_call_gets_the_n_th_reply_and_the_last_one_stays() -> None:
    provider = ScriptedProvider([TextDelta("one")], [TextDelta("two")])
    assert [list(provider.stream(PROMPT)) for _ in range(3)] == [
        [TextDelta("one")],
        [TextDelta("two")],
        [TextDelta("two")],
    ]


def test_an_echo_says_the_question_back() -> None:
    assert list(ScriptedProvider([Echo()]).stream(PROMPT)) == [TextDelta("the question")]


def test_a_failure_comes_after_what_was_said() -> None:
    stream = ScriptedProvider([TextDelta("half"), ProviderUnavailable("offline")]).stream(PROMPT)
    assert next(stream) == TextDelta("half")
    with pytest.raises(ProviderUnavailable, match="offline"):
        next(stream)


def test_a_pause_ends_at_the_time_limit() -> None:
    with pytest.raises(LimitReached, match="--timeout"):
        list(ScriptedProvider([60.0, DONE]).stream(HURRIED))


def test_a_short_pause_is_only_a_pause() -> None:
    assert list(ScriptedProvider([0.01, DONE]).stream(PROMPT)) == [DONE]


def test_a_file_holds_every_kind_of_step(script: Path) -> None:
    write(
        script,
        {"progress": "thinking"},
        {"wait": 0},
        {"text": "hello "},
        {"echo": True},
        {"finish": "end", "input_tokens": 1, "output_tokens": 2},
    )
    assert list(read_script(script).stream(PROMPT)) == [
        Progress("thinking"),
        TextDelta("hello "),
        TextDelta("the question"),
        DONE,
    ]


def test_a_file_may_hold_several_replies_and_empty_lines(script: Path) -> None:
    script.write_text('{"text": "a"}\n\n{"next": true}\n{"text": "b"}\n', encoding="utf-8")
    provider = read_script(script)
    assert [list(provider.stream(PROMPT)) for _ in range(2)] == [[TextDelta("a")], [TextDelta("b")]]


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        ("unavailable", ProviderUnavailable),
        ("refused_key", KeyProblem),
        ("limit", LimitReached),
        ("incomplete", IncompleteAnswer),
    ],
)
def test_a_file_can_fail_in_each_foreseen_way(script: Path, kind: str, failure: type[FlowError]) -> None:
    provider = read_script(write(script, {"fail": kind, "message": "as it was told"}))
    with pytest.raises(failure, match="as it was told"):
        list(provider.stream(PROMPT))


def test_a_file_can_crash(script: Path) -> None:
    with pytest.raises(RuntimeError, match="boom"):
        list(read_script(write(script, {"bug": "boom"})).stream(PROMPT))


def test_a_reply_may_end_without_its_end(script: Path) -> None:
    assert list(read_script(write(script, {"text": "cut"})).stream(PROMPT)) == [TextDelta("cut")]
    assert list(read_script(write(script)).stream(PROMPT)) == []


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "7",
        '{"say": "x"}',
        '{"text": 7}',
        '{"finish": "never"}',
        '{"finish": "end", "input_tokens": "many"}',
        '{"fail": "somehow", "message": "x"}',
        '{"wait": "long"}',
    ],
)
def test_what_is_no_step_is_a_mistake_with_its_place(script: Path, line: str) -> None:
    script.write_text(f'{{"text": "fine"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(ConfigMistake, match=rf"{script.name}:2: "):
        read_script(script)


def test_a_script_that_is_not_there_or_no_text_is_a_mistake(script: Path) -> None:
    with pytest.raises(ConfigMistake, match="cannot be read"):
        read_script(script)
    script.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigMistake, match="cannot be read"):
        read_script(script)
