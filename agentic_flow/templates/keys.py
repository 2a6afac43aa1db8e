"""What front matter is made of: entries, and the keys that are ours or other tools'."""

import re
from typing import TypeAlias

from agentic_flow.core.frozen import frozen
from agentic_flow.core.patterns import pattern

Value: TypeAlias = "str | list[Value] | dict[str, Value]"

OURS = ("name", "description", "tools", "model", "temperature", "max_tokens", "output", "check")
_BY_FOLDED = {key.replace("_", ""): key for key in OURS}

OTHERS = frozenset(
    """
    agent agents allowed-tools allowedtools applyto argument-hint author background capabilities
    category color compatibility created date disable-model-invocation disallowedtools domain
    effort emoji handoffs hidden hooks icon id initialprompt isolation keywords license
    maxturns mcp-servers mcpservers memory metadata mode permission permissionmode permissions phase
    priority proactive reasoning_effort references role services skills source tags target team title
    top_p triggers type updated user-invocable version vibe
    """.split()  # noqa: SIM905 - a line each would hide the rest of the module
)
"""Seen in public agent files, lower case."""

KEY_LINE = pattern(r"""["']?(?P<key>[A-Za-z_][\w.-]{0,63})["']?\s*:(?P<rest>.*)\Z""")


@frozen
class Field:
    """One entry of front matter. `line` counts from 0 in the front matter."""

    key: str
    value: Value
    line: int
    source: str
    """The value as it is written, for when it must be shown or has the wrong shape."""


class Unparsable(Exception):
    """The text is not the YAML mapping it should be. `line` counts from 0."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


def canonical(key: str) -> str | None:
    """Return which of our keys `key` means: 'Name' is name, 'maxTokens' is max_tokens. None for others."""
    return _BY_FOLDED.get(re.sub(r"[-_ ]", "", key.casefold()))


def known(key: str) -> bool:
    """Whether `key` is one that agent files use, so that a line with it starts a new entry."""
    # `Context:` with a capital is dialogue in a description that runs on.
    return canonical(key) is not None or (key[0].islower() and key.casefold() in OTHERS)


def declares(line: str) -> bool:
    """Whether a line looks like `key: value` for a key that agent files use."""
    match = KEY_LINE.match(line)
    return bool(match and known(match["key"]))
