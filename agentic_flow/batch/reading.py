"""Bytes of JSON lines or CSV -> rows, one at a time: a batch of any length fits the memory."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from agentic_flow.batch.entries import Row
from agentic_flow.batch.keys import KEYS, near, read_cell
from agentic_flow.batch.sources import LONGEST
from agentic_flow.config.showing import shown as shown_word
from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.patterns import pattern
from agentic_flow.core.wishes import Form

_BOM = b"\xef\xbb\xbf"
_TOO_LONG = f'the line is longer than {LONGEST:,} bytes; name a file in "context" instead'
_DELIMITERS = ",;\t"
_UNDECODED = pattern("[\udc80-\udcff]")


def read_rows(lines: Iterable[bytes], form: Form, shown: str) -> Iterator[Row]:
    """Yield what the lines of the file `shown` say.

    Raises `UsageMistake`, at once, for a table whose heading cannot be used.
    """
    return _objects(lines) if form is Form.JSONL else _table(lines, shown)


def count_rows(lines: Iterable[bytes], form: Form) -> int:
    """Return how many rows there are, reading no further into them than it has to."""
    if form is Form.JSONL:
        return sum(1 for _ in _full_lines(lines))
    return max(0, sum(1 for _ in _records(lines)) - 1)


def _objects(lines: Iterable[bytes]) -> Iterator[Row]:
    for number, line in _full_lines(lines):
        try:
            yield Row(number, _object(line))
        except ValueError as failure:
            yield Row(number, None, str(failure))


def _full_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(_BOM) if number == 1 else line
        if text.strip():
            yield number, text


def _object(line: bytes) -> dict[str, object]:
    """Return the one object of a line. Raises ValueError in words for a person."""
    if len(line) > LONGEST:
        raise ValueError(_TOO_LONG)
    try:
        value: object = json.loads(line.decode(), object_pairs_hook=_once, parse_constant=_no_number)
    except UnicodeDecodeError as failure:
        message = f"is not UTF-8 (byte {failure.start + 1} of the line)"
        raise ValueError(message) from failure
    except json.JSONDecodeError as failure:
        message = f"is not JSON ({failure.msg} at column {failure.colno}); each line is one object"
        raise ValueError(message) from failure
    except RecursionError as failure:
        message = "is nested too deep; each line is one object"
        raise ValueError(message) from failure
    if not isinstance(value, dict):
        message = f'found {shown_word(value)}, expected an object such as {{"id": "a", "task": "..."}}'
        raise ValueError(message)  # noqa: TRY004  (a mistake of the person's, not of a caller)
    return value  # pyright: ignore[reportUnknownVariableType]  # JSON's keys are texts


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"the key {shown_word(twice)} stands there twice"
        raise ValueError(message)
    return found


def _no_number(name: str) -> object:
    message = f"{name} is no number"
    raise ValueError(message)


def _table(lines: Iterable[bytes], shown: str) -> Iterator[Row]:
    records = _records(lines)
    _, heading = next(records, (1, ""))
    names = [] if isinstance(heading, str) else [name.strip() for name in heading]
    _require_columns(names, f"{shown}:1")
    return (Row(number, *_read_record(names, cells)) for number, cells in records)


def _read_record(names: list[str], cells: list[str] | str) -> tuple[dict[str, object] | None, str]:
    """Return the object that a record stands for, or what is wrong with it."""
    if isinstance(cells, str):
        return None, cells
    if len(cells) != len(names):
        return None, f"found {len(cells)} cells, expected {len(names)} as in the heading"
    if any(_UNDECODED.search(cell) for cell in cells):
        return None, "is not UTF-8; save the table as UTF-8"
    return _row(dict(zip(names, cells, strict=True))), ""


def _row(cells: Mapping[str, str]) -> dict[str, object]:
    """Return a row as the object it stands for. An empty cell says nothing."""
    return {name: read_cell(name, cell) for name, cell in cells.items() if cell.strip() or name == "task"}


def _records(lines: Iterable[bytes]) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each record that is not empty, its cells or what is wrong with it, with the line it begins on."""
    csv.field_size_limit(LONGEST)
    source = _Decoded(lines)
    reader = csv.reader(source, delimiter=source.delimiter(), strict=True)
    while True:
        begins = source.taken + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as failure:  # it goes on behind the line
            yield begins, f"cannot be read as a line of a table ({failure})"
        else:
            if cells:
                yield begins, cells


class _Decoded:
    """The lines of a table as text. Bytes that are none become half characters, which their row refuses."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        rest = iter(lines)
        self._first = next(rest, b"").removeprefix(_BOM)
        self._lines = chain([self._first] if self._first else (), rest)
        self.taken = 0
        """How many lines were given, or refused."""

    def delimiter(self) -> str:
        """Return what parts the names of the heading."""
        return max(_DELIMITERS, key=self._first.decode("utf-8", "replace").count)

    def __iter__(self) -> "_Decoded":
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken += 1
        if len(line) > LONGEST:
            raise csv.Error(_TOO_LONG)
        return line.decode("utf-8", "surrogateescape")


def _require_columns(names: list[str], place: str) -> None:
    if any(_UNDECODED.search(name) for name in names):
        raise UsageMistake(f"{place}: is not UTF-8; save the table as UTF-8")
    unknown = [name for name in names if name not in KEYS]
    if unknown:
        raise UsageMistake(f"{place}: unknown column {shown_word(unknown[0])}{near(unknown[0])}")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise UsageMistake(f"{place}: the column {twice[0]!r} stands there twice")
    if "task" not in names:
        raise UsageMistake(f'{place}: there is no column "task"; the first line of a table names its columns')
