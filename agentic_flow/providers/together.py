"""Answers of one model that are made together, a word of each at a time, by one thread for all of them.

Reading comes first: a row more in every step is worth more than a word now. What a row has read stays in its
place in the table until another row takes that, and who begins with the same words (an agent's prompt, the
same files) takes them over, chunk by chunk, instead of reading them.

No answer depends on which others there are. What is taken over was read in the very chunks in which it would
have been read, and rows are computed in pairs: sums of rounded products are not the same in another grouping.
"""

import threading
from collections.abc import Mapping, Sequence

from agentic_flow.core.errors import NotEnoughMemory
from agentic_flow.core.waiting import NAP
from agentic_flow.providers.alone import RequireMemory
from agentic_flow.providers.drawing import Drawing
from agentic_flow.providers.folder import ModelFolder
from agentic_flow.providers.guiding import Guides
from agentic_flow.providers.row import NOBODY, Entry, Row
from agentic_flow.providers.rows import Rows, load_rows
from agentic_flow.providers.runtime import Interrupt
from agentic_flow.providers.sampling import SearchOption
from agentic_flow.providers.waiting import Deadline, Errand, begin_thread

_CHUNK = 128
"""Tokens that are read at once: as many as one answer alone reads, which is to be the same."""
_LENGTHS = 256
"""The table's rows are a multiple of it long, so that it need not grow for every longer prompt."""
_PAIR = 2
"""Rows are computed in pairs: products with 8-bit weights take another way for a row that is left over."""


def load_together(folder: ModelFolder, threads: int, most: int, require: RequireMemory) -> "Together | None":
    """Load a model to make up to `most` answers together; None where its graph cannot."""
    rows = load_rows(folder, threads)
    return Together(rows, folder, most, require) if rows else None


class Together:
    """A loaded model that makes several answers at once. It may be used from several threads."""

    reads_on = True

    def __init__(self, rows: Rows, folder: ModelFolder, most: int, require: RequireMemory) -> None:
        self._table = rows
        self._folder = folder
        self._most = most
        self._require = require
        self._guides = Guides(folder, rows.words)
        self._changed = threading.Condition()
        self._rows: list[Row] = []
        """In the order of their places in the table."""
        self._kept: list[Sequence[int]] = []
        """Of each place, what was read there last: it stays when the row has left."""
        self._thread: threading.Thread | None = None
        self._remark: str | None = None
        self._remarked = False

    def begin(self, search: Mapping[str, SearchOption], grammar: str | None, deadline: Deadline) -> Row:
        """Set up one answer, when there is memory for it. Raises `NotEnoughMemory`, `LimitReached`."""
        guide = Errand(lambda: self._guides.guide(grammar)).result(deadline) if grammar else None
        row = Row(int(search["max_length"]), self._folder.end_ids, Drawing(search), guide, self)
        with self._changed:
            while not self._join(row):
                self._changed.wait(NAP)
                deadline.left()
        return row

    def remarks(self) -> list[str]:
        """Return, once, what a person should know of how many answers are made together."""
        with self._changed:
            remark, self._remark = self._remark, None
        return [remark] if remark else []

    def close(self) -> None:
        """Give the memory back. Its answers must be closed before."""
        with self._changed:
            thread = self._thread
        if thread is not None:
            thread.join()
        self._table.close()

    def wake(self) -> None:
        """Look at the rows again."""
        with self._changed:
            self._changed.notify_all()

    def _join(self, row: Row) -> bool:
        """Give a row its place, where there is one."""
        if len(self._rows) == self._most:
            return False
        try:
            self._require_memory(row)
        except NotEnoughMemory:
            if self._rows:
                self._tell_of_memory()
                return False
            self._table.clear()  # what was kept of earlier answers may be what is too much
            self._kept = []
            self._require_memory(row)
        self._rows.append(row)
        if self._thread is None:
            self._thread = begin_thread(self._write)
        return True

    def _require_memory(self, row: Row) -> None:
        length = self._length([*self._rows, row])
        stays = length == self._table.length
        taken = sum(map(len, self._kept[len(self._rows) :])) + sum(each.entered for each in self._rows)
        self._require(length * (len(self._rows) + 1), taken * self._folder.cache_per_token if stays else 0)

    def _length(self, rows: Sequence[Row]) -> int:
        """Return how long the table's rows are to be: they shrink only where nobody else is in them."""
        needed = -(-max(row.length for row in rows) // _LENGTHS) * _LENGTHS
        now = self._table.length
        return needed if needed > now or (len(rows) == 1 and now > 2 * needed) else now

    def _tell_of_memory(self) -> None:
        if not self._remarked:
            self._remarked = True
            self._remark = (
                f"there is memory for {len(self._rows)} of these answers at a time, so they are not made "
                f"{self._most} together as optimization.onnx.batchSize says; lower --max-tokens for more"
            )

    def _write(self) -> None:
        """Do what the rows want, until there are none."""
        while rows := self._wanting():
            concerned: Sequence[Row] = rows
            try:
                self._make_room()
                reading = next((row for row in rows if row.reads), None)
                concerned = rows if reading is None else [reading]
                if reading is None:
                    self._step(rows)
                else:
                    self._read(reading, rows.index(reading))
            except Exception as failure:  # noqa: BLE001  (it is raised where the answers are waited for)
                for row in concerned:
                    row.fail(failure)

    def _wanting(self) -> list[Row]:
        """Wait until a row wants something; return all of them, and none when there are none."""
        with self._changed:
            while True:
                if not threading.main_thread().is_alive():
                    self._leave_daemons()
                self._let_go()
                if not self._rows:
                    self._thread = None
                    return []
                if any(row.reads or row.wants_more for row in self._rows):
                    return [*self._rows]
                self._changed.wait(NAP)

    def _leave_daemons(self) -> None:
        """Make no more for threads that the end of the process does not wait for."""
        for row in self._rows:
            if row.for_daemon and not row.closed:
                row.fail(Interrupt())
                row.closed = True

    def _let_go(self) -> None:
        """Close the gaps that rows have left."""
        for place in reversed(range(len(self._rows))):
            if not self._rows[place].closed:
                continue
            last = self._rows.pop()
            if place < len(self._rows):
                self._rows[place] = last
                if last.entered:  # else it has only what an earlier row left it, as it has here
                    self._table.copy(len(self._rows), place, 0, last.entered)
                    self._kept[place] = self._kept[len(self._rows)]
            self._changed.notify_all()

    def _make_room(self) -> None:
        with self._changed:
            length = self._length(self._rows)
            if length == self._table.length:
                return
            entered = [row.entered for row in self._rows]
            count = -(-self._most // _PAIR) * _PAIR
            self._table.resize(count, length, entered)
            kept = [self._kept[place] if tokens else () for place, tokens in enumerate(entered)]
            self._kept = [*kept, *[()] * (count - len(kept))]

    def _read(self, row: Row, place: int) -> None:
        if beginning := row.beginning:
            self._take_over(row, place, beginning)
        entry = row.next_read(_CHUNK)
        if not entry.tokens:
            return
        scores = self._table.read(place, entry.at, entry.tokens)
        if row.was_read(entry, scores):
            self._kept[place] = row.prompt

    def _take_over(self, row: Row, place: int, beginning: Sequence[int]) -> None:
        """Copy what another row has read, as far as this one begins with it."""
        common = [_common(kept, beginning) // _CHUNK * _CHUNK for kept in self._kept]
        if most := max(common):
            source = place if common[place] == most else common.index(most)
            if source != place:
                self._table.copy(source, place, 0, most)
            row.adopt(most)
        self._kept[place] = ()

    def _step(self, rows: Sequence[Row]) -> None:
        entries = [row.next_step() if row.entered else self._same(place) for place, row in enumerate(rows)]
        if self._most > 1 and len(rows) % _PAIR:
            entries.append(self._same(len(rows)))
        scores = self._table.step([entry.tokens[0] for entry in entries], [entry.at for entry in entries])
        for row, entry, own in zip(rows, entries, scores, strict=False):
            row.was_stepped(entry, own)

    def _same(self, place: int) -> Entry:
        """Return what changes nothing in a place: its first token, entered once more."""
        return Entry(NOBODY, 0, self._kept[place][:1] or [0])


def _common(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens both begin with, less the last of `other`: that is always read."""
    most = min(len(one), len(other) - 1)
    return next((at for at in range(most) if one[at] != other[at]), most)
