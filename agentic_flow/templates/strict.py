"""Front matter text -> fields, as YAML says. The one importer of the YAML library here, so load it late.

A stranger wrote the text: every scalar stays a string (no tag builds an object), nesting is bounded, and
aliases are refused, so none can grow. Hence the parser's events, not `safe_load`, which follows aliases.
"""

from collections.abc import Iterator

import yaml

from agentic_flow.templates.keys import Field, Unparsable, Value

_DEEPEST = 12
_MOST_BRACKETS = 200
"""The library looks ahead over nested brackets in time that grows with the square of their depth."""
_IN_WORDS = {
    "mapping values are not allowed": "`: ` stands inside a value without quotes",
    "could not find expected ':'": "a line that is neither `key: value` nor indented",
    "expected alphabetic or numeric character": "a lone `*` or `&` means something in YAML",
}
"""How the library's words begin for what people get wrong most often, and ours."""


def parse(text: str) -> list[Field]:
    """Return the top-level entries of `text` in order, repeated keys included. Raises `Unparsable`."""
    if text.count("[") + text.count("{") > _MOST_BRACKETS:
        raise Unparsable("nested too deeply", 0)
    try:
        return list(_entries(_events(text), text))
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        raise Unparsable(_in_words(failure.problem or "broken"), mark.line if mark else 0) from failure
    except yaml.YAMLError as failure:  # a character that no YAML text may hold
        raise Unparsable("a control character", 0) from failure
    except (ValueError, OverflowError) as failure:  # chr() of an escape that is no character
        raise Unparsable("an escape stands for no character", 0) from failure


def _in_words(problem: str) -> str:
    return next((ours for theirs, ours in _IN_WORDS.items() if problem.startswith(theirs)), problem)


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=yaml.BaseLoader)  # pyright: ignore[reportUnknownMemberType] - loose stubs


def _entries(events: Iterator[yaml.Event], text: str) -> Iterator[Field]:
    """Read one document that is a mapping; none at all has no entries."""
    documents = 0
    for event in events:
        match event:
            case yaml.DocumentStartEvent() if documents:
                raise Unparsable("a second document begins", _line(event))
            case yaml.DocumentStartEvent():
                documents += 1
            case yaml.MappingStartEvent():
                yield from _mapping(events, text)
            case yaml.NodeEvent():
                raise Unparsable("not `key: value` lines", _line(event))
            case _:
                pass


def _mapping(events: Iterator[yaml.Event], text: str) -> Iterator[Field]:
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            return
        key, _ = _value(event, events, 1)
        opening = next(events)
        value, end = _value(opening, events, 1)
        yield Field(str(key), value, _line(event), text[_index(opening) : end].strip())


def _value(event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> tuple[Value, int]:
    """Build the value that `event` begins; return it, and where it ends in the text."""
    if depth > _DEEPEST:
        raise Unparsable("nested too deeply", _line(event))
    match event:
        case yaml.ScalarEvent():
            # JSON writes an emoji as two \u escapes; half of one is no character at all.
            whole = event.value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            return whole, event.end_mark.index if event.end_mark else 0
        case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
            parts: list[Value] = []
            for inner in events:
                if isinstance(inner, yaml.CollectionEndEvent):
                    end = inner.end_mark.index if inner.end_mark else 0
                    if isinstance(event, yaml.SequenceStartEvent):
                        return parts, end
                    return {str(key): value for key, value in zip(parts[::2], parts[1::2], strict=True)}, end
                parts.append(_value(inner, events, depth + 1)[0])
        case _:
            pass
    raise Unparsable("`*` begins an alias, which is not followed", _line(event))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line if event.start_mark else 0


def _index(event: yaml.Event) -> int:
    return event.start_mark.index if event.start_mark else 0
