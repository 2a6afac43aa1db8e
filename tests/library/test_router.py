"""`ModelRouter`: what the command line does for a task, as values and errors for a program."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentic_flow import ChatReply, ChatRequest, FlowError, ModelRouter
from agentic_flow.config import Flags, load_settings
from agentic_flow.core.errors import (
    IncompleteAnswer,
    KeyProblem,
    ProviderUnavailable,
    UnknownModel,
    UsageMistake,
)
from agentic_flow.core.remembered import RememberedRun, Wanted
from agentic_flow.core.values import Message, Role, StopReason, Usage
from agentic_flow.wiring import serving
from agentic_flow.wiring.remembering import open_history
from tests.providers.loopback import LAST_CHUNK, Answer, Asked, Loopback, Peer, chunked, head, says

HELLO = [{"role": "user", "content": "Hello"}]
KEY = "sk-or-v1-nobody-may-see-this"


def event(**content: object) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def answer(*words: str, cost: float | None = 0.25) -> Answer:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, **({} if cost is None else {"cost": cost})}
    said = [event(model="maker/model", choices=[{"delta": {"content": word}}]) for word in words]
    end = event(model="maker/model", choices=[{"delta": {}, "finish_reason": "stop"}], usage=usage)
    return says(head(), *said, end, b"data: [DONE]\n\n")


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Loopback], ModelRouter]:
    """Return what makes a router whose OpenRouter is a server of the test."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "AGENTIC_FLOW_MODEL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("AGENTIC_FLOW_MODELS_DIR", str(tmp_path / "models"))
    monkeypatch.chdir(tmp_path)

    def make(server: Loopback) -> ModelRouter:
        monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
        monkeypatch.setenv("OPENROUTER_BASE_URL", server.url)
        config = {"fallback": {"retryAttempts": 1, "backoffMs": 1}}
        (tmp_path / "router.config.json").write_text(json.dumps(config))
        return ModelRouter.from_config()

    return make


Made = Callable[[Loopback], ModelRouter]


def chat(router: ModelRouter, **request: Any) -> ChatReply:
    return router.chat(**{"provider": "openrouter", "model": "maker/model", "messages": HELLO, **request})


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


def test_many_are_answered_in_their_order_at_once(at: Made) -> None:
    """The first is answered only when the second has asked, so they run side by side."""
    both = threading.Barrier(2, timeout=10)

    def together(peer: Peer, asked: Asked) -> None:
        both.wait()
        answer(asked.json["messages"][0]["content"])(peer, asked)

    with Loopback([together]) as server:
        replies = at(server).chat_many(
            [
                {
                    "provider": "openrouter",
                    "model": "maker/model",
                    "messages": [{"role": "user", "content": word}],
                }
                for word in ("first", "second")
            ],
            jobs=2,
        )
    assert [reply.text for reply in replies] == ["first", "second"]


def test_failures_among_many_are_raised_or_settled(at: Made) -> None:
    requests: list[Any] = [
        {"provider": "openrouter", "model": "maker/model", "messages": HELLO},
        {"provider": "openrouter", "model": "maker/model", "messages": []},
        {"provider": "openrouter", "model": "maker/model", "messages": HELLO},
    ]
    with Loopback([answer("hi")]) as server:
        router = at(server)
        first, second, third = router.chat_many(requests, jobs=2, settle=True)
        assert isinstance(first, ChatReply)
        assert isinstance(second, UsageMistake)
        assert isinstance(third, ChatReply)
        with pytest.raises(UsageMistake, match="no words"):
            router.chat_many(requests)
        assert len(server.asked) == 4  # the others are asked all the same
        with pytest.raises(UsageMistake, match="jobs is 0"):
            router.chat_many(requests, jobs=0)
        with pytest.raises(UsageMistake, match="requests is a dict, where a list of requests is expected"):
            router.chat_many({"messages": HELLO})  # type: ignore[call-overload]  # as a person may
        with pytest.raises(UsageMistake, match=r"requests\[0\] is a str"):
            router.chat_many(["Hello"])  # type: ignore[list-item]


def remembered() -> list[RememberedRun]:
    return list(open_history(load_settings(Flags())).runs(Wanted()))


def test_every_call_is_remembered_as_a_run_however_it_ends(at: Made) -> None:
    """The answer, a refusal, a stream that was left, one that nobody closed, and no more than that."""
    refused = says(head(401, {"content-type": "application/json"}), b"{}")
    with Loopback([answer("Hel", "lo"), refused, answer("Hel", "lo")]) as server:
        router = at(server)
        reply = chat(router)
        with pytest.raises(KeyProblem):
            chat(router)
        with router.stream(provider="openrouter", model="maker/model", messages=HELLO) as left:
            next(left)
        forgotten = router.stream(provider="openrouter", model="maker/model", messages=HELLO)
        next(forgotten)
        del forgotten
        with pytest.raises(UsageMistake):
            router.chat(messages=[])
    runs = remembered()[::-1]

    assert [run.result.status for run in runs] == ["ok", "auth", "interrupted", "interrupted"]
    first = runs[0]
    assert (first.result.run_id, first.task, first.result.text) == (reply.run_id, "Hello", "Hello")
    assert (first.result.cost_usd, first.result.agent) == (Decimal("0.25"), "")
    assert runs[2].result.text == "Hel"


def test_a_router_that_is_not_to_remember_counts_only_what_is_spent(
    at: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Loopback([answer("Hello")]) as server, Loopback([answer("never")]) as collector:
        at(server)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        chat(ModelRouter.from_config(remember=False))
    assert remembered() == []
    assert collector.asked == []
    (total,) = open_history(load_settings(Flags())).totals()
    assert (total.calls, total.spent_usd) == (1, Decimal("0.25"))


def test_a_stream_that_nobody_closes_is_remembered_as_the_program_ends(at: Made) -> None:
    code = (
        "from agentic_flow import ModelRouter\n"
        f"stream = ModelRouter().stream(provider='openrouter', model='maker/model', messages={HELLO})\n"
        "print(next(stream))"
    )
    with Loopback([answer("Hel", "lo")]) as server:
        at(server)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("Hel\n", "")
    (run,) = remembered()
    assert (run.result.status, run.result.text) == ("interrupted", "Hel")


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


def test_many_requests_share_their_connections_and_what_a_provider_allows(at: Made) -> None:
    """One refusal is news for all: no more calls run at once than were answered, and none is lost."""
    busy = says(
        head(429, {"retry-after": "0", "content-type": "application/json", "content-length": "2"}), b"{}"
    )
    kept = head(transfer_encoding="chunked")

    def framed(peer: Peer, _: Asked) -> None:
        said = event(model="maker/model", choices=[{"delta": {"content": "Hi"}, "finish_reason": "stop"}])
        usage = event(choices=[], usage={"prompt_tokens": 1, "completion_tokens": 1, "cost": 0.25})
        peer.send(kept, *chunked((said, usage, b"data: [DONE]\n\n")), LAST_CHUNK)

    requests: list[ChatRequest] = [{"model": "openrouter/maker/model", "messages": HELLO} for _ in range(20)]
    with Loopback([framed, busy, framed], patience=10) as server, at(server) as router:
        replies = router.chat_many(requests, jobs=3)
        assert [reply.text for reply in replies] == ["Hi"] * 20
        assert sum(len(reply.attempts) for reply in replies) == len(server.asked) == 21
        assert server.accepted <= 3


def test_many_requests_end_with_whoever_asked_for_them(at: Made) -> None:
    """Ctrl-C while they are asked: no more begin, and those that run hang up."""
    heard, once = threading.Semaphore(0), threading.Semaphore(1)

    def forever(peer: Peer, _: Asked) -> None:
        peer.send(head(), event(choices=[{"delta": {"content": "Hel"}}]))
        if len(server.asked) == 2 and once.acquire(blocking=False):  # both calls may see that there are two
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        if peer.hears_end(10):
            heard.release()

    requests: list[ChatRequest] = [{"model": "openrouter/maker/model", "messages": HELLO} for _ in range(5)]
    with Loopback([forever]) as server:
        router = at(server)
        with pytest.raises(KeyboardInterrupt):
            router.chat_many(requests, jobs=2)
        assert heard.acquire(timeout=10)
        assert heard.acquire(timeout=10)
        assert len(server.asked) == 2


def test_a_second_local_answer_in_one_thread_is_refused_rather_than_waited_for(
    models_dir: Callable[[], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTIC_FLOW_MODELS_DIR", str(models_dir()))
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
