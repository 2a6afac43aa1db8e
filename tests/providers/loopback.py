"""A server of raw sockets on this machine: it says what a test scripts and keeps what it hears."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """What the body says."""
        return json.loads(self.body)


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket, closing: threading.Event) -> None:
        self._connection = connection
        self._closing = closing

    @property
    def closing(self) -> bool:
        """Whether the test is over."""
        return self._closing.is_set()

    def send(self, *pieces: bytes) -> None:
        """Send each piece with a call of its own."""
        for piece in pieces:
            self._connection.sendall(piece)

    def end(self, *pieces: bytes) -> None:
        """Send the last pieces; that the connection has ended arrives with them, not some time after."""
        self._connection.sendall(b"".join(pieces), getattr(socket, "MSG_MORE", 0))  # Linux keeps it back
        self._connection.shutdown(socket.SHUT_WR)

    def wait(self, seconds: float) -> None:
        """Say nothing for a while; the end of the test ends it."""
        self._closing.wait(seconds)

    def reset(self) -> None:
        """Break the connection so that the other end gets an error, not an end."""
        self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._connection.close()

    def hears_end(self, seconds: float) -> bool:
        """Wait for the other end to hang up."""
        self._connection.settimeout(seconds)
        try:
            return self._connection.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False


Answer = Callable[[Peer, Asked], None]


@dataclass
class Loopback:
    """Answers each request with the next of `answers`; the last one answers all that follow."""

    answers: Sequence[Answer]
    patience: float | None = None
    """Seconds for which a connection is kept for a next request; None: it ends with its answer."""
    asked: list[Asked] = field(default_factory=list[Asked])
    accepted: int = 0
    """How many connections there were."""

    def __enter__(self) -> Self:
        self._closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(30)
        self._threads = [threading.Thread(target=self._listen, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)  # whoever waits for a next request waits no more
        # Closing alone does not wake `accept`; a last caller does.
        socket.create_connection(self._listening.getsockname()).close()
        for thread in list(self._threads):
            thread.join(timeout=10)
        self._listening.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def port(self) -> int:
        """The number of its port."""
        return int(self._listening.getsockname()[1])

    @property
    def serving(self) -> Sequence[threading.Thread]:
        """A thread for each connection there was; it ends when the server has hung up."""
        return self._threads[1:]

    def _listen(self) -> None:
        while True:
            connection, _ = self._listening.accept()
            if self._closing.is_set():
                connection.close()
                return
            self.accepted += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.add(connection)
            try:
                self._answer(connection)
                while self.patience is not None:
                    connection.settimeout(self.patience)
                    self._answer(connection)
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the other end has hung up, or the answer broke the connection on purpose
            finally:
                self._open.discard(connection)

    def _answer(self, connection: socket.socket) -> None:
        asked = _hear(connection)
        answer = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(asked)
        answer(Peer(connection, self._closing), asked)


def _hear(connection: socket.socket) -> Asked:
    heard = b""
    while b"\r\n\r\n" not in heard:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError
        heard += piece
    head, _, body = heard.partition(b"\r\n\r\n")
    line, *fields = head.decode("utf-8").split("\r\n")
    headers = {name.lower(): value for name, _, value in (each.partition(": ") for each in fields)}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Asked(line, headers, body)


def head(status: int = 200, headers: dict[str, str] | None = None, **more: str) -> bytes:
    """Return the head of a reply that ends with the connection: `head(content_type="text/html")`."""
    fields = {"content-type": "text/event-stream", **(headers or {})}
    fields.update({name.replace("_", "-"): value for name, value in more.items()})
    lines = [f"HTTP/1.1 {status} Whatever", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(pieces: Iterable[bytes]) -> Iterable[bytes]:
    """Frame each piece as a chunk; without the last, empty one the body counts as cut."""
    return (b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


LAST_CHUNK = b"0\r\n\r\n"


def says(*pieces: bytes) -> Answer:
    """Answer with these bytes and close."""
    return lambda peer, _: peer.send(*pieces)
