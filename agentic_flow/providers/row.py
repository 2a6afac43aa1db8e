"""One text of several that are written together: what was read, and what was made of it so far."""

import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue
from typing import Protocol

from agentic_flow.core.frozen import frozen
from agentic_flow.core.waiting import NAP
from agentic_flow.providers.drawing import Drawing, two_likeliest
from agentic_flow.providers.guiding import Guide
from agentic_flow.providers.rows import Scores
from agentic_flow.providers.runtime import Interrupt

_AHEAD = 2
"""Words that are made before they are asked for: the others need not wait for who takes its time."""

_READ_AGAIN = 2
"""Of what was taken, the words that are entered once more when reading goes on, as by one answer alone."""

NOBODY = -1
"""The turn of what is entered for nobody."""


@frozen
class Word:
    """A token that was made."""

    token: int
    likeliest: Sequence[tuple[int, float]]
    """The two that might have been, by their scores alone."""


class Writer(Protocol):
    """Who writes the rows."""

    def wake(self) -> None:
        """Look at the rows again: one wants something, or no longer."""
        ...


@frozen
class Entry:
    """The tokens that a row enters next, and where."""

    turn: int
    """The reading it belongs to or follows: nobody looks at its scores when there was another since."""
    at: int
    tokens: Sequence[int]


class Row:
    """One text: for whoever wants it a `Generation`, for the writer what is to be done next."""

    def __init__(
        self, length: int, ends: frozenset[int], drawing: Drawing, guide: Guide | None, writer: Writer
    ) -> None:
        self.length = length
        """The most it can come to, in tokens."""
        self._ends = ends
        self._drawing = drawing
        self._guide = guide
        self._writer = writer
        self._lock = threading.Lock()
        self._text: list[int] = []
        self._entered = 0
        self._unread: list[int] = []
        self._turn = 0
        self._taken = 0
        """Words that were asked for, of those made since the last reading."""
        self._made = 0
        self._taken_back = 0
        self._said: SimpleQueue[Word | Exception | None] = SimpleQueue()
        """Words; None when all is read; and why there can be no more."""
        self._next: Word | None = None
        self._over = False
        self.prompt: Sequence[int] = ()
        """What was read first, when it is."""
        self.closed = False
        self.for_daemon = threading.current_thread().daemon
        """Whether it is begun by a thread that the end of the process does not wait for."""

    def read(self, tokens: Sequence[int]) -> None:
        """Take tokens in, after those made so far. Raises `Interrupt` when another thread asked for it."""
        with self._lock:
            reached = len(self._text) - self._made + self._taken
            kept = reached - self._taken_back
            if kept + len(tokens) > self.length:
                message = f"a row of {self.length} tokens was given {kept + len(tokens)}"
                raise RuntimeError(message)  # else it would be written into the next one
            self._entered = max(0, min(self._entered, kept, reached - _READ_AGAIN if self._taken else kept))
            self._unread = [*self._text[self._entered : kept], *tokens]
            del self._text[self._entered :]
            self._made = self._taken = self._taken_back = 0
            self._turn += 1
            self._said, self._next = SimpleQueue(), None
        self._writer.wake()
        self._hear()

    def make(self) -> int:
        """Return the next token."""
        word, self._next = self._hear_word(), None
        self._taken += 1
        self._writer.wake()
        return word.token

    def likeliest(self) -> Sequence[tuple[int, float]]:
        """Return the two tokens that may come next by their scores, the likeliest first."""
        self._next = self._hear_word()
        return self._next.likeliest

    def take_back(self, count: int = 1) -> None:
        """Forget the tokens that were made last. What comes next must be read."""
        self._taken_back += count

    def interrupt(self) -> None:
        """End what another thread waits for here. It cannot be used again."""
        self._over = True
        self._said.put(Interrupt())

    def close(self) -> None:
        """Leave the others."""
        self.closed = True
        self._writer.wake()

    def _hear_word(self) -> "Word":
        word = self._next or self._hear()
        if word is None:
            message = "the next word was asked for in the middle of reading"
            raise RuntimeError(message)
        return word

    def _hear(self) -> "Word | None":
        said = self._said
        while True:
            try:
                heard = said.get(timeout=NAP)  # in naps, for a thread of a batch to hear that it is to end
            except Empty:
                if self._over:
                    raise Interrupt from None
                continue
            if isinstance(heard, Exception):
                raise heard
            return heard

    @property
    def entered(self) -> int:
        """How many of its tokens are in the table."""
        return self._entered

    @property
    def reads(self) -> bool:
        """Whether there is something to be read."""
        return bool(self._unread) and not (self.closed or self._over)

    @property
    def wants_more(self) -> bool:
        """Whether a word would be taken, now or soon."""
        return (
            bool(self._text)
            and not (self._unread or self.closed or self._over)
            and self._made - self._taken < _AHEAD
            and len(self._text) < self.length
            and not (self._made and self._text[-1] in self._ends)
        )

    @property
    def beginning(self) -> Sequence[int]:
        """What a new row is to read first: what others have in common with it need not be read again."""
        return () if self._text else self._unread

    def adopt(self, count: int) -> None:
        """Take so many tokens as entered: they were copied from another row."""
        with self._lock:
            self._text, self._unread, self._entered = self._unread[:count], self._unread[count:], count

    def next_read(self, most: int) -> Entry:
        """Return what is to be read next."""
        with self._lock:
            return Entry(self._turn, self._entered, self._unread[:most])

    def next_step(self) -> Entry:
        """Return the word to be entered next; where none is wanted, any, in a place that nobody reads."""
        with self._lock:
            turn = self._turn if self.wants_more else NOBODY
            at = min(self._entered, self.length - 1)  # behind a full row begins what others have read
            return Entry(turn, at, self._text[self._entered : self._entered + 1] or [0])

    def was_read(self, entry: Entry, scores: Scores) -> bool:
        """Note that it was entered. Returns whether that was the last of the reading."""
        with self._lock:
            if entry.turn != self._turn:
                return False
            self._text += entry.tokens
            self._entered = len(self._text)
            del self._unread[: len(entry.tokens)]
            if self._unread:
                return False
            self.prompt = self.prompt or (*self._text,)
            self._said.put(None)
            self._choose(scores)
            return True

    def was_stepped(self, entry: Entry, scores: Scores) -> None:
        """Note that its word was entered, and choose the next one."""
        with self._lock:
            if entry.turn == self._turn:
                self._entered += 1
                self._choose(scores)

    def fail(self, failure: Exception) -> None:
        """Tell whoever waits that there will be no more."""
        with self._lock:
            self._over = True
            self._said.put(failure)

    def _choose(self, scores: Scores) -> None:
        if len(self._text) >= self.length:
            return
        try:
            likeliest = two_likeliest(scores)
            if self._guide is not None:
                self._guide.rule_out(scores)
            token = self._drawing.next(scores, self._text)
            if self._guide is not None:
                self._guide.take(token)
        except Exception as failure:  # noqa: BLE001  (it is raised where the word is asked for)
            self._over = True
            self._said.put(failure)
            return
        self._text.append(token)
        self._made += 1
        self._said.put(Word(token, likeliest))
