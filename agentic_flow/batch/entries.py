"""One line of a batch as a value: what it asks for, or why it cannot be done. Pure."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import fields

from agentic_flow.batch.keys import ID, KEYS, read_wish
from agentic_flow.config.kinds import Unfit
from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.wishes import Wish


@frozen
class Row:
    """One object as it stands in the file, or what is wrong with it."""

    line: int
    """Where it begins, from 1."""
    raw: dict[str, object] | None
    problem: str = ""


@frozen
class Entry:
    """One task of a batch."""

    line: int
    place: str
    """The file and the line, for messages."""
    id: str | None
    """None where the line has none of its own: it cannot be read, or another line has the same."""
    wish: Wish | None
    """None where it cannot be done; `problem` says why."""
    digest: str = ""
    """The sha256 of what is asked for, flags included: another one is another task."""
    problem: str = ""
    begun: bool = False
    """Whether it may have been begun before, so that an answer may be paid already, or files be there."""

    @property
    def agent(self) -> str | None:
        """The agent it asks for, where it asks for one."""
        return self.wish.agent if self.wish else None


def read_entries(rows: Iterable[Row], shown: str, base: Wish) -> Iterator[Entry]:
    """Yield every row as an entry. A line without an id is known by its number; the first of two ids wins.

    `shown` is how the file is called, `base` what holds where a line says nothing.
    """
    lines: dict[str, int] = {}
    for row in rows:
        place = f"{shown}:{row.line}"
        if row.raw is None:
            yield Entry(row.line, place, None, None, problem=row.problem)
            continue
        name = _id(row)
        if name is not None and lines.setdefault(name, row.line) != row.line:
            problem = f"the id {name!r} is that of line {lines[name]} already; give each its own"
            yield Entry(row.line, place, None, None, problem=problem)
            continue
        try:
            wish = read_wish(row.raw, base)
        except UsageMistake as mistake:
            yield Entry(row.line, place, name, None, problem=str(mistake))
        else:
            yield Entry(row.line, place, name, wish, digest_of(wish))


def digest_of(wish: Wish) -> str:
    """Return the sha256 of all that a wish says, in hexadecimal."""
    said = {each.name: getattr(wish, each.name) for each in fields(wish)}
    text = json.dumps(said, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _id(row: Row) -> str | None:
    """Return the id of a row, None where what stands there is none."""
    said = (row.raw or {}).get(ID)
    try:
        return str(row.line) if said is None else str(KEYS[ID].parse(said))
    except Unfit:
        return None
