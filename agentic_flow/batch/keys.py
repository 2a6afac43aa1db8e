"""What one line of a batch may say: a table of keys, and a raw object -> a Wish. Pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from agentic_flow.config.amounts import Duration, Money, Number, Whole
from agentic_flow.config.kinds import Choice, Flag, Kind, Schema, Text, Unfit, refuse
from agentic_flow.config.showing import shown
from agentic_flow.config.suggesting import did_you_mean
from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.frozen import frozen
from agentic_flow.core.values import Priority
from agentic_flow.core.wishes import Wish

_LARGEST = 2**31 - 1


@frozen
class _Words:
    """What a person wants done, or a line of shell: any text, over as many lines as it takes."""

    expected: str = "a text"

    def parse(self, raw: object) -> str:
        if not isinstance(raw, str):
            refuse(self.expected)
        if not raw.strip():
            refuse(self.expected, found="an empty text")
        if any("\ud800" <= character <= "\udfff" for character in raw):
            refuse("text in UTF-8", found="half a character")
        return raw

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1}


@frozen
class _Name:
    """What a result is known by: a text, or a number as many tables have them."""

    def parse(self, raw: object) -> str:
        return Text("an id").parse(str(raw) if isinstance(raw, int) and not isinstance(raw, bool) else raw)

    def schema(self) -> Schema:
        return {"type": ["string", "integer"]}


@frozen
class _Several:
    """One text, or a list of them."""

    kind: Kind

    def parse(self, raw: object) -> tuple[object, ...]:
        if not isinstance(raw, list):
            return (self.kind.parse(raw),)
        return tuple(map(self._one, cast("list[object]", raw)))

    def _one(self, raw: object) -> object:
        try:
            return self.kind.parse(raw)
        except Unfit as unfit:
            raise Unfit(
                *(replace(each, found=each.found or shown(raw)) for each in unfit.problems)
            ) from unfit

    def schema(self) -> Schema:
        one = self.kind.schema()
        return {"anyOf": [one, {"type": "array", "items": one}]}


@frozen
class _Folder:
    """A folder, from the working folder on."""

    def parse(self, raw: object) -> Path:
        return Path(Text("a folder").parse(raw))

    def schema(self) -> Schema:
        return {"type": "string", "minLength": 1}


_YES_OR_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
"""How tables say it."""
ID = "id"
KEYS: Mapping[str, Kind] = {
    ID: _Name(),
    "task": _Words(),
    "agent": Text("an agent's name"),
    "model": Text("provider/model"),
    "auto_route": Flag(),
    "priority": Choice(tuple(Priority), Priority),
    "output_dir": _Folder(),
    "context": _Several(Text("a path or a pattern")),
    "context_tokens": Whole(1, _LARGEST),
    "check": _Several(_Words("a command")),
    "max_attempts": Whole(1, 20),
    "no_escalate": Flag(),
    "escalate_to": _Several(Text("PROVIDER/MODEL")),
    "max_tokens": Whole(1, _LARGEST),
    "temperature": Number(0, 2),
    "seed": Whole(0, _LARGEST),
    "timeout": Duration(),
    "max_cost": Money(),
    "no_log": Flag(),
    "preview": Flag(),
    "dry_run": Flag(),
    "overwrite": Flag(),
    "no_files": Flag(),
    "no_syntax_check": Flag(),
    "no_added_imports": Flag(),
}
"""Each is a field of `Wish`, but the id."""


def read_wish(raw: Mapping[str, object], base: Wish) -> Wish:
    """Return what a line asks for over what holds for all lines. Raises `UsageMistake` with every mistake."""
    said: dict[str, Any] = {}
    mistakes: list[str] = []
    for name, value in raw.items():
        try:
            if name not in KEYS:
                mistakes.append(f"unknown key {shown(name)}{near(name)}")
            elif value is not None:
                said[name] = KEYS[name].parse(value)
        except Unfit as unfit:
            mistakes += [
                f"{name}: found {problem.found or shown(value)}, expected {problem.expected}{problem.hint}"
                for problem in unfit.problems
            ]
    if "task" not in raw:
        mistakes.append('there is no "task"')
    if mistakes:
        raise UsageMistake("; ".join(mistakes))
    said.pop(ID, None)
    return replace(_less_contradicted(base, said), **said)


def near(name: str) -> str:
    """Return what an unknown key was probably meant to be, else what there is."""
    return did_you_mean(name.replace("-", "_"), KEYS) or f"; known are {', '.join(KEYS)}"


def read_cell(name: str, cell: str) -> object:
    """Return the raw value that a cell of a table stands for: text, or JSON where the key is no text."""
    kind = KEYS.get(name)
    if isinstance(kind, _Several) and not cell.lstrip().startswith("["):
        return cell
    if kind is None or isinstance(kind, Text | Choice | _Words | _Name | _Folder):
        return cell
    if isinstance(kind, Flag):
        return _YES_OR_NO.get(cell.strip().lower(), cell)
    try:
        return cast("object", json.loads(cell))
    except ValueError:
        return cell


def _less_contradicted(base: Wish, said: Mapping[str, object]) -> Wish:
    """Return what holds for all lines without what this one says the opposite of."""
    if said.get("no_files"):
        base = replace(base, check=())  # there is nothing that a command for all lines could look at
    if said.get("no_escalate"):
        base = replace(base, escalate_to=())
    if said.get("escalate_to"):
        base = replace(base, no_escalate=False)
    if said.get("model"):
        return replace(base, auto_route=False, priority=None)
    if said.get("auto_route") or said.get("priority"):
        return replace(base, model=None)
    return base
