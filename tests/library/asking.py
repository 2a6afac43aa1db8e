"""An OpenRouter that a test plays, and a program that asks it."""

import json
from collections.abc import Callable
from typing import Any

from agentic_flow import ChatReply, ModelRouter
from agentic_flow.config import Flags, load_settings
from agentic_flow.core.remembered import RememberedRun, Wanted
from agentic_flow.wiring.remembering import open_history
from tests.providers.loopback import Answer, Loopback, head, says

HELLO = [{"role": "user", "content": "Hello"}]
KEY = "sk-or-v1-nobody-may-see-this"


def event(**content: object) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def answer(*words: str, cost: float | None = 0.25) -> Answer:
    usage = {"prompt_tokens": 10, "completion_tokens": 5, **({} if cost is None else {"cost": cost})}
    said = [event(model="maker/model", choices=[{"delta": {"content": word}}]) for word in words]
    end = event(model="maker/model", choices=[{"delta": {}, "finish_reason": "stop"}], usage=usage)
    return says(head(), *said, end, b"data: [DONE]\n\n")


Made = Callable[[Loopback], ModelRouter]


def chat(router: ModelRouter, **request: Any) -> ChatReply:
    return router.chat(**{"provider": "openrouter", "model": "maker/model", "messages": HELLO, **request})


def remembered() -> list[RememberedRun]:
    """Return what the history holds now, the newest first."""
    return list(open_history(load_settings(Flags())).runs(Wanted()))
