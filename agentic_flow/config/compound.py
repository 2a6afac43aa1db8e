"""Settings made of several values: lists, and objects with fixed fields."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import cast

from agentic_flow.config.kinds import Kind, Problem, Schema, Text, Unfit, refuse
from agentic_flow.config.suggesting import did_you_mean
from agentic_flow.core.frozen import frozen


def _placed(step: str | int, unfit: Unfit) -> list[Problem]:
    return [replace(problem, at=(step, *problem.at)) for problem in unfit.problems]


@frozen
class ListOf:
    """Several values of one kind, no two alike."""

    kind: Kind

    def parse(self, raw: object) -> tuple[object, ...]:
        """Return them in order."""
        if not isinstance(raw, list):
            refuse("a list")
        values: list[object] = []
        problems: list[Problem] = []
        for index, item in enumerate(cast("list[object]", raw)):
            try:
                value = self.kind.parse(item)
            except Unfit as unfit:
                problems += _placed(index, unfit)
                continue
            if value in values:
                problems.append(Problem((index,), "each value once"))
            values.append(value)
        if problems:
            raise Unfit(*problems)
        return tuple(values)

    def schema(self) -> Schema:
        """Return: an array."""
        return {"type": "array", "items": self.kind.schema(), "uniqueItems": True}


@frozen
class MapOf:
    """An object whose names a person chooses, within what `name` takes, each with a value of one kind."""

    name: Text
    kind: Kind
    starts: tuple[str, ...] = ()
    """What a name can begin with, before its first `/`: to suggest the right one."""

    def parse(self, raw: object) -> Mapping[str, object]:
        """Return the values by their names."""
        if not isinstance(raw, dict):
            refuse("an object")
        values: dict[str, object] = {}
        problems: list[Problem] = []
        for name, value in cast("dict[str, object]", raw).items():
            try:
                self.name.parse(name)
            except Unfit as unfit:
                hint = did_you_mean(name.partition("/")[0], self.starts)
                problems.append(Problem((name,), unfit.problems[0].expected, "this name", hint))
                continue
            try:
                values[name] = self.kind.parse(value)
            except Unfit as unfit:
                problems += _placed(name, unfit)
        if problems:
            raise Unfit(*problems)
        return values

    def schema(self) -> Schema:
        """Return: an object with such names and such values."""
        return {
            "type": "object",
            "propertyNames": self.name.schema(),
            "additionalProperties": self.kind.schema(),
        }


@frozen
class Row:
    """An object with fixed fields; `make` turns the parsed fields into its typed value."""

    fields: Mapping[str, Kind]
    required: tuple[str, ...]
    make: Callable[[Mapping[str, object]], object]

    def parse(self, raw: object) -> object:
        """Return what `make` makes of the fields."""
        if not isinstance(raw, dict):
            refuse(f"an object with {', '.join(self.fields)}")
        said = cast("dict[str, object]", raw)
        problems = [Problem((), f"a {name!r} in it") for name in self.required if name not in said]
        values: dict[str, object] = {}
        for name, value in said.items():
            if name not in self.fields:
                expected = ", ".join(self.fields)
                problems.append(Problem((name,), expected, "an unknown key", did_you_mean(name, self.fields)))
                continue
            try:
                values[name] = self.fields[name].parse(value)
            except Unfit as unfit:
                problems += _placed(name, unfit)
        if problems:
            raise Unfit(*problems)
        return self.make(values)

    def schema(self) -> Schema:
        """Return: an object with these properties and no others."""
        properties = {name: kind.schema() for name, kind in self.fields.items()}
        required = list(self.required)
        return {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
