"""A file or a pipe of tasks -> its lines, as often as it can be read."""

import io
import os
import select
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.wishes import Form

PIPE = "-"
"""What stdin is called where a file of tasks may be named."""
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


@dataclass(frozen=True, slots=True)
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
                yield from file
        except OSError as failure:
            raise UsageMistake(f"{self.path}: the tasks cannot be read ({failure.strerror})") from failure


@dataclass(frozen=True, slots=True)
class TaskPipe:
    """An open pipe, terminal or socket: read while it is written."""

    handle: int
    form: Form
    shown: str = "stdin"
    again: bool = False

    def lines(self) -> Iterator[bytes]:
        """Yield its lines as they come."""
        held: list[bytes] = []
        while chunk := self._next():
            *whole, rest = chunk.split(b"\n")
            for line in whole:
                yield b"".join((*held, line, b"\n"))
                held.clear()
            held.append(rest)
        if any(held):
            yield b"".join(held)

    def _next(self) -> bytes:
        while not select.select([self.handle], [], [], _PAUSE)[0]:
            pass
        return os.read(self.handle, _CHUNK)


@dataclass(frozen=True, slots=True)
class TaskText:
    """What a pipe has said, all of it."""

    text: bytes
    form: Form
    shown: str = "stdin"
    again: bool = True

    def lines(self) -> Iterator[bytes]:
        """Yield its lines."""
        yield from io.BytesIO(self.text)


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
    return source if source.again else TaskText(b"".join(source.lines()), source.form, source.shown)
