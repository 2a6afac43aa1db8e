"""`ModelRouter`: what the command line does for a task, as values and errors for a program."""

import subprocess
import sys
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentic_flow import FlowError, ModelRouter
from agentic_flow.config import Flags, load_settings
from agentic_flow.core.errors import (
    IncompleteAnswer,
    KeyProblem,
    ProviderUnavailable,
    UnknownModel,
    UsageMistake,
)
from agentic_flow.core.values import Message, Role, StopReason, Usage
from agentic_flow.wiring import serving
from tests.library.asking import HELLO, KEY, Made, answer, chat, event
from tests.providers.loopback import Answer, Asked, Loopback, Peer, head, says


def test_a_chat_is_answered_with_all_it_took(at: Made) -> None:
    with Loopback([answer("Hel", "lo")]) as server:
        reply = chat(at(server), max_tokens=50, temperature=0.5, stop=["END"])
    assert reply.text == "Hello"
    assert (reply.provider, reply.model) == ("openrouter", "maker/model")
    assert reply.usage == Usage(10, 5)
    assert reply.cost_usd == Decimal("0.25")
    assert reply.stop_reason is StopReason.END
    assert [attempt.outcome for attempt in reply.attempts] == ["ok"]
    assert reply.ttft_ms is not None
    asked = server.asked[0].json
    assert (asked["max_tokens"], asked["temperature"], asked["stop"]) == (50, 0.5, ["END"])
    assert asked["messages"] == HELLO


def test_one_stop_is_one_and_none_is_none(at: Made) -> None:
    with Loopback([answer("Hello")]) as server:
        router = at(server)
        chat(router, stop="END", temperature=None)
        chat(router, stop=None)
    assert server.asked[0].json["stop"] == ["END"]
    assert not {"stop", "temperature"} & server.asked[1].json.keys()


def test_a_price_that_nobody_knows_is_none(at: Made) -> None:
    with Loopback([answer("Hello", cost=None)]) as server:
        assert chat(at(server)).cost_usd is None


def test_turns_come_as_mappings_or_as_messages(at: Made) -> None:
    turns = [
        Message(Role.SYSTEM, "Be brief."),
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "1"},
        {"role": "user", "content": "Two"},
    ]
    with Loopback([answer("2")]) as server:
        chat(at(server), messages=turns)
    assert [turn["role"] for turn in server.asked[0].json["messages"]] == [
        "system",
        "user",
        "assistant",
        "user",
    ]


def test_a_stream_gives_pieces_and_then_the_reply(at: Made) -> None:
    with Loopback([answer("Hel", "lo")]) as server:
        stream = at(server).stream(provider="openrouter", model="maker/model", messages=HELLO)
        assert server.asked == []
        with pytest.raises(UsageMistake, match="not whole"):
            _ = stream.reply
        assert list(stream) == ["Hel", "lo"]
        assert stream.reply.text == "Hello"
        assert list(stream) == []


def test_closing_a_stream_hangs_up(at: Made) -> None:
    heard = threading.Event()

    def forever(peer: Peer, _: Asked) -> None:
        peer.send(head(), event(choices=[{"delta": {"content": "Hel"}}]))
        if peer.hears_end(10):
            heard.set()

    with Loopback([forever]) as server:
        with at(server).stream(provider="openrouter", model="maker/model", messages=HELLO) as stream:
            assert next(stream) == "Hel"
        assert heard.wait(10)


def test_what_goes_wrong_is_a_flow_error_and_holds_no_key(at: Made) -> None:
    refusals: list[tuple[Answer, type[FlowError]]] = [
        (says(head(401, {"content-type": "application/json"}), f'{{"error": "{KEY}"}}'.encode()), KeyProblem),
        (says(head(404, {"content-type": "application/json"}), b"{}"), UnknownModel),
        (says(head(503, {"content-type": "application/json"}), b"{}"), ProviderUnavailable),
        (says(head(), event(choices=[{"delta": {"content": "Hel"}}])), IncompleteAnswer),
        (
            says(
                head(),
                event(choices=[{"finish_reason": "length", "delta": {"content": "Hel"}}]),
                b"data: [DONE]\n\n",
            ),
            IncompleteAnswer,
        ),
    ]
    for said, kind in refusals:
        with Loopback([said]) as server, pytest.raises(kind) as failure:
            chat(at(server))
        assert KEY not in str(failure.value)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({}, "messages is missing"),
        ({"messages": "Hello"}, r"messages is a str, where a list such as \[\{.* is expected"),
        ({"messages": HELLO[0]}, "messages is a dict, where a list"),
        ({"messages": []}, "no words of a user"),
        ({"messages": [{"role": "system", "content": "x"}]}, "no words of a user"),
        ({"messages": [{"role": "usr", "content": "x"}]}, r"messages\[0\]: expected a role"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, r"messages\[0\]: expected"),
        ({"messages": HELLO, "modle": "x"}, "a request has no modle; it has messages, provider, model"),
        ({"messages": HELLO, "model": "sonnet", "auto_route": True}, "auto_route asks to choose one"),
        ({"messages": HELLO, "temperature": 9}, "temperature: found 9, expected a number from 0 to 2"),
        ({"messages": HELLO, "temperature": "hot"}, "temperature: found 'hot', expected a number"),
        ({"messages": HELLO, "top_p": 1.5}, "top_p: found 1.5, expected a number from 0 to 1"),
        ({"messages": HELLO, "max_tokens": 0}, "max_tokens: found 0, expected a whole number from 1"),
        ({"messages": HELLO, "timeout": 0}, "timeout: found 0, expected a time"),
        (
            {"messages": HELLO, "seed": -1, "model": 5},
            "seed: found -1, .*; model: found 5, expected a model's",
        ),
        ({"messages": HELLO, "stop": ["END", ""]}, "stop: found .* expected a list of texts"),
    ],
)
def test_a_request_that_makes_no_sense_says_what_would(at: Made, request_: Any, said: str) -> None:
    with Loopback([answer("never")]) as server:
        router = at(server)
        with pytest.raises(UsageMistake, match=said):
            router.chat(**request_)
    assert server.asked == []


def test_a_seed_may_be_as_large_as_programs_draw_them(at: Made) -> None:
    with Loopback([answer("hi")]) as server:
        chat(at(server), seed=2**32 - 1)
    assert server.asked[0].json["seed"] == 2**32 - 1


def test_names_are_those_of_the_command_line(at: Made) -> None:
    with Loopback([answer("hi")]) as server:
        router = at(server)
        router.chat(model="openrouter/maker/model", messages=HELLO)
        router.chat(provider="openrouter", messages=HELLO)
        retired = router.chat(
            provider="openrouter", model="deepseek/deepseek-coder-33b-instruct", messages=HELLO
        )
    assert [asked.json["model"] for asked in server.asked] == [
        "maker/model",
        "google/gemini-3.8-flash",
        "deepseek/deepseek-v4.1-flash",
    ]
    assert any("is no longer served" in warning for warning in retired.warnings)


def test_without_a_name_the_messages_decide(at: Made) -> None:
    with Loopback([answer("hi")]) as server:
        reply = at(server).chat(messages=[{"role": "user", "content": "Write hello world in Python"}])
    assert reply.provider == "openrouter"
    assert "rule" in reply.reason


def test_sentences_speak_of_a_request_and_not_of_a_command_line(at: Made) -> None:
    cut = event(choices=[{"finish_reason": "length", "delta": {"content": "Hel"}}])
    with Loopback([answer("Hello"), says(head(), cut, b"data: [DONE]\n\n")]) as server:
        router = at(server)
        assert chat(router).reason == "asked for with `model`"
        with pytest.raises(IncompleteAnswer, match="raise `max_tokens` or ask for less"):
            chat(router)
    with pytest.raises(UnknownModel, match=r"^asked for with `model`: there is no model 'nobody/knows'"):
        router.chat(model="nobody/knows", messages=HELLO)
    with pytest.raises(UnknownModel, match="did you mean openrouter/fast"):
        router.chat(provider="anthropic", model="openrouter/fast", messages=HELLO)


def test_importing_the_package_loads_nothing() -> None:
    code = (
        "import sys, agentic_flow; before = set(sys.modules);"
        "assert not [m for m in before if m.startswith('agentic_flow.')], before;"
        "from agentic_flow import ModelRouter, FlowError;"
        "heavy = {'httpcore', 'typer', 'rich', 'onnxruntime_genai', 'numpy'};"
        "assert not heavy & {m.split('.')[0] for m in sys.modules};"
        "import pytest\n"
        "try: agentic_flow.nothing\n"
        "except AttributeError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "module 'agentic_flow' has no attribute 'nothing'\n", done.stderr


def test_all_runs_of_a_process_know_of_a_provider_that_keeps_failing(
    at: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three failures in a row nobody waits for it again; its first failure is told, its rest, too."""
    serving._breaker.cache_clear()  # noqa: SLF001  (other tests of this process may have failed, too)
    down = says(head(503, {"content-type": "application/json"}), b"{}")
    with Loopback([down]) as first, Loopback([answer("hi")]) as second:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-nobody")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", first.url)
        router = at(second)
        replies = [router.chat(messages=HELLO, auto_route=False) for _ in range(5)]
    serving._breaker.cache_clear()  # noqa: SLF001
    assert [reply.provider for reply in replies] == ["openrouter"] * 5
    assert len(first.asked) == 3 * 2  # each with one further try, as the settings say
    assert "not asked for the next 60 s" in str(replies[-1].attempts[0].error)
    assert replies[-1].attempts[0].cost_usd == 0


def test_a_second_local_answer_in_one_thread_is_refused_rather_than_waited_for(
    smollm2: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTIC_FLOW_MODELS_DIR", str(smollm2.parent))
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.chdir(tmp_path)
    router = ModelRouter(load_settings(Flags()))

    first = router.stream(model="onnx/smollm2-135m", messages=HELLO, max_tokens=8)
    next(first)
    with pytest.raises(UsageMistake, match="read that to its end, or close it"):
        router.chat(model="onnx/smollm2-135m", messages=HELLO, max_tokens=2)
    first.close()
    with pytest.raises(IncompleteAnswer):  # two tokens are no whole answer
        router.chat(model="onnx/smollm2-135m", messages=HELLO, max_tokens=2)
