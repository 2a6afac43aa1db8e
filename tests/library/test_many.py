"""Many requests at once: their order, their failures, what they share and how they end."""

import signal
import threading
from typing import Any

import pytest

from agentic_flow import ChatReply, ChatRequest
from agentic_flow.core.errors import UsageMistake
from tests.library.asking import HELLO, Made, answer, event, remembered
from tests.providers.loopback import LAST_CHUNK, Asked, Loopback, Peer, chunked, head, says


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
    """Ctrl-C while they are asked: no more begin, and those that run hang up and are remembered."""
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
        ended = [run.result.status for run in remembered()]
        assert heard.acquire(timeout=10)
        assert heard.acquire(timeout=10)
        assert len(server.asked) == 2
        assert ended == ["interrupted"] * 2
