"""Text -> how many tokens it is, estimated from what its characters are. Pure; reads the two ends only.

The weights are least absolute deviations over 1,100 texts (questions, tasks, sources of Python, C and
JavaScript, some East Asian) against the tokenizer of Qwen2.5-Coder. On 572 others the error is 4 % at the
median and 12 % at the ninth decile; of code 5 % and 18 %. East Asian texts were windows of one paragraph, on
both sides of the split (4 %, 10 %), and other alphabets four texts (about 20 %): both figures are weak. Other
families' tokenizers were not measured.
"""

from agentic_flow.core.patterns import pattern

END = 8_192
"""Characters that are read at either end of a long text; what lies between is taken to be alike."""

_LOWER = b"abcdefghijklmnopqrstuvwxyz"
_UPPER = _LOWER.upper()
_DIGITS = b"0123456789"
_BLANKS = b" \t\r\n"
_WORD, _LETTER, _CAPITAL, _DIGIT, _LINE, _SIGN, _EAST_ASIAN, _OTHER = (
    0.8,
    0.06,
    0.18,
    1.19,
    0.63,
    0.73,
    0.63,
    0.25,
)
_LEAST = 2 / 3
_LEAST_DIGIT = 1 / 3
"""Many families read three digits at once."""
_RULE = pattern(r"([^A-Za-z0-9 \t])\1{3,}")
"""The lines of a table, blank lines: they read dozens of one sign at once, too."""
_EAST_ASIAN_SIGN = pattern(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uff00-\uffef]")


def ends(text: str) -> str:
    """Return a text, or of a long one its first and last 8 kB."""
    return text if len(text) <= 2 * END else f"{text[:END]}\n{text[-END:]}"


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a model reads in `text`; 0 only for an empty one."""
    if not text:
        return 0
    read = ends(text)
    return max(1, round(_weighed(read) * len(text) / len(read)))


def most_tokens(text: str) -> int:
    """Return how many tokens a model reads in `text` at the most: for money, which is set aside beforehand.

    Half a token a small letter or blank, one for every other byte: about twice what prose and code take,
    and still not too few for numbers, keys and foreign alphabets.
    """
    encoded = text.encode("utf-8", "replace")
    light = len(encoded) - len(encoded.translate(None, _LOWER + _BLANKS))
    return len(encoded) - light + (light + 1) // 2


def least_tokens(text: str) -> int:
    """Return how few tokens a model reads in `text` at the least: for a window that it may overrun.

    Two thirds of what the whole of it is estimated at, well beyond the errors that were measured; but of what
    the families read in very different pieces as few as any does.
    """
    text = _RULE.sub(r"\1", text)
    digits = _count(text.encode("ascii", "ignore"), _DIGITS)
    return round((_weighed(text) - _DIGIT * digits) * _LEAST + digits * _LEAST_DIGIT)


def _weighed(text: str) -> float:
    plain = text.encode("ascii", "ignore")
    lower, upper, digits, blanks = (_count(plain, kind) for kind in (_LOWER, _UPPER, _DIGITS, _BLANKS))
    signs = len(plain) - lower - upper - digits - blanks
    foreign = len(text) - len(plain)
    east_asian = len(_EAST_ASIAN_SIGN.findall(text)) if foreign else 0
    return (
        _WORD * len(text.split())
        + _LETTER * lower
        + _CAPITAL * upper
        + _DIGIT * digits
        + _LINE * plain.count(b"\n")
        + _SIGN * signs
        + _EAST_ASIAN * east_asian
        + _OTHER * (foreign - east_asian)
    )


def _count(plain: bytes, kind: bytes) -> int:
    return len(plain) - len(plain.translate(None, kind))
