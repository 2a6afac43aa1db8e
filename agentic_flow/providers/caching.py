"""A provider around a provider: answers what was answered before, and keeps what was not.

The provider inside is opened when it has to be asked, so an answer that is at hand needs no key, no
connection and no memory for a model.
"""

from collections.abc import Callable, Generator, Mapping

from agentic_flow.core.events import ProviderEvent, Warned
from agentic_flow.core.frozen import frozen
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import Prompt, Target
from agentic_flow.providers.kept.answers import Meter, overheard
from agentic_flow.providers.kept.database import AnswerDatabase, Unusable
from agentic_flow.providers.kept.question import question

THE_CACHE = "the cache"


@frozen
class Keeping:
    """Which answers of one target are kept, and where."""

    database: AnswerDatabase
    circumstances: Mapping[str, object]
    """What shapes an answer beside the prompt: the host, settings, the local model's files."""
    sampled: bool
    """Whether also answers that were drawn at a temperature above 0."""
    harmless: Callable[[str], bool]
    """Whether a text holds no key."""


class CachingProvider:
    """Asks `target` only for what it has not answered before."""

    def __init__(self, target: Target, opens: Callable[[], Provider], keeping: Keeping, meter: Meter) -> None:
        self._target = target
        self._open = opens
        self._keeping = keeping
        self._meter = meter

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply. Trouble with the cache is one warning and no more."""
        if not self._keeping.sampled and prompt.sampling.temperature != 0:
            yield from self._open().stream(prompt)
            return
        database = self._keeping.database
        key = question(self._target, prompt).key(self._keeping.circumstances)
        try:
            kept = database.get(key)
        except Unusable as trouble:
            yield Warned(str(trouble))
            yield from self._open().stream(prompt)
            return
        if kept is not None:
            yield from kept.told_again(THE_CACHE)
            return
        last, answer = yield from overheard(self._open().stream(prompt), self._meter)
        if answer is not None and self._keeping.harmless(answer.text):
            try:
                database.put(key, self._target, answer)
            except Unusable as trouble:
                yield Warned(str(trouble))
        if last is not None:
            yield last
