"""Token ids in, scores of what comes next out, for several texts at once. The one importer of `onnxruntime`.

onnxruntime-genai fills short prompts up at their left, and attention in our graphs counts the tokens of each
text from its beginning: it can decode together only what is equally long. Here the same graph is run by the
runtime below it. Keys and values lie in a table with a row a text, in which each is as long as it is.
"""

import mmap
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agentic_flow.core.errors import Interrupted
from agentic_flow.providers.folder import ModelFolder, damaged
from agentic_flow.providers.runtime import FATAL, SPIN, Refused, failing, silence, translated

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, IOBinding

Scores = NDArray[np.float32]
"""One for each word of the vocabulary."""

_MAKER = "agentic-flow"
"""Who wrote the graphs that are known to take rows of different lengths."""
_IDS, _MASK, _LOGITS = "input_ids", "attention_mask", "logits"
_PAST, _PRESENT = "past_key_values.", "present."


def load_rows(folder: ModelFolder, threads: int) -> "Rows | None":
    """Load a model; None where its graph is not known to take rows of different lengths.

    Raises `ModelCorrupt` and `NotEnoughMemory`.
    """
    silence()
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = FATAL
    options.add_session_config_entry("session.intra_op.spin_duration_us", SPIN)
    with translated(lambda reason: damaged(folder.path, reason)), _refusing():
        session = onnxruntime.InferenceSession(
            str(folder.path / folder.graph), options, providers=["CPUExecutionProvider"]
        )
    named = {value.name: value.shape for value in session.get_outputs()}
    last_only = list(named.get(_LOGITS, ()))[1:2] == [1]
    known = session.get_modelmeta().producer_name == _MAKER
    return Rows(session, folder) if known and last_only else None


class Rows:
    """A loaded model and its table. One thread at a time may work with it."""

    def __init__(self, session: "InferenceSession", folder: ModelFolder) -> None:
        self._session = session
        self._folder = folder
        inputs = {value.name: value.shape for value in session.get_inputs()}
        self._names = [name.removeprefix(_PAST) for name in inputs if name.startswith(_PAST)]
        _, self._heads, _, self._size = (
            each if isinstance(each, int) else 0 for each in inputs[f"{_PAST}{self._names[0]}"]
        )
        words = next(value.shape[-1] for value in session.get_outputs() if value.name == _LOGITS)
        self.words = words if isinstance(words, int) else 0
        """How many there are in the vocabulary."""
        self.count = 0
        """Rows of the table."""
        self.length = 0
        """Tokens that each may hold."""
        self._table: dict[str, NDArray[np.float32]] = {}
        self._scores = np.empty((0, 1, self.words), np.float32)

    def resize(self, count: int, length: int, kept: Sequence[int] = ()) -> None:
        """Make the table anew, with the first so many tokens of the first rows as they are.

        Memory is taken where it is written, no earlier, and given back as a whole.
        """
        shape = (count, self._heads, length, self._size)
        each = prod(shape) * np.dtype(np.float32).itemsize
        with translated(failing(self._folder.path)), _refusing():
            memory = mmap.mmap(-1, each * len(self._names))
        before, self._table = self._table, {}
        for number, name in enumerate(self._names):
            array = np.frombuffer(memory, np.float32, prod(shape), number * each).reshape(shape)
            for row, tokens in enumerate(kept):
                if tokens:
                    array[row, :, :tokens] = before[name][row, :, :tokens]
            self._table[name] = array
        self.count, self.length = count, length
        self._scores = np.empty((count, 1, self.words), np.float32)

    def clear(self) -> None:
        """Give the table's memory back."""
        self._table = {}
        self.count = self.length = 0

    def close(self) -> None:
        """Give all memory back."""
        self.clear()
        del self._session

    def copy(self, source: int, row: int, start: int, end: int) -> None:
        """Let `row` hold what `source` does, from one place to another."""
        for array in self._table.values():
            array[row, :, start:end] = array[source, :, start:end]

    def read(self, row: int, at: int, tokens: Sequence[int]) -> Scores:
        """Take tokens in as those of a row from a place on; return the scores of what comes next."""
        mask = np.ones((1, at + len(tokens)), np.int64)
        scores: Scores = self._run(row, np.array([tokens], np.int64), mask)[0]
        return scores

    def step(self, tokens: Sequence[int], places: Sequence[int]) -> Scores:
        """Take a token in for each of the first rows, at its place there; return scores for each row.

        The attention wants to know of each row how long it is, and of all how long the longest is.
        """
        lengths = np.array(places, np.int64)[:, None] + 1
        width = 1 + max(places)
        mask = np.array(np.arange(width)[None] < lengths, np.int64)
        return self._run(0, np.array(tokens, np.int64)[:, None], mask)

    def _run(self, first: int, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Scores:
        count = len(ids)
        binding = self._session.io_binding()
        for name, given in ((_IDS, ids), (_MASK, mask)):
            binding.bind_input(name, "cpu", 0, np.int64, given.shape, given.ctypes.data)
        for name, array in self._table.items():
            place = array.ctypes.data + first * array.strides[0]
            shape = (count, *array.shape[1:])
            # One place for what was and what is: then the runtime writes what is new into it, and no more.
            binding.bind_input(f"{_PAST}{name}", "cpu", 0, np.float32, shape, place)
            binding.bind_output(f"{_PRESENT}{name}", "cpu", 0, np.float32, shape, place)
        scores = self._scores[:count]
        binding.bind_output(_LOGITS, "cpu", 0, np.float32, scores.shape, scores.ctypes.data)
        self._ask(binding)
        return scores[:, 0]

    def _ask(self, binding: "IOBinding") -> None:
        with translated(failing(self._folder.path)), _refusing():
            self._session.run_with_iobinding(binding)


@contextmanager
def _refusing() -> Generator[None]:
    """Let what the library raises be the runtime's words, as they are in its other form."""
    try:
        yield
    except Interrupted:
        raise
    except Exception as failure:  # its classes have no common base
        raise Refused(str(failure)) from failure
