"""A text -> the signs in it that are not seen and make it read otherwise than it runs. Pure.

Marks that turn words round can show code as a comment (CVE-2021-42574), an escape sequence hides a line from
who looks at a file on a terminal, and tags hold words that only a model reads.
"""

from agentic_flow.core.patterns import pattern

_UNSEEN = pattern(
    r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
    r"|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0000-\U000e007f]"  # but those of a flag
)
_MOST = 5


def unseen(text: str) -> str:
    """Name the signs, each once, as `U+202E`; empty where there are none."""
    if text.isascii() and text.isprintable():
        return ""
    found = list(dict.fromkeys(_UNSEEN.findall(text)))
    more = ", ..." if len(found) > _MOST else ""
    return ", ".join(f"U+{ord(sign):04X}" for sign in found[:_MOST]) + more
