"""The bytes of tokens in, text that may be shown out: whole characters, and nothing from a stop string on."""

import codecs
from collections.abc import Iterable


class Utterance:
    """One answer as it grows. What `add` and `end` return, joined, is the answer.

    A character whose bytes are not all there, and the beginning of what may become a stop string, are
    held back until the next piece decides. Bytes that are no UTF-8 become U+FFFD.
    """

    def __init__(self, stops: Iterable[str] = ()) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self.stopped: str | None = None
        """The stop string that has come. Nothing more is said then."""
        self.beyond = ""
        """What had come after it by then, not shown."""
        self.ends_line = False
        """Whether the last character that was shown ends a line."""

    @property
    def at_line_end(self) -> bool:
        """Whether a line has just ended, and nothing of the next is there."""
        return self._held == "\n"

    def add(self, piece: bytes) -> str:
        """Take the bytes of the next token; return what can now be shown."""
        return self._shown(self._say(self._decoder.decode(piece)))

    def end(self) -> str:
        """Return what was held back and is now known to be part of the answer."""
        said = self._say(self._decoder.decode(b"", final=True)) + self._held
        self._held = ""
        return self._shown(said)

    def _shown(self, text: str) -> str:
        if text:
            self.ends_line = text.endswith("\n")
        return text

    def _say(self, text: str) -> str:
        if self.stopped is not None or not text:
            return ""
        self._held += text
        found = [(at, stop) for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if found:
            at, self.stopped = min(found)
            said, self.beyond, self._held = self._held[:at], self._held[at + len(self.stopped) :], ""
            return said
        keep = max((_overlap(self._held, stop) for stop in self._stops), default=0)
        cut = len(self._held) - keep
        said, self._held = self._held[:cut], self._held[cut:]
        return said


def _overlap(text: str, stop: str) -> int:
    """Return how many of the last characters of `text` begin `stop`."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
