"""Prompt -> a stream of events from a model in this process. Knows the order of things, and no runtime."""

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from agentic_flow.core.errors import ContextOverflow, LimitReached
from agentic_flow.core.events import Finished, Metered, Progress, ProviderEvent, Warned
from agentic_flow.core.frozen import frozen
from agentic_flow.core.settings import OnnxSettings
from agentic_flow.core.values import Output, Prompt, StopReason
from agentic_flow.core.waiting import NAP
from agentic_flow.providers import chat
from agentic_flow.providers.alone import Alone
from agentic_flow.providers.answering import Answer, Block, Plan
from agentic_flow.providers.devices import Device, find_device
from agentic_flow.providers.dictation import openings
from agentic_flow.providers.engine import Loader
from agentic_flow.providers.folder import ModelFolder, read_folder
from agentic_flow.providers.generating import Model
from agentic_flow.providers.grammar import files_grammar
from agentic_flow.providers.machine import free_memory, usable_cores
from agentic_flow.providers.memory import Bounds, require_memory
from agentic_flow.providers.sampling import search_options
from agentic_flow.providers.vocabulary import Vocabulary
from agentic_flow.providers.waiting import Deadline, Errand

_ANSWER_TOKENS = 4096
"""What an answer may take where nobody said."""
_LEAST_ANSWER = 64
"""A prompt that leaves less room than this, and less than was asked for, is refused."""
_CHARACTERS_PER_TOKEN = 3
"""To judge memory before the vocabulary is there; code has 3 to 4."""


@frozen
class _Loaded:
    folder: ModelFolder
    vocabulary: Vocabulary
    model: Model
    end_ids: frozenset[int]


class LocalProvider:
    """A local model. It is loaded by the first `stream` and kept for the next ones until `close`.

    Threads may share it. `many`: answers will follow each other or overlap, as in a batch. Then up to
    `batch_size` of them are made together, where the processor makes them and the graph is known to allow it;
    else one after another.
    """

    def __init__(
        self, folder: Path, name: str, settings: OnnxSettings, *, many: bool = False, remark: str = ""
    ) -> None:
        """`remark` is what a person should know of the model before it is loaded."""
        self._path = folder
        self._remark = remark
        self._name = name
        self._settings = settings
        self._many = many
        self._loaded: _Loaded | None = None
        self._loading = threading.Lock()

    @property
    def at_once(self) -> int:
        """How many streams it makes sense to have at a time."""
        return self._settings.batch_size if self._many else 1

    def stream(self, prompt: Prompt) -> Generator[ProviderEvent]:
        """Yield the reply. Closing the generator stops the model; it makes a token only when asked.

        Raises `ContextOverflow` before the model reads, `NotEnoughMemory` before it is loaded,
        `ModelCorrupt`, `RuntimeMissing`, and `LimitReached` when `prompt.timeout` is up.
        """
        deadline = Deadline(prompt.timeout)
        loaded = self._loaded
        if loaded is None:
            if self._remark:
                yield Warned(self._remark)
            yield Progress(f"loading {self._name}")
            deadline.doing = "is loaded"
            with self._alone(deadline):
                loaded = self._loaded = self._loaded or self._load(prompt, deadline)
            deadline.doing = "answers"
        tokens = chat.tokens(prompt.messages, loaded.folder, loaded.vocabulary)
        plan = self._plan(tokens, loaded.folder, prompt.sampling.max_tokens)
        yield Progress(f"reading {len(tokens):,} tokens")
        yield from self._answer(prompt, plan, loaded, deadline)

    def close(self) -> None:
        """Free the model. The next `stream` loads it again."""
        if self._loaded is not None:
            self._loaded.model.close()
            self._loaded = None

    @contextmanager
    def _alone(self, deadline: Deadline) -> Generator[None]:
        """Let one thread at a time load."""
        while not self._loading.acquire(timeout=NAP):
            deadline.left()
        try:
            yield
        finally:
            self._loading.release()

    def _load(self, prompt: Prompt, deadline: Deadline) -> _Loaded:
        """Load model and vocabulary side by side, and count the prompt before the model is waited for."""
        device = find_device(self._settings.execution_provider)
        folder = read_folder(self._path)
        characters = sum(len(message.text) for message in prompt.messages)
        answer = prompt.sampling.max_tokens or _ANSWER_TOKENS
        guess = min(folder.window, characters // _CHARACTERS_PER_TOKEN + answer)
        self._require_memory(folder, guess, loaded=False)
        model = Errand(self._loader(folder, device))
        try:
            vocabulary = Vocabulary(self._path)
            tokens = chat.tokens(prompt.messages, folder, vocabulary)
            self._plan(tokens, folder, prompt.sampling.max_tokens)
            ends = folder.end_ids | vocabulary.ids(folder.end_words)
            return _Loaded(folder, vocabulary, model.result(deadline), ends)
        except BaseException:
            model.abandon(lambda loaded: loaded.close())
            raise

    def _loader(self, folder: ModelFolder, device: Device) -> Callable[[], Model]:
        """Return what loads the model; what is quick about it is done here."""
        threads = self._settings.threads or usable_cores()

        def require(tokens: int, taken: int) -> None:
            self._require_memory(folder, tokens, loaded=True, taken=taken)

        if not (self._many and device.provider is None):
            one = Loader(self._path, device, threads)
            return lambda: Alone(one.load(), require)

        def load() -> Model:
            from agentic_flow.providers.together import load_together

            together = load_together(folder, threads, self._settings.batch_size, require)
            return together or Alone(Loader(self._path, device, threads).load(), require)

        return load

    def _plan(self, tokens: Sequence[int], folder: ModelFolder, asked: int | None) -> Plan:
        """Give the answer the room it was asked to have, or what the window leaves."""
        wanted, left = asked or _ANSWER_TOKENS, folder.window - len(tokens)
        if left < min(wanted, _LEAST_ANSWER):
            raise ContextOverflow(
                f"the prompt has {len(tokens):,} tokens and the context window of {self._name} holds "
                f"{folder.window:,}, the answer included; give it less context, or choose a model with a "
                "larger window"
            )
        if wanted <= left:
            return Plan(tokens, wanted, StopReason.MAX_TOKENS)
        return Plan(tokens, left, StopReason.CONTEXT_WINDOW)

    def _answer(
        self, prompt: Prompt, plan: Plan, loaded: _Loaded, deadline: Deadline
    ) -> Generator[ProviderEvent]:
        held = prompt.output is Output.FILES and self._settings.grammar is not False
        blocks = _blocks(prompt, loaded) if held and loaded.model.reads_on else ()
        grammar = files_grammar(prompt.paths) if held and not blocks else None
        options = search_options(prompt.sampling, loaded.folder.search, plan.length)
        generation = loaded.model.begin(options, grammar, deadline)
        answer = Answer(generation, loaded.vocabulary, loaded.end_ids, plan, deadline)
        stops = prompt.sampling.stop
        try:
            for remark in loaded.model.remarks():
                yield Warned(remark)
            saying = answer.in_files(blocks, stops) if blocks else answer.freely(stops, files=held)
            reason = yield from saying
        except LimitReached:
            yield Metered(answer.usage, Decimal(0))
            raise
        finally:
            generation.close()
        yield Finished(answer.usage, reason, model=self._name, cost_usd=Decimal(0))

    def _require_memory(self, folder: ModelFolder, tokens: int, *, loaded: bool, taken: int = 0) -> None:
        free = free_memory()
        bounds = Bounds(self._settings.memory_limit, None if free is None else free + taken)
        require_memory(folder, self._name, tokens, bounds, loaded=loaded)


def _blocks(prompt: Prompt, loaded: _Loaded) -> Sequence[Block]:
    """Return the files whose form is said for the model; none where it has something to choose."""
    dictated = openings(prompt.paths, prompt.beginnings)
    if not dictated:
        return ()
    drawn = prompt.sampling.temperature != 0  # a token that is drawn has no second place
    turns = ((), *_turns(prompt, loaded))
    standing = (() if drawn else prompt.standing) or [""] * len(dictated)
    functions = prompt.functions or [()] * len(dictated)
    return [Block(*said) for said in zip(dictated, turns, standing, functions, strict=True)]


def _turns(prompt: Prompt, loaded: _Loaded) -> Sequence[Sequence[int]]:
    """Return what the model is told before each file but the first, as turns of the conversation."""
    reminders = prompt.reminders[1:] or [""] * (len(prompt.paths) - 1)
    return [
        (words and chat.next_turn(prompt.messages, words, loaded.folder, loaded.vocabulary)) or ()
        for words in reminders
    ]
