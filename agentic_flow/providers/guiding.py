"""A grammar -> which words may come next: what the runtime does for one text, for each of several.

The one importer of `llguidance`, the library that onnxruntime-genai has within it.
"""

import threading
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from agentic_flow.core.errors import LocalModelProblem
from agentic_flow.providers.folder import TOKENIZER, ModelFolder

if TYPE_CHECKING:
    from llguidance import LLMatcher, LLTokenizer


class Guides:
    """Makes guides for texts of one model; its vocabulary is prepared when the first one is asked for."""

    def __init__(self, folder: ModelFolder, words: int) -> None:
        self._folder = folder
        self._words = words
        self._lock = threading.Lock()
        self._tokenizer: LLTokenizer | None = None

    def guide(self, grammar: str) -> "Guide":
        """Return the guide of a text held to `grammar` (Lark, in llguidance's dialect)."""
        import llguidance

        with self._lock:
            if self._tokenizer is None:
                path = str(self._folder.path / TOKENIZER)
                self._tokenizer = llguidance.LLTokenizer(path, self._words, sorted(self._folder.end_ids))
        matcher = llguidance.LLMatcher(self._tokenizer, llguidance.LLMatcher.grammar_from_lark(grammar))
        if matcher.is_error():
            raise _failed(self._folder, matcher)
        return Guide(matcher, self._folder, self._words)


class Guide:
    """Where one text stands in its grammar."""

    def __init__(self, matcher: "LLMatcher", folder: ModelFolder, words: int) -> None:
        self._matcher = matcher
        self._folder = folder
        self._allowed = np.zeros((words + 31) // 32, np.uint32)

    def rule_out(self, scores: NDArray[np.float32]) -> None:
        """Give all words that may not come next the least score there is."""
        self._matcher.unsafe_compute_mask_ptr(self._allowed.ctypes.data, self._allowed.nbytes)
        bits = np.unpackbits(self._allowed.view(np.uint8), bitorder="little")[: len(scores)]
        scores[bits == 0] = -np.inf

    def take(self, word: int) -> None:
        """Go on by the word that came."""
        if not self._matcher.consume_token(word) or self._matcher.is_error():
            raise _failed(self._folder, self._matcher)


def _failed(folder: ModelFolder, matcher: "LLMatcher") -> LocalModelProblem:
    return LocalModelProblem(f"the grammar for {folder.path.name} failed ({matcher.get_error()})")
