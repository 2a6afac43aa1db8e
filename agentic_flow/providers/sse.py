"""Bytes of a text/event-stream -> the data of its events. Pure: no sockets, no idea what events mean.

The rules are https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation.
Only `data` is kept: both dialects repeat an event's name inside it, and neither uses `id` or `retry`.
"""

MAX_EVENT = 8 * 2**20
"""Bytes one event may hold. Real ones reach 2 MB (search results inside an answer)."""

_BOM = b"\xef\xbb\xbf"


class BrokenStream(ValueError):
    """The bytes are no event stream. The text says why."""


class EventDecoder:
    """Reads one stream, cut into chunks anywhere: inside a line end, a character or the byte order mark."""

    def __init__(self, max_event: int = MAX_EVENT) -> None:
        self._max_event = max_event
        self._pieces: list[bytes] = []  # of a line whose end has not come yet
        self._pieces_size = 0
        self._data: list[str] = []  # of an event whose end has not come yet
        self._data_size = 0
        self._after_cr = False
        self._first_line = True

    def feed(self, chunk: bytes) -> list[str]:
        """Take the next bytes and return the data of every event they complete, empty ones left out.

        Raises `BrokenStream` for bytes that are not UTF-8 and for an event without end.
        """
        if self._after_cr and chunk:
            self._after_cr = False
            chunk = chunk.removeprefix(b"\n")  # the second half of a CR LF
        if not chunk:
            return []
        lines = chunk.splitlines()  # of bytes, so only at CR, LF and CR LF; never at U+2028 or U+0085
        rest = b"" if chunk.endswith((b"\n", b"\r")) else lines.pop()
        self._after_cr = chunk.endswith(b"\r")
        if lines and self._pieces:
            lines[0] = b"".join((*self._pieces, lines[0]))
            self._pieces.clear()
            self._pieces_size = 0
        events = self._read(lines)
        if rest:
            self._pieces.append(rest)
            self._pieces_size += len(rest)
        if self._pieces_size + self._data_size > self._max_event:
            message = f"one event holds more than {self._max_event:,} bytes"
            raise BrokenStream(message)
        return events

    def rest(self) -> str:
        """Return the data of an event that the end of the stream left without its blank line."""
        try:
            return "\n".join(self._data + _data_in(b"".join(self._pieces)))
        except BrokenStream:
            return ""  # the end came inside a character

    def _read(self, lines: list[bytes]) -> list[str]:
        events: list[str] = []
        if lines and self._first_line:
            lines[0] = lines[0].removeprefix(_BOM)
            self._first_line = False
        for line in lines:
            if line:
                if found := _data_in(line):
                    self._data += found
                    self._data_size += len(line)
            elif self._data:
                if data := "\n".join(self._data):
                    events.append(data)
                self._data.clear()
                self._data_size = 0
        return events


def _data_in(line: bytes) -> list[str]:
    """Return the value of a `data` line; nothing for comments and other fields."""
    if not line.startswith(b"data"):
        return []
    try:
        name, _, value = line.decode().partition(":")
    except UnicodeDecodeError as failure:
        message = "an event holds bytes that are not UTF-8"
        raise BrokenStream(message) from failure
    return [value.removeprefix(" ")] if name == "data" else []
