"""A value -> whether it looks drawn, as a key or a password is, and not written. Pure.

What people write is made of words: a name, a path, an expression, "changeme", "<your-password>". What a
machine draws is not. A password that a person made up stands between: words, and something beside them.
"""

import base64
import binascii
import re

from agentic_flow.core.patterns import pattern

_WRITTEN = pattern(
    r"""pass\w?word|passwd|passphrase|password|passw0rd|p[@4]ss\w*|pass|pwd|pw|secret|s3cr[e3]t|token|key|auth|api
    |access|client|super|very|strong|secure|private|public|change|replace|insert|enter|your|mine|my|this|here|the|me
    |example|sample|placeholder|default|dummy|fake|mock|demo|test(?:ing)?|random|some|any|value|string|redacted
    |removed|hidden|required|optional|todo|fixme|null|none|true|false|admin|root|user(?:name)?|guest|postgres
    |mysql|redis|mongo|rabbit|database|db|app|local|host|prod|stag|dev|foo|bar|baz|qux|abc(?:def)?|xyz|qwerty
    |letmein|hunter2|hello|world|oauth2?|argon2\w*|bcrypt\w*|scrypt|pbkdf2|base\d\d\w*|utf-?\d+|sha-?\d+|md5
    |[hrep]s\d{3}|aes-?\d+|hmac|jwt|x509|uuid\d?|int\d+|uint\d+|float\d+|bytes\d+|char\d+|x{3,}|0+|1+
    |12\d*|987\d*|\.{3}""",
    re.IGNORECASE | re.VERBOSE,
)
"""What people write where no secret stands, and what kinds and algorithms are called."""
_STAND_IN = pattern(
    r"example|your|change.?me|replace|placeholder|dummy|redacted|insecure|x{6}|\*{3}|\.{3}|IkpvaG4gRG9l",
    re.IGNORECASE,
)
"""What no drawn value holds but by chance; the last is "John Doe" in the token that everybody copies."""
_INSTEAD = pattern(r"\w+://|[<{\[(*]|\$[\w{(]|%[\w(]|.*(?:[$#%]\{|\{\{|\$\(|<%|\{\w*\}|\[:)")
"""How a value begins, or what it holds, that stands for another."""
_PATH = pattern(r"[\w.~-]*[/\\][\w./\\~-]*")
_NAME = pattern(r"[@&*:!-]{0,2}[A-Za-z_]+(?:\d{1,2}(?!\d)[A-Za-z_]*)*")
_READ = pattern(r"[@&*:!-]{0,2}[A-Za-z_]\w*(?:(?:\.|\?\.|->|::)[$#]?[A-Za-z_]\w*)+[!?]?")
"""A variable, and what is read from one."""
_RUN = pattern(r"[A-Z][a-z]{3,}|[a-z]{4,}|(?<![A-Za-z])[A-Z]{4,}(?![a-z])")
_MUMBLE = pattern(
    r"[^aeiouy]{4}|[aeiou]{4}|^[^aeiouy]+$|q(?!u)|j[^aeiou]|v[^aeiouy]|z[^aeiouyzl]", re.IGNORECASE
)
"""Letters that nobody could say."""
_CHANGE = pattern(r"(?<=[a-z])[A-Z]|(?<=[A-Z])[A-Z](?=[a-z])")
_FEWEST_CHANGES = 2
_AMID = pattern(r"(?<=[A-Za-z])\d+(?=[A-Za-z])")
_FEWEST_AMID = 3
"""Numbers between letters: a name has one or two."""
_LONGEST_PASSWORD = 200
_FEWEST_LEFT = 5
_FEWEST_WEAK = 4
_FEWEST_DRAWN = 12
_FEWEST_KINDS = 7
_MOST_WORDS = 0.5
_MOST_IN_CODE = 0.25
_ENCODED = pattern(r"(?:[A-Za-z0-9+/]{4}){1,64}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


def is_password(value: str, *, bare: bool = False, weak: bool = False) -> bool:
    """Say whether a value is a password: enough is left beside words, of letters and of something else.

    A bare one, without quotes, may be a variable or what is read from one. A weak one of
    letters alone counts where nothing but a password can stand.
    """
    value = value if (plain := decoded(value)) is None else plain
    if len(value) > _LONGEST_PASSWORD or _INSTEAD.match(value) or _STAND_IN.search(value):
        return False
    if _words(value) >= _MOST_WORDS and (
        _PATH.fullmatch(value) or (bare and (_NAME.fullmatch(value) or _READ.fullmatch(value)))
    ):
        return False
    left = re.sub(r"[._-]", "", _WRITTEN.sub("", value))
    if weak:
        return sum(map(str.isalnum, left)) >= _FEWEST_WEAK
    return len(left) >= _FEWEST_LEFT and (0 < sum(map(str.isalpha, left)) < len(left) or _is_shuffled(value))


def is_key(value: str, *, bare: bool = False) -> bool:
    """Say whether a value was drawn by a machine: it is long, of many different signs, and not of words."""
    value = value if (plain := decoded(value)) is None else plain
    if _INSTEAD.match(value) or stands_in(value) or not any(map(str.isdigit, value)):
        return False
    if not any(map(str.isalpha, value)):
        return False
    most = _MOST_IN_CODE if bare and _READ.fullmatch(value) else _MOST_WORDS
    return _words(value) < most or len(_AMID.findall(value)) >= _FEWEST_AMID


def stands_in(value: str) -> bool:
    """Say whether a value of a key's form is there to be replaced, or to show the form."""
    left = _WRITTEN.sub("", value)
    return len(left) < _FEWEST_DRAWN or len(set(left)) < _FEWEST_KINDS or _STAND_IN.search(value) is not None


def decoded(value: str) -> str | None:
    """Return the printable text that a value in base64 stands for, None where it is no such value."""
    if not _ENCODED.fullmatch(value):
        return None
    try:
        plain = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return plain if plain.isascii() and plain.isprintable() else None


def _is_shuffled(value: str) -> bool:
    """Say whether letters alone, small and capital, are in no order that a name has."""
    return len(_CHANGE.findall(value)) >= _FEWEST_CHANGES and _words(value) < _MOST_WORDS


def _words(value: str) -> float:
    """Return how much of a value's letters and digits is words."""
    said = sum(len(run) for run in _RUN.findall(value) if not _MUMBLE.search(run))
    return said / max(1, sum(map(str.isalnum, value)))
