"""The condition of a routing rule -> a test of a profile's fields. Pure; it can neither call, loop nor grow.

    token_count < 500 and task_type in ('coding', 'testing') or not has_code

A condition compares fields with constants, and joins comparisons with `and`, `or`, `not` and parentheses.
It is read by Python's own parser and walked once; what is not in the language is refused by name.
"""

import ast
import itertools
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from agentic_flow.core.frozen import frozen
from agentic_flow.core.profiles import Complexity, TaskProfile, TaskType

DEFAULT = "default"
_LONGEST = 500
_MOST_SAMPLES = 20_000

Value = bool | int | float | str
Fields = Mapping[str, Value]
Kind = type[float] | type[bool] | tuple[str, ...]
"""What a field may be: a number, a truth value, or one of these words."""
Test = Callable[[Fields], bool]

FIELDS: Mapping[str, Kind] = {
    **dict.fromkeys(("token_count", "prompt_tokens", "expected_output_tokens", "difficulty"), float),
    "task_type": tuple(kind.value for kind in TaskType),
    "complexity": tuple(step.value for step in Complexity),
    "has_code": bool,
    "private": bool,
}
"""What a rule can ask of a task."""

_COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_SPELLED_ELSEWHERE = {"&&": "and", "||": "or", "===": "==", "!==": "!="}


def fields_of(profile: TaskProfile) -> Fields:
    """Return a profile as the rules see it."""
    return {
        "token_count": profile.token_count,
        "prompt_tokens": profile.prompt_tokens,
        "expected_output_tokens": profile.expected_output_tokens,
        "difficulty": profile.difficulty,
        "task_type": profile.task_type,
        "complexity": profile.complexity,
        "has_code": profile.has_code,
        "private": profile.private is not None,
    }


class BadCondition(ValueError):
    """A condition is not in the language. Its text says what was found and what would do."""


@frozen
class Condition:
    """A condition that has been read; `holds` tests a profile's fields."""

    text: str
    holds: Test
    constants: Mapping[str, frozenset[Value]]
    """What each field that it names is compared with."""


def read_condition(text: str, kinds: Mapping[str, Kind] = FIELDS) -> Condition:
    """Read a condition over the fields of `kinds`; `default` always holds. Raises BadCondition."""
    if text.strip() == DEFAULT:
        return Condition(DEFAULT, lambda _fields: True, {})
    if len(text) > _LONGEST:
        raise BadCondition(f"is longer than {_LONGEST} characters; split it into several rules")
    for found, ours in _SPELLED_ELSEWHERE.items():
        if found in text:
            raise BadCondition(f"found {found!r}, write {ours!r}")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as failure:
        raise BadCondition("is not a condition; write for example: token_count < 500") from failure
    reader = _Reader(kinds)
    return Condition(
        text.strip(), reader.test(tree), {name: frozenset(seen) for name, seen in reader.seen.items()}
    )


def unreachable(conditions: Sequence[Condition], kinds: Mapping[str, Kind] = FIELDS) -> list[int]:
    """Return the places of conditions that no profile can reach, since an earlier one always holds first.

    A condition's truth depends only on where each number lies between the constants it is compared with,
    so one sample from each interval decides it. Where that would be too many samples nothing is claimed.
    """
    samples = _samples(conditions, kinds)
    if samples is None:
        return []
    reached: set[int] = set()
    for fields in samples:
        first = next((place for place, condition in enumerate(conditions) if condition.holds(fields)), None)
        if first is not None:
            reached.add(first)
    return [place for place in range(len(conditions)) if place not in reached]


def _samples(conditions: Sequence[Condition], kinds: Mapping[str, Kind]) -> Iterable[Fields] | None:
    constants: dict[str, set[Value]] = {}
    for condition in conditions:
        for name, seen in condition.constants.items():
            constants.setdefault(name, set()).update(seen)
    choices = {name: _representatives(kinds[name], seen) for name, seen in constants.items()}
    count = 1
    for values in choices.values():
        count *= len(values)
    if count > _MOST_SAMPLES:
        return None
    return (dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values()))


def _representatives(kind: Kind, constants: set[Value]) -> list[Value]:
    if kind is bool:
        return [False, True]
    if isinstance(kind, tuple):
        return [*kind]
    numbers = sorted(float(number) for number in constants)
    between = [(low + high) / 2 for low, high in itertools.pairwise(numbers)]
    below = [number for number in (numbers[0] - 1,) if number >= 0]  # no field of ours is negative
    return [*below, *numbers, *between, numbers[-1] + 1]


class _Reader:
    """One walk over a parsed condition."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self.seen: dict[str, set[Value]] = {}

    def test(self, node: ast.expr) -> Test:
        match node:
            case ast.BoolOp(op=ast.And(), values=values):
                tests = [self.test(value) for value in values]
                return lambda fields: all(test(fields) for test in tests)
            case ast.BoolOp(values=values):
                tests = [self.test(value) for value in values]
                return lambda fields: any(test(fields) for test in tests)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.test(operand)
                return lambda fields: not inner(fields)
            case ast.Compare(left=left, ops=ops, comparators=rights):
                lefts = [left, *rights[:-1]]
                pairs = [self._pair(a, op, b) for a, op, b in zip(lefts, ops, rights, strict=True)]
                return lambda fields: all(pair(fields) for pair in pairs)
            case ast.Name(id=name) if self._kind(name) is bool:
                self.seen.setdefault(name, set())
                return lambda fields: bool(fields[name])
            case ast.Name(id=name):
                raise BadCondition(
                    f"{name!r} is no truth value; compare it, for example: {self._example(name)}"
                )
            case _:
                raise BadCondition(
                    f"found {ast.unparse(node)!r}; only comparisons, and, or, not are understood"
                )

    def _pair(self, left: ast.expr, op: ast.cmpop, right: ast.expr) -> Test:
        if isinstance(op, ast.In | ast.NotIn):
            return self._membership(left, right, negated=isinstance(op, ast.NotIn))
        compare = _COMPARISONS.get(type(op))
        if compare is None:
            raise BadCondition("found 'is'; write ==")
        if isinstance(left, ast.Name) and not isinstance(right, ast.Name):
            name, constant = left.id, self._constant(left.id, right, op)
            return lambda fields: compare(fields[name], constant)
        if isinstance(right, ast.Name) and not isinstance(left, ast.Name):
            name, constant = right.id, self._constant(right.id, left, op)
            return lambda fields: compare(constant, fields[name])
        raise BadCondition("a comparison takes one field and one constant")

    def _membership(self, left: ast.expr, right: ast.expr, *, negated: bool) -> Test:
        if not isinstance(left, ast.Name) or not isinstance(right, ast.Tuple | ast.List | ast.Set):
            raise BadCondition("'in' takes a field and a list, for example: task_type in ('coding', 'math')")
        name = left.id
        values = frozenset(self._constant(name, element, ast.Eq()) for element in right.elts)
        return lambda fields: (fields[name] in values) is not negated

    def _constant(self, name: str, node: ast.expr, op: ast.cmpop) -> Value:
        kind = self._kind(name)
        sign = 1
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            sign, node = -1, node.operand
        if not isinstance(node, ast.Constant):
            raise BadCondition(f"{name} is compared with {ast.unparse(node)!r}; only constants will do")
        value = node.value
        ordered = not isinstance(op, ast.Eq | ast.NotEq)
        if isinstance(kind, tuple) and isinstance(value, str) and not ordered:
            if value not in kind:
                raise BadCondition(
                    f"{name} is never {value!r}{_meant(value, kind)}; it is one of {', '.join(kind)}"
                )
        elif kind is float and isinstance(value, int | float) and not isinstance(value, bool):
            value = sign * value
        elif not (kind is bool and isinstance(value, bool) and not ordered):
            raise BadCondition(
                f"{name} cannot be compared like that; write for example: {self._example(name)}"
            )
        self.seen.setdefault(name, set()).add(value)
        return value

    def _kind(self, name: str) -> Kind:
        if name not in self._kinds:
            known = ", ".join(self._kinds)
            raise BadCondition(f"there is no field {name!r}{_meant(name, self._kinds)}; there are {known}")
        return self._kinds[name]

    def _example(self, name: str) -> str:
        kind = self._kind(name)
        if isinstance(kind, tuple):
            return f"{name} == {kind[0]!r}"
        return f"{name} < 500" if kind is float else f"not {name}"


def _meant(found: str, known: Iterable[str]) -> str:
    close = get_close_matches(found, known, n=1)
    return f", did you mean {close[0]!r}" if close else ""
