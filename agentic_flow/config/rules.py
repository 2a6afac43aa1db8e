"""`routing.rules`: each condition is read when the configuration loads, and judged among the others."""

from collections.abc import Iterator, Sequence
from typing import cast

from agentic_flow.config.compound import ListOf
from agentic_flow.config.kinds import Kind, Problem, Schema, Unfit, refuse
from agentic_flow.config.showing import shown
from agentic_flow.core.conditions import DEFAULT, BadCondition, read_condition, unreachable
from agentic_flow.core.frozen import frozen
from agentic_flow.core.settings import Rule

_MOST = 500
"""Each is compared with those before it, and a cloned repository may bring them."""


@frozen
class ConditionText:
    """A condition over a task's profile, such as `token_count < 500`."""

    def parse(self, raw: object) -> str:
        """Return it as it was written."""
        if not isinstance(raw, str):
            refuse("a text")
        try:
            condition = read_condition(raw)
        except BadCondition as bad:
            refuse("a condition", hint=f": {bad}")
        if unreachable([condition]):
            refuse("a condition that some task can meet")
        return raw

    def schema(self) -> Schema:
        """Return: a text; the language of conditions is more than a pattern can say."""
        return {"type": "string", "minLength": 1}


@frozen
class RuleList:
    """Rules in their order, no two with the same condition and model."""

    rule: Kind

    def parse(self, raw: object) -> tuple[object, ...]:
        """Return them in order."""
        said: object = raw
        if isinstance(said, list) and len(cast("list[object]", said)) > _MOST:
            refuse(f"at most {_MOST} rules")
        rules = ListOf(self.rule).parse(raw)
        seen: list[tuple[str, str, str | None]] = []
        for index, rule in enumerate(cast("tuple[Rule, ...]", rules)):
            same = (rule.condition.strip(), rule.provider, rule.model)
            if same in seen:
                before = seen.index(same)
                raise Unfit(
                    Problem((index,), "a rule that can be reached", f"what routing.rules[{before}] says")
                )
            seen.append(same)
        return rules

    def schema(self) -> Schema:
        """Return: an array of rules."""
        return ListOf(self.rule).schema() | {"maxItems": _MOST}


def remarks(rules: Sequence[Rule]) -> Iterator[str]:
    """Say what is allowed and probably not meant: rules in the shadow of others, a missing `default`."""
    conditions = [read_condition(rule.condition) for rule in rules]
    for place in unreachable(conditions):
        yield (
            f"routing.rules[{place}]: {shown(rules[place].condition)} is reached only where the models of the"
            " rules before it cannot serve; put the narrower condition first"
        )
    if rules and all(condition.text != DEFAULT for condition in conditions):
        yield f"routing.rules: no rule is for {DEFAULT!r}; where none matches, the strategy decides"
