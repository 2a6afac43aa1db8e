"""A file or a pipe of tasks -> its lines, as often as it can be read."""

import io
import os
import select
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.wishes import Form

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIPE = "-"
"""What stdin is called where a file of tasks may be named."""
LONGEST = 32 * 2**20
"""Bytes of a line, and characters of a cell: more than any model reads; a mistake, not a task."""
_ENDLESS = 2**28
"""Bytes of a line whose end is not waited for, and of a pipe that has to be kept to be read again."""
_CHUNK = 2**16
_PAUSE = 0.2  # seconds between two looks at a silent pipe: a signal is heard in between
_TABLES = (".csv", ".tsv")


class Source(Protocol):
    """Where tasks come from."""

    @property
    def shown(self) -> str:
        """How messages call it."""
        ...

    @property
    def form(self) -> Form:
        """How it is written."""
        ...

    @property
    def again(self) -> bool:
        """Whether it can be read more than once."""
        ...

    def lines(self) -> Iterator[bytes]:
        """Yield its lines, their ends included."""
        ...


@frozen
class TaskFile:
    """A regular file."""

    path: Path
    form: Form
    again: bool = True

    @property
    def shown(self) -> str:
        """Its path, as it was given."""
        return str(self.path)

    def lines(self) -> Iterator[bytes]:
        """Yield its lines. Raises `UsageMistake` where it cannot be read."""
        try:
            with self.path.open("rb") as file:
                yield from _lines(file, self.shown)
        except OSError as failure:
            raise UsageMistake(f"{self.path}: the tasks cannot be read ({failure.strerror})") from failure


@frozen
class TaskPipe:
    """An open pipe, terminal or socket: read while it is written."""

    handle: int
    form: Form
    shown: str = "stdin"
    again: bool = False

    def lines(self) -> Iterator[bytes]:
        """Yield its lines as they come. Raises `UsageMistake` for one that does not end."""
        yield from _lines(io.BufferedReader(_Patient(self.handle), _CHUNK), self.shown)


class _Patient(io.RawIOBase):
    """An open pipe that a signal is heard beside, however long nothing comes."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: "WriteableBuffer", /) -> int:
        """Read what is there, once there is something."""
        while not select.select([self._handle], [], [], _PAUSE)[0]:
            pass
        return os.readv(self._handle, [buffer])


@frozen
class TaskText:
    """What a pipe has said, all of it."""

    text: bytes
    form: Form
    shown: str = "stdin"
    again: bool = True

    def lines(self) -> Iterator[bytes]:
        """Yield its lines."""
        yield from _lines(io.BytesIO(self.text), self.shown)


def source_of(name: str, form: Form | None, *, stdin: int) -> Source:
    """Return the source that a command line names: `-` is stdin. Raises `UsageMistake`."""
    if name == PIPE:
        return TaskPipe(stdin, form or Form.JSONL)
    path = Path(name)
    by_name = Form.CSV if path.suffix.lower() in _TABLES else Form.JSONL
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as failure:
        raise UsageMistake(
            f"{name}: there is no such file; name a file of tasks, or - for a pipe"
        ) from failure
    except OSError as failure:
        raise UsageMistake(f"{name}: cannot be read ({failure.strerror})") from failure
    if stat.S_ISDIR(mode):
        raise UsageMistake(f"{name}: is a folder; name a file of tasks, one JSON object a line")
    if stat.S_ISREG(mode):
        return TaskFile(path, form or by_name)
    return TaskPipe(os.open(path, os.O_RDONLY | os.O_CLOEXEC), form or by_name, name)  # a FIFO, <(...)


def read_again(source: Source) -> Source:
    """Return a source that can be read more than once; a pipe is read to its end for that."""
    if source.again:
        return source
    text = bytearray()
    for line in source.lines():
        text += line
        if len(text) > _ENDLESS:
            raise UsageMistake(
                f"{source.shown}: does not end within {_ENDLESS:,} bytes; --resume wants a file then"
            )
    return TaskText(bytes(text), source.form, source.shown)


def _lines(stream: BinaryIO | io.BufferedReader, shown: str) -> Iterator[bytes]:
    """Yield lines, their ends included; of one that is longer than `LONGEST`, its beginning, which is longer.

    Raises `UsageMistake` for one that does not end.
    """
    number = 0
    while line := stream.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST and not line.endswith(b"\n"):
            line += b"\n"
            for _ in range(_ENDLESS // _CHUNK):
                rest = stream.readline(_CHUNK)
                if not rest or rest.endswith(b"\n"):
                    break
            else:
                raise UsageMistake(
                    f"{shown}:{number}: the line does not end within {_ENDLESS:,} bytes; name a file of tasks"
                )
        yield line
