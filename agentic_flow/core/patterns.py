"""Text -> a pattern, compiled when something is first looked for: a run needs a quarter of those it loads."""

import re
from typing import cast


def pattern(text: str, flags: int = 0) -> re.Pattern[str]:
    """Return what `re.compile` would, to be compiled when something is first looked for."""
    return cast("re.Pattern[str]", _Late(text, flags))


class _Late:
    def __init__(self, text: str, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> object:
        """Return what the compiled pattern has of that name, and have it too: it is found without us then."""
        value = getattr(re.compile(self._text, self._flags), name)
        setattr(self, name, value)
        return value
