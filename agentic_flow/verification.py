"""A check command and the folder it runs in -> a Check: how it ended, and the telling end of what it said.

The command gets no key, no input and no more time than it was given, and nothing it started in its process
group is left running. Nor can it fill the memory: only the end of its output is kept.
"""

import atexit
import os
import signal
import subprocess
import time
from _thread import start_new_thread
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from selectors import EVENT_READ, DefaultSelector

from agentic_flow.core.errors import OutputProblem
from agentic_flow.core.secrets import holds_key
from agentic_flow.core.values import Check
from agentic_flow.core.waiting import NAP, in_seconds

TIMED_OUT = 124
"""The exit code of a command that ran out of time, as `timeout(1)` has it."""

_TAIL = 16 * 1024  # bytes kept of the output
_CHUNK = 64 * 1024
_MOST_LEFT = 1024 * 1024  # bytes; the largest pipe that Linux gives an ordinary user
_PAUSE = 0.05  # seconds between two looks at a command that says nothing
_GRACE = 2.0  # seconds a command has to end by itself once it was asked to

_KEY_WORDS = frozenset(
    {"KEY", "KEYS", "TOKEN", "TOKENS", "SECRET", "SECRETS", "PASSWORD", "PASSWORDS", "PASSWD", "PASSPHRASE"}
    | {"CREDENTIAL", "CREDENTIALS", "CREDS", "AUTH", "PAT", "DSN", "COOKIE", "COOKIES"}
)
_KEY_ENDINGS = ("APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "_PWD")
_KEY_BEGINNINGS = ("AWS_", "AZURE_", "VAULT_")
_KEY_NAMES = frozenset(
    {"SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "KUBECONFIG", "NETRC", "DOCKER_CONFIG"}
)
_KEY_FORMS = (
    "sk-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "AKIA",
    "hf_",
    "-----BEGIN",
)


def verify(command: str, folder: Path, *, timeout: float, environment: Mapping[str, str]) -> Check:
    """Run a shell command in a folder, for at most `timeout` seconds.

    A command that runs out of time has exit code 124, one that a signal ended 128 and the signal's number.
    """
    keeper = _Keeper()
    try:
        start_new_thread(keeper.work, (command, folder, timeout, environment))
        ended = keeper.outcome()
    except BaseException:
        keeper.stop = True  # before anything at which a second signal may come
        if not keeper.claim():
            keeper.outcome()
        raise
    if isinstance(ended, Exception):
        raise ended
    return ended


def without_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that hold no key, by their names and by what they hold."""
    return {name: value for name, value in environment.items() if not _is_key(name.upper(), value)}


def _is_key(name: str, value: str) -> bool:
    if name in _KEY_NAMES or name.startswith(_KEY_BEGINNINGS) or name.endswith(_KEY_ENDINGS):
        return True
    if not _KEY_WORDS.isdisjoint(name.split("_")) or value.startswith(_KEY_FORMS):
        return True
    if name.startswith("OTEL_") and name.endswith("HEADERS"):  # they say who one is
        return True
    login = value.partition("://")[2].partition("/")[0]  # postgres://user:password@host/
    return (":" in login.partition("@")[0] and "@" in login) or holds_key(f"{name}={value}")


class _Keeper:
    """Who starts a command and ends all it started.

    Errors are raised between any two steps of a thread, by signals in the main one and by a batch in its own.
    None may part a command from who ends it, so that is a thread which nobody else knows. No lock of Python's
    is in this, nor a `Thread`, which has some: an error that comes at the wrong step would leave one taken.
    """

    def __init__(self) -> None:
        self.stop = False
        """Set by who has no use for the outcome any more."""
        self._leave = [True]
        self._ended: Check | Exception | None = None
        self._bell: SimpleQueue[None] = SimpleQueue()

    def claim(self) -> bool:
        """Take the leave to start the command; False where it has been taken: there is but one."""
        with suppress(IndexError):
            return self._leave.pop()
        return False

    def outcome(self) -> Check | Exception:
        """Wait until the command and all it started has ended."""
        while self._ended is None:
            with suppress(Empty):  # who is interrupted here may ask again
                self._bell.get(timeout=NAP)
        return self._ended

    def work(self, command: str, folder: Path, timeout: float, environment: Mapping[str, str]) -> None:
        """Have the command's outcome, unless nobody wants it any more."""
        if not self.claim():
            return
        atexit.register(self._cut_short)  # who waited may have been interrupted twice
        try:
            self._ended = self._run(command, folder, timeout, environment)
        except Exception as failure:  # noqa: BLE001  (it is raised where the outcome is awaited)
            self._ended = failure
        self._bell.put(None)
        atexit.unregister(self._cut_short)

    def _cut_short(self) -> None:
        self.stop = True
        self.outcome()

    def _run(self, command: str, folder: Path, timeout: float, environment: Mapping[str, str]) -> Check:
        begun = time.monotonic()
        tail = _Tail()
        with _start(command, folder, environment) as process:
            try:
                ended = self._listen(process, tail, begun + timeout)
            finally:
                _end(process)
            _drain(process, tail)
        said = tail.text()
        if not ended:
            said += f"[stopped: the time for a check is {in_seconds(timeout)}]\n"
        code = process.returncode if ended else TIMED_OUT
        duration_ms = round((time.monotonic() - begun) * 1000)
        return Check(command, code if code >= 0 else 128 - code, said, duration_ms)

    def _listen(self, process: subprocess.Popen[bytes], tail: "_Tail", deadline: float) -> bool:
        """Read until the command has ended; say whether it did before it was to be stopped."""
        pipe = _handle(process)
        open_still = True
        with DefaultSelector() as selector:
            selector.register(pipe, EVENT_READ)
            while process.poll() is None:
                pause = min(_PAUSE, deadline - time.monotonic())
                if self.stop or pause <= 0:
                    return False
                if not open_still:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(pause)
                elif selector.select(pause):
                    open_still = tail.take(os.read(pipe, _CHUNK))
        return True


def _start(command: str, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own."""
    try:
        return subprocess.Popen(  # noqa: S602 - a check is a line of shell that a person wrote
            command,
            shell=True,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as failure:  # ValueError: a NUL in the command
        reason = str(failure) if folder.is_dir() else "there is no such folder, and no file was written to it"
        raise OutputProblem(
            f"the check {command!r} could not be started in {str(folder)!r}: {reason}"
        ) from failure


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole group: asked first where the command still runs, then without asking."""
    with suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_GRACE)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _drain(process: subprocess.Popen[bytes], tail: "_Tail") -> None:
    """Read what is left in the pipe. One that fled the group may hold it open, and write to it, for ever."""
    pipe = _handle(process)
    os.set_blocking(pipe, False)
    with suppress(BlockingIOError):
        for _ in range(_MOST_LEFT // _CHUNK):
            if not tail.take(os.read(pipe, _CHUNK)):
                break


def _handle(process: subprocess.Popen[bytes]) -> int:
    if process.stdout is None:
        raise TypeError(process)
    return process.stdout.fileno()


class _Tail:
    """The end of a stream of bytes."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._dropped = 0

    def take(self, data: bytes) -> bool:
        """Add bytes; say whether there were any."""
        self._kept += data
        if len(self._kept) > 2 * _TAIL:  # not at every line
            self._cut()
        return bool(data)

    def _cut(self) -> None:
        over = len(self._kept) - _TAIL
        if over > 0:
            del self._kept[:over]
            self._dropped += over

    def text(self) -> str:
        """Return the end as text, whole lines where there are any."""
        self._cut()
        kept = bytes(self._kept)
        if self._dropped:
            start = kept.find(b"\n") + 1
            shown = kept[start:] if 0 < start < len(kept) else kept
            head = f"[{self._dropped + len(kept) - len(shown)} bytes before this are left out]\n"
        else:
            head, shown = "", kept
        text = head + shown.decode("utf-8", "replace")
        return text if not text or text.endswith("\n") else f"{text}\n"
