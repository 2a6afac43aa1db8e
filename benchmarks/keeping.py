"""A prompt -> a model's answer, a file -> what its check says: kept on disk, and not asked twice."""

import hashlib
import json
import time
from collections.abc import Callable, Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from agentic_flow.core.events import Finished, ProviderEvent, TextDelta
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Check, Prompt, StopReason, Target, Usage
from agentic_flow.wiring import open_provider


class OutOfMinutes(Exception):
    """The time given is up; what was answered is kept."""


class Kept:
    """Answers on disk, and what checks said of them: what was asked once is not asked again."""

    def __init__(self, path: Path, settings: Settings, until: float | None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        self._rows: dict[str, dict[str, Any]] = {row["key"]: row for row in map(json.loads, lines)}
        self._path, self._settings, self._until = path, settings, until
        self._open: dict[Target, Provider] = {}

    def provider(self, target: Target) -> Provider:
        """Return what answers for a target, from what is kept where it is."""
        return _Keeping(self, target)

    def answer(self, target: Target, prompt: Prompt) -> dict[str, Any]:
        """Return an answer, asking the model where none is kept."""
        words = [asdict(message) for message in prompt.messages]
        asked: list[object] = [str(target), words, asdict(prompt.sampling), list(prompt.paths)]
        if any(prompt.standing):
            asked.append(list(prompt.standing))
        key = hashlib.sha256(json.dumps(asked, default=str).encode()).hexdigest()
        return self._row(key, lambda: self._ask(target, prompt) | {"model": target.model})

    def check(self, text: str, test: str, verify: Callable[[], Check]) -> Check:
        """Return what the check says of a file, running it where that is not kept."""
        key = hashlib.sha256(json.dumps([text, test]).encode()).hexdigest()
        return Check(**self._row(key, lambda: {"check": asdict(verify())})["check"])

    def _row(self, key: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if key not in self._rows:
            if self._until is not None and time.monotonic() > self._until:
                raise OutOfMinutes
            row = {"key": key} | make()
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            self._rows[key] = row
        return self._rows[key]

    def _ask(self, target: Target, prompt: Prompt) -> dict[str, Any]:
        if target not in self._open:
            self._open[target] = open_provider(target, self._settings)
        begun, said, end = time.monotonic(), list[str](), None
        for event in self._open[target].stream(prompt):
            match event:
                case TextDelta():
                    said.append(event.text)
                case Finished():
                    end = event
                case _:
                    pass
        if end is None:
            raise RuntimeError(target)
        usage = {"input_tokens": end.usage.input_tokens, "output_tokens": end.usage.output_tokens}
        seconds = round(time.monotonic() - begun, 2)
        return {"text": "".join(said), "stop": end.stop_reason.value, "usage": usage, "seconds": seconds}


@dataclass(frozen=True, slots=True)
class _Keeping:
    kept: Kept
    target: Target

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        row = self.kept.answer(self.target, prompt)
        yield TextDelta(row["text"])
        yield Finished(Usage(**row["usage"]), StopReason(row["stop"]), self.target.model)
