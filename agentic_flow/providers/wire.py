"""A request -> its reply, as bytes. Beside `line` the one importer of the HTTP client, and its translator.

It speaks to httpcore, the part of httpx that moves bytes, because a deadline has to be asked about before
every single read, and httpx hides the place where that is possible. Connections are kept for the next call to
the same place. One that the other end has closed is found out before anything is sent; where that is too
late by a moment, a request that did not go out in full is sent again, and one that did may have been billed.
"""

import logging
import os
import ssl
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import copy
from dataclasses import field
from functools import cached_property, lru_cache
from ipaddress import ip_address
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore

from agentic_flow.core.errors import ConfigMistake, FlowError, KeyProblem, ProviderUnavailable
from agentic_flow.core.frozen import frozen
from agentic_flow.providers.clocks import Patience, Watch
from agentic_flow.providers.complaints import shown_words
from agentic_flow.providers.failures import broken, key_variable
from agentic_flow.providers.line import Line
from agentic_flow.providers.lines import Lines

# At DEBUG the client writes every header of a reply down, and a server may repeat the key in one.
logging.getLogger("httpcore").setLevel(logging.WARNING)

_FRAMED = ("content-length", "transfer-encoding")
_LINGER, _MOST_REST = 0.2, 2**16
"""Seconds and bytes that the end of a reply may take behind its last word; else its connection is closed."""

_NO_PROXY = "HTTPS_PROXY (or ALL_PROXY) is no address such as http://host:8080; correct or unset it"


@frozen
class Call:
    """One request, ready to be sent. Its representation holds nothing secret."""

    provider: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    key: str = field(repr=False)
    method: str = "POST"
    query: str = ""
    """What follows the address behind `?`; never anything secret."""
    unsaid: tuple[str, ...] = field(default=(), repr=False)
    """Keys that are not sent there, and not shown either."""

    def shown(self, text: str) -> str:
        """Return a stranger's words fit to be shown, without any key."""
        return shown_words(text, self.key, *self.unsaid)


@frozen
class Reply:
    """What came back. Header names are lower case; `chunks` may be walked once."""

    status: int
    headers: Mapping[str, str]
    chunks: Iterator[bytes] = field(repr=False)


class Wire:
    """The way out. A clock, a calendar (seconds since 1970) and a network can be handed in."""

    def __init__(
        self,
        patience: Patience | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
        network: httpcore.NetworkBackend | None = None,
    ) -> None:
        self._sent: Callable[[], None] | None = None
        self._heard: Callable[[int, Mapping[str, str]], None] | None = None
        self._patience = patience or Patience()
        self._now = now
        self.today = today
        self._network = network or httpcore.SyncBackend()
        self._lines = Lines[Line](now)
        self._proxy_to = lru_cache(64)(_proxy)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        try:
            return httpcore.default_ssl_context()
        except OSError as failure:  # the environment names a file that is none
            message = f"https cannot be set up ({failure}); change or unset SSLKEYLOGFILE"
            raise ConfigMistake(message) from failure

    def telling(self, sent: Callable[[], None]) -> "Wire":
        """Return the same way out, which calls `sent` when a request is about to leave the machine."""
        told = copy(self)
        told._sent = sent  # noqa: SLF001  (it is one of us)
        return told

    def hearing(self, heard: Callable[[int, Mapping[str, str]], None]) -> "Wire":
        """Return the same way out, which tells `heard` the status and the headers of every reply."""
        hearing = copy(self)
        hearing._heard = heard  # noqa: SLF001  (it is one of us)
        return hearing

    def watch(self, total: float | None) -> Watch:
        """Start the clocks of a call that may take `total` seconds."""
        return Watch(self._patience, total, self._now, self._sent)

    def close(self) -> None:
        """Let go of what is kept for a next call: connections, and what the environment says of proxies."""
        self._lines.close()
        self._proxy_to.cache_clear()

    @contextmanager
    def send(self, call: Call, watch: Watch) -> Generator[Reply]:
        """Send `call` and hand over the reply while it comes; leaving the block hangs up on what is left.

        Redirects are not followed, so a key never reaches another host. Raises `ConfigMistake` and
        `KeyProblem` before anything is sent, `ProviderUnavailable` and the failures of `watch` after.
        """
        address = _address(call)
        headers = {b"host": address.netloc.encode(), **_header_bytes(call)}
        secure = self._trust if address.scheme == "https" else None
        proxy = self._proxy_to(address.scheme, address.hostname or "")
        place = _Place(
            f"{address.scheme}://{address.netloc}", bytes(proxy.url) if proxy else None, call.key, os.getpid()
        )
        with self._lines.borrowed(place, lambda: Line(self._network, secure, proxy)) as line:
            response = self._ask(line, place, call, headers, watch)
            try:
                reply = Reply(
                    response.status, _read_headers(response.headers), _chunks(response, call, watch)
                )
                if self._heard is not None:
                    self._heard(reply.status, reply.headers)
                yield reply
                _hear_out(reply, watch)
            finally:
                response.close()

    def _ask(
        self, line: Line, place: "_Place", call: Call, headers: Mapping[bytes, bytes], watch: Watch
    ) -> httpcore.Response:
        kept = line.idle
        request = _request(call, headers)
        try:
            with _translated(call, watch, line):
                return line.ask(request, watch)
        except ProviderUnavailable:
            if not kept:
                raise
            self._lines.forget(place)  # whoever asks again had better not meet the next stale one
            if not line.refused:
                raise
        line.close()
        watch.recalled()
        with _translated(call, watch, line):
            return line.ask(request, watch)


@frozen
class _Place:
    """Where a connection goes, and on whose account."""

    origin: str
    proxy: bytes | None
    key: str = field(repr=False)
    process: int
    """A fork inherits what its parent keeps, and must not read the parent's replies from it."""


def _request(call: Call, headers: Mapping[bytes, bytes]) -> httpcore.Request:
    address = f"{call.url}?{call.query}" if call.query else call.url
    return httpcore.Request(call.method, address, headers=list(headers.items()), content=call.body)


def _chunks(response: httpcore.Response, call: Call, watch: Watch) -> Iterator[bytes]:
    with _translated(call, watch):
        yield from response.iter_stream()


def _hear_out(reply: Reply, watch: Watch) -> None:
    """Read what stands behind the last word of a reply, if it comes at once: only then is its line free."""
    if reply.headers.keys().isdisjoint(_FRAMED) or "close" in reply.headers.get("connection", "").lower():
        return  # it ends with the connection
    watch.ending(_LINGER)
    size = 0
    with suppress(FlowError):
        for chunk in reply.chunks:
            size += len(chunk)
            if size > _MOST_REST:
                return


@contextmanager
def _translated(call: Call, watch: Watch, line: Line | None = None) -> Generator[None]:
    """Turn the client's failures into ours. What was never sent was never billed, nor was half of it."""
    try:
        yield
    except httpcore.TimeoutException as failure:
        raise watch.verdict(call.provider) from failure
    except httpcore.ConnectError as failure:
        untrusted = isinstance(failure.__context__, ssl.SSLError)
        raise ProviderUnavailable(
            f"no connection to {call.provider} at {call.url}: {call.shown(str(failure))}; "
            "check the network and the base URL",
            retryable=not untrusted,
        ) from failure
    except httpcore.ProxyError as failure:
        said = call.shown(str(failure))
        message = f"the proxy on the way to {call.provider} refused: {said}; check HTTPS_PROXY"
        raise ProviderUnavailable(message) from failure
    except (httpcore.NetworkError, httpcore.ProtocolError) as failure:
        what = f"cut the connection ({call.shown(str(failure)) or type(failure).__name__})"
        if line is not None and line.refused:
            message = f"{call.provider} {what} before it had the whole request; try again later"
            raise ProviderUnavailable(message, retryable=True) from failure
        raise broken(call.provider, what, visible=watch.visible) from failure


def _address(call: Call) -> SplitResult:
    """Take the address apart, and refuse what would carry the key in the clear or to the wrong place."""
    where = f"providers.{call.provider}.baseURL"
    try:
        address = urlsplit(call.url)
        host = address.hostname or ""
        host.encode("idna")
        known = bool(host) and address.port != 0
    except ValueError as failure:  # a port that is no number, a name that is none
        message = f"{where}: {call.shown(call.url)!r} is not an address: {call.shown(str(failure))}"
        raise ConfigMistake(message) from failure
    if not known or address.username is not None or address.query or address.fragment:
        message = f"{where}: expected an address such as https://host/path, found {call.shown(call.url)!r}"
        raise ConfigMistake(message)
    if address.scheme != "https" and not (address.scheme == "http" and is_loopback(host)):
        message = f"{where}: expected https (http only on this machine), found {call.shown(call.url)!r}"
        raise ConfigMistake(message)
    return address


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _proxy(scheme: str, asked: str) -> httpcore.Proxy | None:
    """Return the proxy that the environment names for a host; this machine is reached without one."""
    named = getproxies().get(scheme) or getproxies().get("all")
    if named is None or is_loopback(asked) or proxy_bypass(asked):
        return None
    try:
        proxy = urlsplit(named if "://" in named else f"http://{named}")
        place, host = proxy.netloc.rpartition("@")[2], proxy.hostname or ""
        host.encode("idna")
        known = bool(host) and place.isascii() and proxy.port != 0
    except ValueError as failure:  # a port that is no number, a name that is none
        raise ConfigMistake(_NO_PROXY) from failure
    if not known:
        raise ConfigMistake(_NO_PROXY)
    if proxy.scheme not in ("http", "https"):
        message = f"a proxy of kind {proxy.scheme!r} cannot be used, only http and https; change HTTPS_PROXY"
        raise ConfigMistake(message)
    login = (unquote(proxy.username or "").encode(), unquote(proxy.password or "").encode())
    return httpcore.Proxy(f"{proxy.scheme}://{place}", auth=login if proxy.username else None)


def _header_bytes(call: Call) -> dict[bytes, bytes]:
    length = {"content-length": str(len(call.body))} if call.method == "POST" else {}
    headers = {**length, "accept-encoding": "identity", **call.headers}
    for name, value in headers.items():
        if not value.isprintable() or value != value.strip():
            if call.key and call.key in value:
                message = f"{key_variable(call.provider)} holds a line break or a space; copy the key again"
                raise KeyProblem(message)
            message = f"the header {name} for {call.provider} holds a control character; change its setting"
            raise ConfigMistake(message)
    return {name.encode(): value.encode() for name, value in headers.items()}


def _read_headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("ascii", "replace").lower(): value.decode("latin-1") for name, value in pairs}
