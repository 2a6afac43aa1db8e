"""A Hugging Face hub on loopback that can be told to misbehave. Speaks what the hub's library asks for."""

import hashlib
import json
import socket
import threading
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "a" * 40
REPOSITORY = "maker/tiny-onnx"
FOLDER = "cpu/cpu-int4"


@dataclass(frozen=True)
class Cut:
    """Send `after` bytes of the body, then close the connection."""

    after: int


@dataclass(frozen=True)
class Stall:
    """Send `after` bytes of the body, then keep silent until the client has gone."""

    after: int
    seconds: float = 5.0


@dataclass(frozen=True)
class Status:
    """Answer with a status and no file."""

    code: int
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Replace:
    """Send other bytes than the ones that were announced."""

    body: bytes


@dataclass(frozen=True)
class IgnoreRange:
    """Answer a request for a range with the whole file, cut after some bytes where `after` is given."""

    after: int | None = None


Trouble = Cut | Stall | Status | Replace | IgnoreRange


@dataclass
class Request:
    """What a client sent."""

    server: str
    path: str
    headers: dict[str, str]


@dataclass
class Hub:
    """The hub's state, shared with the test. LFS files are served by a second server: the CDN."""

    files: dict[str, bytes]
    troubles: dict[str, list[Trouble]] = field(default_factory=lambda: defaultdict(list))
    """By file name; each is used up by one request."""
    api: list[Trouble] = field(default_factory=list)
    said: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Lies of the API: file name to fields of its entry."""
    slow: float = 0.0
    """Seconds between two pieces of 16 KiB."""
    hasten: threading.Event = field(default_factory=threading.Event)
    requests: list[Request] = field(default_factory=list)
    sent: int = 0
    """Bytes of file bodies."""
    endpoint: str = ""
    cdn: str = ""

    def entry(self, path: str) -> dict[str, Any]:
        """Return what the API says of a file."""
        body = self.files[path]
        blob = hashlib.sha1(f"blob {len(body)}\0".encode() + body, usedforsecurity=False).hexdigest()
        entry: dict[str, Any] = {"rfilename": path, "size": len(body), "blobId": blob}
        if is_lfs(path):
            entry["lfs"] = {
                "size": len(body),
                "sha256": hashlib.sha256(body).hexdigest(),
                "pointerSize": 135,
            }
        lies = self.said.get(path.rpartition("/")[2], {})
        if "lfs" in lies and "lfs" in entry:
            return entry | lies | {"lfs": entry["lfs"] | lies["lfs"]}
        return entry | lies

    def hurry(self) -> None:
        """Stop being slow, at once."""
        self.hasten.set()

    def asked_for(self, name: str) -> list[Request]:
        """Return the requests for one file that reached the server that holds it."""
        server = "cdn" if is_lfs(name) else "hub"
        return [each for each in self.requests if each.server == server and each.path.endswith("/" + name)]


def is_lfs(path: str) -> bool:
    """Say whether the hub keeps a file in LFS."""
    return path.endswith((".onnx", ".data", ".gguf", ".bin"))


@contextmanager
def serving(files: dict[str, bytes]) -> Generator[Hub]:
    """Serve a repository on two loopback ports: the hub, and the CDN it redirects to."""
    hub = Hub(files)
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(hub, name)) for name in ("hub", "cdn")]
    hub.endpoint, hub.cdn = (f"http://127.0.0.1:{server.server_port}" for server in servers)
    threads = [threading.Thread(target=server.serve_forever, args=(0.02,)) for server in servers]
    for thread in threads:
        thread.start()
    try:
        yield hub
    finally:
        hub.hurry()
        for server in servers:
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()


def _handler(hub: Hub, name: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the library's name)
            pass

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            hub.requests.append(
                Request(name, path, {key.lower(): value for key, value in self.headers.items()})
            )
            if path.startswith("/api/models/"):
                self._api()
            elif "/resolve/" in path or name == "cdn":
                self._file(path)
            else:
                self._plain(404, b"{}")

        def _api(self) -> None:
            trouble = hub.api.pop(0) if hub.api else None
            match trouble:
                case Status(code, headers):
                    self._plain(code, b"{}", headers)
                case Stall():
                    self._wait(trouble.seconds)
                case Replace(body):
                    self._plain(200, body)
                case _:
                    siblings = [hub.entry(path) for path in hub.files]
                    answer = {"id": REPOSITORY, "modelId": REPOSITORY, "sha": COMMIT, "siblings": siblings}
                    self._plain(200, json.dumps(answer).encode())

        def _file(self, path: str) -> None:
            inside = path.partition(f"/resolve/{COMMIT}/")[2] or path.removeprefix("/")
            if inside not in hub.files:
                self._plain(404, b"", {"X-Error-Code": "EntryNotFound"})
                return
            if name == "hub" and is_lfs(inside):
                self._plain(302, b"", {"Location": f"{hub.cdn}/{inside}", "X-Repo-Commit": COMMIT})
                return
            waiting = hub.troubles[inside.rpartition("/")[2]]
            self._body(hub.files[inside], waiting.pop(0) if waiting else None)

        def _body(self, body: bytes, trouble: Trouble | None) -> None:
            if isinstance(trouble, Status):
                self._plain(trouble.code, b"", trouble.headers)
                return
            if isinstance(trouble, Replace):
                body = trouble.body
            start = 0
            asked = self.headers.get("Range")
            if asked and not isinstance(trouble, IgnoreRange):
                start = int(asked.removeprefix("bytes=").rstrip("-"))
            if start >= len(body) > 0:
                self._plain(416, b"")
                return
            self.send_response(206 if start else 200)
            self.send_header("Content-Length", str(len(body) - start))
            self.end_headers()
            end = len(body)
            if isinstance(trouble, Cut | Stall) or (isinstance(trouble, IgnoreRange) and trouble.after):
                end = min(end, start + (trouble.after or 0))
            self._send(body[start:end])
            if isinstance(trouble, Stall):
                self._wait(trouble.seconds)
            if end < len(body):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        def _send(self, body: bytes) -> None:
            for piece in _pieces(body):
                self.wfile.write(piece)
                hub.sent += len(piece)
                hub.hasten.wait(hub.slow)

        def _wait(self, seconds: float) -> None:
            """Keep silent until the client hangs up."""
            self.wfile.flush()
            self.connection.settimeout(seconds)
            with suppress(TimeoutError):
                self.connection.recv(1)
            self.close_connection = True

        def _plain(self, code: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(code)
            for key, value in (headers or {}).items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # the client was killed, or had enough
                super().handle()

    return Handler


def _pieces(body: bytes, size: int = 16 * 1024) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]
