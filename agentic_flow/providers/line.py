"""A line: one connection to one place, which carries one call at a time, and each call by its own clocks.

The place before every single read is where a deadline can be asked about, so the network and its streams are
wrapped here; whose deadline it is changes with the call.
"""

import socket
import ssl
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import httpcore

from agentic_flow.core.waiting import NAP
from agentic_flow.providers.clocks import Watch

_END_OF_HEAD = b"\r\n\r\n"
_KEEP_ALIVE = ((socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),)


class Line:
    """A connection that is opened with its first call, and again where the other end has hung up since."""

    def __init__(
        self, network: httpcore.NetworkBackend, trust: ssl.SSLContext | None, proxy: httpcore.Proxy | None
    ) -> None:
        self._network = _WatchedNetwork(network)
        self._pool = httpcore.ConnectionPool(
            ssl_context=trust,
            proxy=proxy,
            max_connections=1,
            network_backend=self._network,
            socket_options=_KEEP_ALIVE,
        )

    @property
    def idle(self) -> bool:
        """Whether it is open and waits for a call."""
        return any(connection.is_idle() for connection in self._pool.connections)

    @property
    def refused(self) -> bool:
        """Whether the request could not be handed over in full: nobody acts on half of one."""
        return self._network.refused

    def ask(self, request: httpcore.Request, watch: Watch) -> httpcore.Response:
        """Send a request and return its reply, whose body is still to come. Raises what the client does."""
        self._network.begin(watch)
        return self._pool.handle_request(request)

    def close(self) -> None:
        """Hang up."""
        self._pool.close()


class _WatchedNetwork(httpcore.NetworkBackend):
    """A network whose every wait ends when the first clock of the present call runs out."""

    def __init__(self, network: httpcore.NetworkBackend) -> None:
        self._network = network
        self._watch: Watch | None = None
        self.refused = False

    @property
    def watch(self) -> Watch:
        """The clocks of the present call."""
        assert self._watch is not None, "nobody waits before a call begins"  # noqa: S101
        return self._watch

    def begin(self, watch: Watch) -> None:
        """Go by the clocks of another call."""
        self._watch, self.refused = watch, False

    @contextmanager
    def bounded(self, timeout: float | None) -> Generator[float]:
        """Count the time inside as waiting, and say how long it may be."""
        left = self.watch.left()
        seconds = left if timeout is None else min(left, timeout)
        if seconds <= 0:
            raise httpcore.ReadTimeout
        with self.watch.waiting():
            yield seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect as soon as the clocks allow."""
        with self.bounded(timeout) as seconds:
            stream = self._network.connect_tcp(host, port, seconds, local_address, socket_options)
        return _WatchedStream(stream, self)


class _WatchedStream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, network: _WatchedNetwork) -> None:
        self._stream = stream
        self._network = network
        self._head = b""
        """The head of a request, which goes out with its body in one piece."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what comes, if it comes in time."""
        if self._head:  # a request without a body
            self._send(b"", timeout)
        while True:
            with self._network.bounded(timeout) as seconds:
                try:
                    return self._stream.read(max_bytes, min(seconds, NAP))
                except httpcore.ReadTimeout:
                    if seconds <= NAP:
                        raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send; from here on the call may have been billed."""
        self._network.watch.sent()
        if buffer.endswith(_END_OF_HEAD) and not self._head:
            self._head = buffer
        else:
            self._send(buffer, timeout)

    def _send(self, buffer: bytes, timeout: float | None) -> None:
        whole, self._head = self._head + buffer, b""
        if not whole:
            return
        with self._network.bounded(timeout) as seconds:
            try:
                self._stream.write(whole, seconds)
            except httpcore.WriteError:
                self._network.refused = True  # the client goes on to see what the other end said
                raise

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Agree on encryption, within the time for connecting."""
        with self._network.bounded(timeout) as seconds:
            stream = self._stream.start_tls(ssl_context, server_hostname, seconds)
        return _WatchedStream(stream, self._network)

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def get_extra_info(self, info: str) -> object:
        """Answer what the pool asks about the stream below."""
        return self._stream.get_extra_info(info)
