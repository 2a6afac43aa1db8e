"""A provider that copies each whole answer into a folder, and one that knows only such a folder."""

from collections.abc import Callable, Generator

from agentic_flow.core.events import ProviderEvent
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt, Target
from agentic_flow.providers.kept.answers import Meter, overheard
from agentic_flow.providers.kept.question import question
from agentic_flow.providers.kept.recordings import Recordings


class CopyingProvider:
    """Asks `target` and records its answer in place of what was recorded before."""

    def __init__(
        self, target: Target, opens: Callable[[], Provider], recordings: Recordings, meter: Meter
    ) -> None:
        self._target = target
        self._open = opens
        self._recordings = recordings
        self._meter = meter

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply, and raise `OutputProblem` at its end where it could not be recorded."""
        last, answer = yield from overheard(self._open().stream(prompt), self._meter)
        if last is not None:
            yield last
        if answer is not None:
            self._recordings.record(question(self._target, prompt), answer)


class ReplayingProvider:
    """Answers with what was recorded. It opens no connection and loads no model."""

    def __init__(self, target: Target, recordings: Recordings) -> None:
        self._target = target
        self._recordings = recordings

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the recorded reply. Raises `ProviderUnavailable` where there is none."""
        kept = self._recordings.answer(question(self._target, prompt))
        yield from kept.told_again(f"the recording {self._recordings.folder}")
