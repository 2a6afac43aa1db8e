"""A JSON or YAML file -> its tree, and on request the line and column of any part of it."""

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import NoReturn, cast

from agentic_flow.config.kinds import At
from agentic_flow.config.located import (
    DECIMAL,
    INTEGER,
    Fault,
    SaidTwice,
    Spot,
    Unreadable,
    read_json_located,
    read_located,
)
from agentic_flow.core.errors import ConfigMistake

LARGEST_FILE = 1_000_000


@dataclass(slots=True)
class Document:
    """What a file says."""

    label: str
    """How messages call the file."""
    tree: dict[str, object]
    text: str
    _spot: Spot | None = None

    def place(self, at: At) -> str:
        """Return `label:line:column` of a part, or the label alone where that cannot be told."""
        if self._spot is None:
            try:
                _, self._spot = read_json_located(self.text)
            except (Unreadable, RecursionError):
                return self.label
        spot = self._spot
        for step in at:
            if step not in spot.below:
                break
            spot = spot.below[step]
        return f"{self.label}:{spot.line}:{spot.column}"


def read_document(path: Path, label: str) -> Document:
    """Read one file by its ending; without a known one JSON begins with a brace.

    Raises `ConfigMistake`, and `RecursionError` for what is nested too deeply.
    """
    text = _read_text(path, label)
    is_json = path.suffix == ".json" or (
        path.suffix not in (".yaml", ".yml") and text.lstrip().startswith("{")
    )
    try:
        tree = _read_json(text) if is_json else read_located(text)[0]
    except Unreadable as failure:
        lines = (
            f"{label}:{f.line}:{f.column}: {f.reason}" if f.line else f"{label}: {f.reason}"
            for f in failure.faults
        )
        raise ConfigMistake("\n".join(lines)) from failure
    if tree is None and not is_json:
        tree = {}  # an empty YAML file says nothing, and that is allowed
    if not isinstance(tree, dict):
        raise ConfigMistake(f"{label}: expected an object with keys such as 'providers' at the top")
    return Document(label, cast("dict[str, object]", tree), text)


def _read_text(path: Path, label: str) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError as failure:
        raise ConfigMistake(f"{label}: there is no such file") from failure
    except (OSError, ValueError) as failure:
        raise ConfigMistake(f"{label}: cannot be read: {failure}") from failure
    if len(data) > LARGEST_FILE:
        raise ConfigMistake(f"{label}: larger than {LARGEST_FILE} bytes, too large for a configuration")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        line = data.count(b"\n", 0, failure.start) + 1
        raise ConfigMistake(f"{label}:{line}: not UTF-8 text") from failure


def _read_json(text: str) -> object:
    repeated = False

    def pairs(items: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal repeated
        tree = dict(items)
        repeated = repeated or len(tree) < len(items)
        return tree

    try:
        tree: object = json.loads(
            text,
            object_pairs_hook=pairs,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_refuse_number,
        )
    except json.JSONDecodeError as failure:
        what = f"not JSON: {_why_not_json(failure)}" if text.strip() else "it is empty; the least is {}"
        raise Unreadable(Fault(failure.lineno, failure.colno, what)) from failure
    if repeated:
        try:
            read_json_located(text)  # knows where
        except SaidTwice:
            raise
        except (Unreadable, RecursionError):
            pass
        raise Unreadable(Fault(0, 0, "a key is said twice in one object"))
    return tree


def _why_not_json(failure: json.JSONDecodeError) -> str:
    """Say what is wrong, in a person's words where it is what people write most."""
    before, behind = failure.doc[: failure.pos].rstrip(), failure.doc[failure.pos :].lstrip()
    if behind.startswith(("//", "/*", "#")):
        return "it has no comments; leave this one out, or write the file as YAML"
    if behind.startswith("'"):
        return "a text stands between double quotes"
    if (before.endswith(",") and behind[:1] in ("}", "]")) or behind.startswith(","):
        return "a comma stands only between two values"
    return failure.msg


def _number(digits: str) -> int | Decimal:
    if INTEGER.fullmatch(digits):
        return int(digits)
    return Decimal(digits) if DECIMAL.fullmatch(digits) else _refuse_number(digits)


def _refuse_number(word: str) -> NoReturn:
    raise Unreadable(Fault(0, 0, f"{word[:20]} is not a number that a setting can have"))
