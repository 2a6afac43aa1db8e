"""Model, kind of work -> how hard a task it does well, 0 to 1, and how long it takes: the shipped table.

The table (`strengths.json`) is a start, not a measurement; it says of each model what it was placed by.
Reading it once is all this module does with files.
"""

import json
from functools import cache
from pathlib import Path
from typing import TypedDict

from agentic_flow.core.frozen import frozen
from agentic_flow.core.names import LOCAL
from agentic_flow.core.profiles import TaskType
from agentic_flow.core.values import Target

TABLE = Path(__file__).with_name("strengths.json")
_CODE = frozenset(
    {TaskType.CODING, TaskType.DEBUGGING, TaskType.TESTING, TaskType.REFACTORING, TaskType.DATA}
)


class _Row(TypedDict):
    match: str
    coding: float
    general: float
    first_s: float
    read_tps: float
    write_tps: float
    context: int | None


class _Table(TypedDict):
    about: str
    models: list[_Row]
    tiers: list[_Row]


@frozen
class Standing:
    """What is believed of a model."""

    coding: float
    general: float
    first_s: float
    """Seconds to the first word of an answer to a short prompt."""
    read_tps: float
    write_tps: float
    context: int | None

    def strength(self, kind: TaskType | None) -> float:
        """Return the difficulty up to which it does this kind of work well; None: whatever it is."""
        return self.coding if kind in _CODE else self.general

    def seconds(self, prompt_tokens: int, output_tokens: int) -> float:
        """Return about how long an answer takes."""
        return self.first_s + prompt_tokens / self.read_tps + output_tokens / self.write_tps


@cache
def standing_of(target: Target, tier: str | None = None) -> Standing:
    """Return what is believed of a model; of an unknown one, what its tier promises."""
    table = _table()
    name = target.model.partition("@")[0]
    for row in table["models"]:
        if _matches(row["match"], name):
            return _standing(row)
    promised = {row["match"]: row for row in table["tiers"]}
    local = "local" if target.provider == LOCAL else None
    return _standing(promised[local or tier or "unknown"])


@cache
def _table() -> _Table:
    table: _Table = json.loads(TABLE.read_text(encoding="utf-8"))
    return table


def _matches(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


def _standing(row: _Row) -> Standing:
    return Standing(
        row["coding"], row["general"], row["first_s"], row["read_tps"], row["write_tps"], row["context"]
    )
