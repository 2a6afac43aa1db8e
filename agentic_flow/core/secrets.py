"""Text -> where keys and passwords stand in it, by their form alone. Pure, and quick on what holds none.

Some keys say what they are (`ghp_...`). Others are known by the name in front of them, `PASSWORD=...`: their
value counts where it looks drawn and not written. "changeme", "<your-password>", `$PASSWORD`,
`os.environ[...]`, "password123" and a variable's name are what people write where no secret stands.
"""

import re
from collections.abc import Iterator, Mapping

_FORMS: Mapping[str, str] = {
    "sk-": r"sk-(?=[\w-]{0,80}\d)[A-Za-z0-9_-]{20,}",
    "gh": r"gh[pousr]_[A-Za-z0-9]{30,}",
    "github_pat_": r"github_pat_\w{30,}",
    "hf_": r"hf_[A-Za-z0-9]{30,}",
    "xox": r"xox[abeprs]-[A-Za-z0-9-]{20,}",
    **dict.fromkeys(("AKIA", "ASIA"), r"A[KS]IA[A-Z0-9]{16}"),
    "AIza": r"AIza[\w-]{35}",
    "glpat-": r"glpat-[\w-]{20,}",
    "npm_": r"npm_[A-Za-z0-9]{30,}",
    **dict.fromkeys(("sk_live_", "rk_live_"), r"[sr]k_live_[A-Za-z0-9]{16,}"),
    "SG.": r"SG\.[\w-]{16,99}\.[\w-]{16,}",
    "eyJ": r"eyJ[\w-]{8,2000}\.eyJ[\w-]{8,2000}\.[\w-]{16,}",  # a JSON Web Token (RFC 7519), signed
}
"""How a key begins -> its whole form."""
_KEYS = {mark: re.compile(rf"{form}(?![A-Za-z0-9])") for mark, form in _FORMS.items()}
_BLOCK = re.compile(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?:[^-]|-(?!----))+-----END [A-Z ]{0,30}PRIVATE KEY-----)?"
)

_SHORTEST: Mapping[str, int] = {
    "password": 6,
    "passwd": 6,
    "passphrase": 6,
    "pwd": 6,
    "secret": 10,
    "key": 12,
    "token": 16,
}
"""How a name ends that has a secret for its value -> the fewest characters of one."""
_OF_KEYS = tuple(
    f"{word}{joint}"
    for word in ("api", "access", "secret", "auth", "account", "private", "encryption", "signing", "master")
    for joint in ("", "_", "-")
)
"""What stands before "key" where it is no dictionary's and no table's."""
_FOLLOWS = frozenset("0123456789\"'` \t:=")
_ASSIGNED = re.compile(
    r"""\d?["'`]?(?:[ \t]{0,8}(?P<sign>:=|=>|=|:)|[ ]is:?)(?P<gap>[ \t]{0,8})
    (?:(?P<quote>["'`])(?P<quoted>[^\s"'`]{6,300})(?P=quote)
    |(?P<plain>[A-Za-z0-9!@\#^&*+/=~?%._-]{6,300})(?=[\s"'`,;)\]}<|]|$))""",
    re.VERBOSE,
)
_BEARER = re.compile(r"[ \t]{1,4}(?P<value>[A-Za-z0-9._~+/-]{20,500}={0,2})")
_LOGIN = re.compile(r"(?P<user>[^\s/:@\"'`<>]{0,80}):(?P<value>[^\s/@\"'`<>]{1,200})@(?P<host>[\w.-]+)")

_WRITTEN = re.compile(
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
_CODE = re.compile(
    r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+|[a-z_]+(?:_[a-z]+)*\d?|[A-Z]+(?:_[A-Z0-9]+)+|[a-z]+\d?[A-Z][a-zA-Z]+\d?"
)
"""A variable, or what is read from one."""
_INSTEAD = re.compile(r"[$<{\[%(*]|.*(?:\$\{|\{\{|\$\(|\.\.\.)")
"""How a value begins, or what it holds, that stands for another."""
_FEWEST_DRAWN = 5


def without_keys(text: str, put: str = "[key]") -> str:
    """Return a text with `put` in the place of each key and password that is known by its form."""
    kept: list[str] = []
    end = 0
    for begin, over in sorted(_spans(text)):
        if over > end:
            kept += [text[end : max(begin, end)], put if begin >= end else ""]
            end = over
    return "".join((*kept, text[end:])) if end else text


def holds_key(text: str) -> bool:
    """Say whether a key or a password stands in a text."""
    return next(_spans(text), None) is not None


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where a key begins and ends. Most texts are only looked through for how one begins."""
    for at in _places("://", text):
        if (found := _LOGIN.match(text, at + len("://"))) and _is_password(found):
            yield found.span("value")
    if "PRIVATE KEY-----" in text:
        yield from (found.span() for found in _BLOCK.finditer(text))
    if any(digit in text for digit in "0123456789"):  # all others have some
        yield from _tokens(text)
        yield from _values(text)


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    for mark, form in _KEYS.items():
        over = 0
        for at in _places(mark, text):
            if at >= over and not _goes_on(text, at) and (found := form.match(text, at)):
                yield found.span()
                over = found.end()


def _values(text: str) -> Iterator[tuple[int, int]]:
    lower = text.lower()
    if len(lower) != len(text):  # some letter is two in lower case, and all behind it stand elsewhere
        lower = "".join(letter.lower() if letter.isascii() else letter for letter in text)
    for name, shortest in _SHORTEST.items():
        for at in _places(name, lower):
            over = at + len(name)
            if lower[over : over + 1] not in _FOLLOWS or (
                name == "key" and not lower.endswith(_OF_KEYS, 0, at)
            ):
                continue
            if (found := _ASSIGNED.match(text, over)) and _is_secret(found, shortest):
                yield found.span("quoted" if found["quoted"] else "plain")
    for at in _places("bearer", lower):
        if (found := _BEARER.match(text, at + len("bearer"))) and _is_drawn(found["value"], 16):
            yield found.span("value")


def _goes_on(text: str, at: int) -> bool:
    """Say whether a word that began before goes on at a place."""
    return at > 0 and (text[at - 1].isalnum() or text[at - 1] == "_")


def _places(mark: str, text: str) -> Iterator[int]:
    at = text.find(mark)
    while at >= 0:
        yield at
        at = text.find(mark, at + len(mark))


def _is_secret(found: re.Match[str], shortest: int) -> bool:
    value: str = found["quoted"] or found["plain"]
    if found["plain"]:
        spaced = bool(found["gap"]) and found["sign"] != ":"
        called = found.string[found.start() - 1].islower() and found.string[
            found.end() : found.end() + 1
        ] in (",", ")")
        if _CODE.fullmatch(value) or ((spaced or called) and value.isidentifier()):
            return False
    return len(value) >= shortest and _is_drawn(value, _FEWEST_DRAWN)


def _is_drawn(value: str, fewest: int) -> bool:
    """Say whether a value is none of what people write: enough is left, of letters and of something else."""
    if _INSTEAD.match(value):
        return False
    left = re.sub(r"[._-]", "", _WRITTEN.sub("", value))
    letters = sum(map(str.isalpha, left))
    return len(left) >= fewest and 0 < letters < len(left)


def _is_password(found: re.Match[str]) -> bool:
    value, host = found["value"], found["host"].lower()
    if value == found["user"] or _INSTEAD.match(value) or host.startswith("example."):
        return False
    return sum(map(str.isalnum, _WRITTEN.sub("", value))) > 3  # noqa: PLR2004  (an abbreviation is a stand-in)
