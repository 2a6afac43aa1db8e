"""Lines -> a file that only grows by whole lines; such a file -> what need not be done again.

A line is handed to the system in one piece, so a killed process leaves whole lines and at most one torn one,
which `open_results` mends. It reaches the disk within a second, and at the end; then whoever keeps it for the
case that it does not is told. What a task had before stays until it has a new line, and goes when the file is
closed; only where the process is killed before that are both there, the older one first.
"""

import errno
import fcntl
import json
import os
import stat
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import field
from itertools import compress
from pathlib import Path
from typing import Any, Self

from agentic_flow.core.errors import OutputProblem, UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.outcome import Outcome

_SYNC_SECONDS = 1.0
_BEGINNING = b'{"id":'
"""How every result begins; a torn one has at least the first letter of it."""


@frozen
class Before:
    """What a file of results says of the tasks of a batch that goes on, by their ids."""

    done: frozenset[str] = frozenset()
    """Those with a good result."""
    changed: frozenset[str] = frozenset()
    """Those that have a good one only of what they asked for before."""
    contexts: Mapping[str, str] = field(default_factory=dict[str, str])
    """The digest of the context files as those left them that are done and had any."""


class ResultsFile:
    """An open file of results, held by this process alone unless it is a device."""

    def __init__(self, path: Path, handle: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._handle = handle
        self._clock = clock
        self._size = os.fstat(handle).st_size
        self.lasts = _is_regular(handle)
        """Whether what is written can be read again, and nobody else writes to it: no device, no pipe."""
        self._named = os.fstat(handle).st_nlink > 0
        """Whether the system counts a file's names; one that has none left was removed."""
        self._removed = False
        self._synced = clock()
        self._unsafe: list[str] = []
        self._tell: Callable[[Collection[str]], None] = lambda _: None
        self._tidy: Callable[[int], int] = lambda handle: handle

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def when_safe(self, tell: Callable[[Collection[str]], None]) -> None:
        """Let `tell` know of each task whose line has reached the disk."""
        self._tell = tell

    def when_closed(self, tidy: Callable[[int], int]) -> None:
        """Let `tidy` put another file in the place of this one in the end, open and locked like it."""
        self._tidy = tidy

    def put(self, line: bytes, task: str | None = None) -> None:
        """Add a line, whole or not at all; `task` is told of when it is safe.

        Raises `OutputProblem` where the disk does not take it. A line that stands, but may not have reached
        the disk, is refused all the same.
        """
        try:
            self._require_name()
            left = memoryview(line + b"\n")
            while left:
                left = left[os.write(self._handle, left) :]
            self._size += len(line) + 1
            if task is not None:
                self._unsafe.append(task)
            if self._clock() - self._synced >= _SYNC_SECONDS:
                self._sync()
                self._synced = self._clock()
        except OSError as failure:
            with suppress(OSError):
                os.ftruncate(self._handle, self._size)
            raise self._failed(failure) from failure

    def sync(self) -> None:
        """Make all lines safe on the disk. Raises `OutputProblem`."""
        try:
            self._sync()
        except OSError as failure:
            raise self._failed(failure) from failure

    def close(self) -> None:
        """Make all lines safe on the disk and let go of the file. Raises `OutputProblem`."""
        try:
            if not self._removed:  # that has been said, and there is nothing to make safe
                self.sync()
                self._handle = self._tidy(self._handle)
        except OSError as failure:
            raise self._failed(failure) from failure
        finally:
            os.close(self._handle)

    def _sync(self) -> None:
        # Where it fails, what was written may be gone though the next one succeeds: of that nobody is told.
        safe, self._unsafe = self._unsafe, []
        if self.lasts:  # a device has no disk to wait for, and says so
            self._require_name()
            os.fsync(self._handle)
        if safe:
            self._tell(safe)

    def _require_name(self) -> None:
        """Raise `OSError` where the file was removed: what is written to it nobody can read."""
        self._removed = self._named and not os.fstat(self._handle).st_nlink
        if self._removed:
            raise FileNotFoundError(errno.ENOENT, "somebody removed it meanwhile")

    def _failed(self, failure: OSError) -> OutputProblem:
        return OutputProblem(f"results cannot be written to {str(self._path)!r} ({failure.strerror})")


def open_results(path: Path, wanted: Mapping[str, str] | None) -> tuple[ResultsFile, Before]:
    """Open a file for results, and say of which tasks it has good ones already.

    `wanted` are the tasks of a batch that goes on, id to digest; None begins one, and then no result may be
    there. What is torn, or of no task that can be told, goes out of the file. Results of other tasks stay; so
    does what a task had that is done again, as that is not good or the task has changed, until it has a newer
    one. A file that holds something else is refused and stays as it is.
    """
    try:
        handle = _locked(path)
        try:
            if not _is_regular(handle):  # a pipe or a device has nothing to lose, and nothing to read
                return ResultsFile(path, handle), Before()
            if os.fstat(handle).st_size:
                _require_results(path)
            if wanted is None:
                _require_empty(path, handle)
                return ResultsFile(path, handle), Before()
            before, kept = _survey(path, wanted)
            file = ResultsFile(path, handle if all(kept) else _rewritten(path, handle, kept))
            file.when_closed(lambda handle: _without_old(path, handle, wanted))
            return file, before  # noqa: TRY300
        except BaseException:
            os.close(handle)
            raise
    except OSError as failure:
        raise OutputProblem(f"results cannot be kept in {str(path)!r} ({failure.strerror})") from failure


def _require_empty(path: Path, handle: int) -> None:
    if os.fstat(handle).st_size:
        message = f"{str(path)!r} holds results already; go on with --resume, or name another file"
        raise UsageMistake(message)


def _require_results(path: Path) -> None:
    """Raise `UsageMistake` where the first line is no result: it is a person's file, perhaps the tasks."""
    with path.open("rb") as file:
        first = file.readline().lstrip(b"\0")  # a power cut leaves such bytes
    try:
        result: Any = json.loads(first)
        ours = isinstance(result, dict) and "task_sha256" in result
    except ValueError:
        ours = first.startswith(_BEGINNING) or _BEGINNING.startswith(first)
    if not ours:
        message = f"{str(path)!r} is no file of results, and was left as it is; name another with --results"
        raise UsageMistake(message)


def _locked(path: Path) -> int:
    """Open a file that no other batch has open. The lock ends with the process."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_APPEND, 0o666)
        if not _is_regular(handle):
            return handle  # /dev/null is everybody's
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(handle).st_ino == path.stat().st_ino:  # not the one another batch just replaced
                return handle
        except BlockingIOError as failure:
            os.close(handle)
            message = f"another batch is writing to {str(path)!r}; wait for it, or name another file"
            raise UsageMistake(message) from failure
        os.close(handle)


def _is_regular(handle: int) -> bool:
    return stat.S_ISREG(os.fstat(handle).st_mode)


@frozen
class _Result:
    """What a line says."""

    id: str
    good: bool
    digest: object
    """Of what was asked for."""
    context: object
    """Of the files that came with it."""


def _survey(path: Path, wanted: Mapping[str, str]) -> tuple[Before, list[bool]]:
    """Return which tasks are done, and of each line whether it is the result of a task that can be told."""
    results = list(_results(path))
    good = [result for result in results if result is not None and result.good and result.id in wanted]
    contexts = {result.id: result.context for result in good if result.digest == wanted[result.id]}
    done, had = frozenset(contexts), {name: str(each) for name, each in contexts.items() if each}
    changed = frozenset(result.id for result in good) - done
    return Before(done, changed, had), [result is not None for result in results]


def _without_old(path: Path, handle: int, wanted: Mapping[str, str]) -> int:
    """Leave one line of each task in the file: the first that is good, else the newest; return the file."""
    chosen: dict[str, int] = {}
    settled: set[str] = set()
    count = 0
    for number, result in enumerate(_results(path)):
        count += 1
        if result is None or result.id in settled:
            continue
        chosen[result.id] = number
        if result.good and wanted.get(result.id, result.digest) == result.digest:
            settled.add(result.id)
    if len(chosen) == count:
        return handle
    stays = set(chosen.values())
    return _rewritten(path, handle, [number in stays for number in range(count)])


def _results(path: Path) -> Iterator[_Result | None]:
    """Yield what each line says; None where it is torn, or the result of no task that can be told."""
    with path.open("rb") as file:
        yield from map(_read, file)


def _read(line: bytes) -> _Result | None:
    if not line.endswith(b"\n"):
        return None  # torn
    try:
        result: Any = json.loads(line)
        name, status, digest = result["id"], result["status"], result["task_sha256"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(name, str):
        return None
    return _Result(name, status == Outcome.OK.status, digest, result.get("context_sha256"))


def _rewritten(path: Path, handle: int, stays: Iterable[bool]) -> int:
    """Put a file with only the lines that stay in the place of the old one; return it, open and locked."""
    path = path.resolve()  # a link stays one
    passing = path.with_name(f".{path.name}.{os.getpid()}.new")
    new = os.open(passing, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_APPEND, 0o600)
    try:
        fcntl.flock(new, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fchmod(new, os.fstat(handle).st_mode & 0o777)
        with path.open("rb") as old, os.fdopen(os.dup(new), "ab") as file:
            file.writelines(compress(old, stays))
            file.flush()
            os.fsync(new)
        passing.replace(path)
    except BaseException:
        with suppress(OSError):
            passing.unlink()
        os.close(new)
        raise
    os.close(handle)
    return new
