"""A network without sockets: it plays scripted bytes, on a clock that moves when the script says so."""

import ssl
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain

import httpcore

from agentic_flow.core.errors import FlowError
from agentic_flow.core.events import Finished, ProviderEvent, TextDelta
from agentic_flow.core.ports import Provider
from agentic_flow.core.settings import RemoteSettings, Secret
from agentic_flow.core.values import Message, Prompt, Role
from agentic_flow.providers.clocks import Patience, Watch
from agentic_flow.providers.wire import Call, Reply, Wire

KEY = "sk-a-key-that-nobody-may-see"
PROMPT = Prompt("claude-opus-5-5", (Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Hello")))


@dataclass
class Clock:
    """Time that moves only when told."""

    time: float = 1000.0

    def __call__(self) -> float:
        """Return the time."""
        return self.time


@dataclass(frozen=True)
class Pause:
    """The server says nothing for a while."""

    seconds: float


@dataclass
class Playback(httpcore.NetworkBackend):
    """Every connection plays `script`: bytes are read, a `Pause` passes, an exception is raised."""

    script: Sequence[bytes | Pause | Exception]
    clock: Clock = field(default_factory=Clock)
    connected: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])
    sent: list[bytes] = field(default_factory=list[bytes])
    connecting: float = 0.0

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,  # noqa: ARG002  (the shape that httpcore asks for)
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Connect after `connecting` seconds."""
        self.pass_time(self.connecting, timeout, httpcore.ConnectTimeout())
        self.connected.append((host, port))
        return _Stream(self, iter(self.script))

    def pass_time(self, seconds: float, timeout: float | None, late: Exception) -> None:
        """Let time pass, up to `timeout`."""
        if timeout is not None and seconds > timeout:
            self.clock.time += timeout
            raise late
        self.clock.time += seconds


class _Stream(httpcore.NetworkStream):
    def __init__(self, network: Playback, script: Iterator[bytes | Pause | Exception]) -> None:
        self._network = network
        self._script = script
        self._passed = 0.0

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        passed = 0.0
        for step in self._script:
            if isinstance(step, bytes):
                return step
            if isinstance(step, Exception):
                raise step
            left = None if timeout is None else timeout - passed
            if left is not None and step.seconds > left:  # the rest of the silence is still to come
                self._script = chain((Pause(step.seconds - left),), self._script)
            self._network.pass_time(step.seconds, left, httpcore.ReadTimeout())
            passed += step.seconds
        return b""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._network.sent.append(buffer)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,  # noqa: ARG002
        server_hostname: str | None = None,  # noqa: ARG002
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        return self

    def close(self) -> None:
        pass

    def get_extra_info(self, info: str) -> object:  # noqa: ARG002
        return None


class PlayedWire(Wire):
    """A wire that hands over a reply's chunks as they are: everything above HTTP, without HTTP."""

    def __init__(
        self, chunks: Iterable[bytes], status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__()
        self._chunks = chunks
        self._status = status
        self._headers = headers or {"content-type": "text/event-stream"}

    @contextmanager
    def send(self, call: Call, watch: Watch) -> Generator[Reply]:  # noqa: ARG002
        """Reply."""
        yield Reply(self._status, self._headers, iter(self._chunks))


@dataclass
class Told:
    """What came of one call."""

    events: list[ProviderEvent]
    error: FlowError | None = None

    @property
    def text(self) -> str:
        """All that was said."""
        return "".join(event.text for event in self.events if isinstance(event, TextDelta))

    @property
    def finished(self) -> Finished:
        """How it ended, when it ended well."""
        assert self.error is None, self.error
        last = self.events[-1]
        assert isinstance(last, Finished)
        assert sum(isinstance(event, Finished) for event in self.events) == 1
        return last

    @property
    def failure(self) -> FlowError:
        """How it ended, when it failed; a failed call never says that it finished."""
        assert self.error is not None, self.events[-1:]
        assert not any(isinstance(event, Finished) for event in self.events)
        return self.error


def tell(provider: Provider, prompt: Prompt = PROMPT) -> Told:
    """Listen to the end, whatever it is."""
    told = Told([])
    try:
        for event in provider.stream(prompt):
            told.events.append(event)
    except FlowError as failure:
        told.error = failure
    return told


def settings(base_url: str = "http://localhost:1", **more: object) -> RemoteSettings:
    """Return settings with a key."""
    return RemoteSettings(api_key=Secret(KEY), base_url=base_url, **more)  # type: ignore[arg-type]  # a test's own


def wire_on(network: httpcore.NetworkBackend, patience: Patience | None = None) -> Wire:
    """Return a wire over a scripted network, on the network's clock when it has one."""
    clock = network.clock if isinstance(network, Playback) else Clock()
    return Wire(patience, now=clock, network=network)
