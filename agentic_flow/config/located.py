"""YAML text (and with it JSON text) -> its tree, and the line and column of each part.

What YAML 1.1 would guess is not guessed: true, false, null and decimal numbers are read, everything else
is text (`yes`, dates, octals). Aliases and tags are refused: the ones can grow without bound, the others
make objects.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NoReturn, Protocol, cast

from agentic_flow.config.showing import shown
from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern

if TYPE_CHECKING:
    from yaml.events import Event, ScalarEvent

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
INTEGER = pattern(r"[-+]?(0|[1-9][0-9]{0,30})")
DECIMAL = pattern(r"[-+]?(\.[0-9]{1,40}|(0|[1-9][0-9]{0,40})(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,4})?")

_NOT_IN_YAML = pattern("[^\t\n\r -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What JSON takes in a string as it is, and YAML breaks the line at or refuses: U+2028, for one."""


class _Mark(Protocol):
    """What the parser calls a place, counted from 0."""

    line: int
    column: int


@dataclass(slots=True)
class Spot:
    """Where a part of the text begins, counted from 1, and where the parts below it do."""

    line: int
    column: int
    below: dict[str | int, "Spot"] = field(default_factory=dict["str | int", "Spot"])


@frozen
class Fault:
    """Why a text cannot be read, and where; line 0 where the place is not known."""

    line: int
    column: int
    reason: str


class Unreadable(Exception):
    """The text is not what it should be. Holds at least one fault."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults


class SaidTwice(Unreadable):
    """An object holds a key twice; the text can be read otherwise."""


def read_located(text: str) -> tuple[object, Spot]:
    """Return the tree (None for an empty text) and its spots. Raises `Unreadable`, `RecursionError`."""
    import yaml
    from yaml.error import MarkedYAMLError

    builder = _Builder()
    try:
        events: Iterator[Event] = iter(yaml.parse(text, Loader=yaml.SafeLoader))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  (its stub leaves the stream untyped)
        next(events)  # the stream's start
        if isinstance(next(events), yaml.StreamEndEvent):
            return None, Spot(1, 1)
        tree, spot = builder.build(next(events), events)
        next(events)  # the document's end
        if not isinstance(after := next(events), yaml.StreamEndEvent):
            _refuse(after.start_mark, "a second document begins here; one is read")
    except MarkedYAMLError as failure:
        _refuse(failure.problem_mark, failure.problem or "not YAML")
    except yaml.YAMLError as failure:
        raise Unreadable(Fault(0, 0, "it holds a character that text does not have")) from failure
    if builder.repeated:
        raise SaidTwice(*builder.repeated)
    return tree, spot


def read_json_located(text: str) -> tuple[object, Spot]:
    """Read what is JSON as the YAML that it nearly is. Raises `Unreadable`, `RecursionError`.

    A raw tab can only stand between JSON's tokens, and there YAML wants a space; what YAML does not take in
    a string it takes in its escaped form, which moves the columns behind it on that line.
    """
    spaced = text.replace("\t", " ")
    return read_located(_NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", spaced))


def _mark(event: "Event") -> _Mark:
    return cast("_Mark", event.start_mark)  # optional for events made by hand; the parser's have one


def _fault(mark: _Mark | None, reason: str) -> Fault:
    return Fault(mark.line + 1, mark.column + 1, reason) if mark else Fault(0, 0, reason)


def _refuse(mark: _Mark | None, reason: str) -> NoReturn:
    raise Unreadable(_fault(mark, reason))


class _Builder:
    """Builds the tree from the parser's events, and notes keys said twice."""

    def __init__(self) -> None:
        self.repeated: list[Fault] = []

    def build(self, event: "Event", events: "Iterator[Event]") -> tuple[object, Spot]:
        """Return the value that begins with `event`, and its spot."""
        from yaml import events as kinds

        mark = _mark(event)
        spot = Spot(mark.line + 1, mark.column + 1)
        match event:
            case kinds.ScalarEvent():
                return _scalar(event), spot
            case kinds.SequenceStartEvent(tag=None):
                items: list[object] = []
                while not isinstance(item := next(events), kinds.SequenceEndEvent):
                    value, spot.below[len(items)] = self.build(item, events)
                    items.append(value)
                return items, spot
            case kinds.MappingStartEvent(tag=None):
                return self._mapping(events, spot), spot
            case kinds.AliasEvent():
                _refuse(mark, "aliases (*name) are not read here; write the value out")
            case _:
                _refuse(mark, "tags (!name) are not read here")

    def _mapping(self, events: "Iterator[Event]", spot: Spot) -> dict[str, object]:
        from yaml import events as kinds

        tree: dict[str, object] = {}
        while not isinstance(key := next(events), kinds.MappingEndEvent):
            mark = _mark(key)
            if not isinstance(key, kinds.ScalarEvent) or not (key.value or key.style):
                _refuse(mark, "a key has to be a word")
            name: str = key.value
            if name in tree:
                self.repeated.append(_fault(mark, f"{shown(name)} is said twice in one object"))
            tree[name], below = self.build(next(events), events)
            spot.below[name] = Spot(mark.line + 1, mark.column + 1, below.below)
        return tree


def _scalar(event: "ScalarEvent") -> object:
    text: str = event.value
    if event.tag not in (None, "!"):
        _refuse(event.start_mark, "tags (!name) are not read here")
    if event.style or event.tag == "!":  # quoted, or a block: text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if DECIMAL.fullmatch(text) else text
