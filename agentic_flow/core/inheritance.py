"""The environment -> what a program that we start may see of it: everything but keys."""

import re
from collections.abc import Mapping

from agentic_flow.core.patterns import pattern

_SECRET = pattern(r"(^|_)(KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$", re.IGNORECASE)


def without_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without names that end like a key's: `*_API_KEY`, `*_TOKEN`, `*_SECRET`, ..."""
    return {name: value for name, value in environment.items() if not _SECRET.search(name)}
