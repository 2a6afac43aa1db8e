"""A provider that says what it is told: tests, demos, dry runs. `--model scripted/PATH` plays a file.

A script is JSON lines, one event a line:

    {"text": "..."}                      the next words
    {"echo": true}                       the prompt, said back
    {"progress": "..."}                  what it is doing meanwhile
    {"wait": 0.5}                        seconds of silence
    {"finish": "end", "input_tokens": 1, "output_tokens": 2}
    {"fail": "unavailable", "message": "..."}
    {"bug": "..."}                       a crash that nobody foresaw
    {"next": true}                       the next call of the model begins here
"""

import json
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import cast

from agentic_flow.core.errors import (
    ConfigMistake,
    FlowError,
    IncompleteAnswer,
    KeyProblem,
    LimitReached,
    ProviderUnavailable,
)
from agentic_flow.core.events import Finished, Progress, ProviderEvent, TextDelta
from agentic_flow.core.frozen import frozen
from agentic_flow.core.opening import read_regular
from agentic_flow.core.values import Prompt, StopReason, Usage

_FAILURES: Mapping[str, Callable[[str], FlowError]] = {
    "unavailable": ProviderUnavailable,
    "refused_key": KeyProblem,
    "limit": LimitReached,
    "incomplete": IncompleteAnswer,
}
_LARGEST = 32_000_000
"""Bytes of a script."""
_SLICE = 0.05
"""Seconds between two looks at the clock while it waits."""


@frozen
class Echo:
    """Say the prompt's last message back."""


Step = ProviderEvent | Echo | Exception | float
"""An event to yield, an exception to raise, or seconds to wait."""


class ScriptedProvider:
    """Plays one reply a call; the last one again when there are more calls than replies."""

    def __init__(self, *replies: Sequence[Step]) -> None:
        self._replies = replies or ((),)
        self._calls = 0

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the next reply. Raises what the script says, and LimitReached at the deadline."""
        reply = self._replies[min(self._calls, len(self._replies) - 1)]
        self._calls += 1
        end = None if prompt.timeout is None else time.monotonic() + prompt.timeout
        for step in reply:
            match step:
                case Exception():
                    raise step
                case float() | int():
                    _wait(step, end)
                case Echo():
                    yield TextDelta(prompt.messages[-1].text)
                case _:
                    yield step


def _wait(seconds: float, end: float | None) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        if end is not None and time.monotonic() >= end:
            raise LimitReached("the time limit is up; raise --timeout")
        time.sleep(min(left, _SLICE))


def read_script(path: Path) -> ScriptedProvider:
    """Read a script. Raises ConfigMistake, with file and line, for what is no event."""
    try:
        lines = read_regular(path, _LARGEST).decode().splitlines()
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else failure
        raise ConfigMistake(f"the script {path} cannot be read ({reason})") from failure
    replies: list[list[Step]] = [[]]
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            event: object = json.loads(line)
            if event == {"next": True}:
                replies.append([])
            else:
                replies[-1].append(_step(event))
        except (ValueError, TypeError, KeyError, RecursionError) as failure:
            raise ConfigMistake(
                f"{path}:{number}: {failure}; see the top of providers/scripted.py"
            ) from failure
    return ScriptedProvider(*replies)


def _step(event: object) -> Step:
    match event:
        case {"text": str(text)}:
            return TextDelta(text)
        case {"echo": True}:
            return Echo()
        case {"progress": str(doing)}:
            return Progress(doing)
        case {"wait": int() | float() as seconds}:
            return float(seconds)
        case {"finish": str(reason)}:
            fields = cast("Mapping[str, object]", event)
            usage = Usage(_count(fields, "input_tokens"), _count(fields, "output_tokens"))
            return Finished(usage, StopReason(reason), cost_usd=Decimal(0))
        case {"fail": str(kind), "message": str(message)} if kind in _FAILURES:
            return _FAILURES[kind](message)
        case {"bug": str(message)}:
            return RuntimeError(message)
        case _:
            raise ValueError(f"found {json.dumps(event)}, which is no event")


def _count(event: Mapping[str, object], name: str) -> int:
    count = event.get(name, 0)
    if not isinstance(count, int):
        raise TypeError(f"{name}: found {count!r}, expected a number of tokens")
    return count
