"""A text -> the values that a name in front of them calls keys and passwords, `DB_PASSWORD=...`. Pure."""

import re
from collections.abc import Iterator, Mapping

from agentic_flow.core.drawn import is_key, is_password
from agentic_flow.core.keyforms import Found, Kind, places
from agentic_flow.core.patterns import pattern

_NAMES: Mapping[bytes, tuple[str, int]] = {
    b"pass": (r"(?:word|wd|phrase|code|wort|e)?", 6),
    b"pwd": ("", 6),
    b"identified by": ("", 6),
    b"secret": (r"(?:_key_base|_base)?", 12),
    b"key": (r"(?:-data)?", 16),
    b"token": ("", 16),
}
"""How a name ends that has a secret for its value -> what may follow, and the fewest characters of one."""
_OF_MACHINES = (b"secret", b"key", b"token")
_FOREIGN = ("contraseña", "ароль", "密码", "密碼", "密钥", "口令", "パスワード", "비밀번호")
"""Names in other letters; what stands before them is of no matter."""
_OF_KEYS = pattern(
    r"""(?:(?i:api|access|secret|auth|account|private|encrypt(?:ion)?|sign(?:ing)?|master|client|storage|shared
    |service|deploy|jwt|session|app|security|webhook|admin)[ ]?
    |(?<![A-Za-z])(?!(?i:public|pub|primary|cache|sort|foreign|partition|anon|publishable|site|idempotency|group|index
    |map|hash|range|row|object|unique|natural|surrogate|composite|lookup|search|record|event|routing|message|dedup
    |file|i18n|translation|state|query|item|path|s3|redis|test)[_-])[A-Za-z][A-Za-z0-9]{1,20}[_-])$""",
    re.VERBOSE,
)
"""What stands before "key" where it is no dictionary's and no table's."""
_OF_NO_SECRETS = pattern(
    r"(?:[cx]srf|page|next|prev(?:ious)?|start|cursor|continuation|pagination|sync|authenticity|protection"
    r"|public_?key|verification|device|cancel)[_ -]?$",
    re.IGNORECASE,
)
"""What stands before "token" where it opens nothing."""
_SUFFIX = (
    r"(?:_?(?:prod|production|staging|live|dev|main|primary|value|old|new|text|plain)(?![a-z])|_?\d{1,2})?"
)
_SIGN = r"""["'`\]\\]{0,4}(?:
      [ ]-p[ ]?  # sshpass
    | (?:[ \t]{0,8}|[ ]?[,{]?\r?\n(?:[ \t]{0,40}\w{1,20}[ ]*=[^\n]{0,80}\n){0,3}[ \t]{0,40})
        ["'`]?(?:value|default)["'`]?[ ]{0,8}[:=]  # in an attribute, on a line of its own
    | [ ]?:[ ]?[&\w<>\[\]']{2,20}[ ]?=  # behind a type
    | [ \t]{0,16}(?P<sign>:=|=>|=|:|\uff1a|\u662f|\u4e3a|\u306f)
    | (?:[ ](?:for|of|on|to)[ ][\w ./-]{1,40}?)?[ ](?:is|ist|est|es)(?:[ ]set[ ]to)?:?(?=[ ])
    | (?P<call>[,(][ \t]{0,4}(?=[bBrRuUfF@]?["'`]))
    | >(?=[^\s<>]{6,300}</)
    | (?P<space>[ \t]{1,8})
    )(?P<gap>[ \t]{0,8})"""
_VALUE = r"""(?:[bBrRuUfF@L\\]?(?P<quote>["'`])(?P<quoted>(?:(?!(?P=quote))[^\s\\]){6,500})\\?(?P=quote)
    |(?P<plain>[A-Za-z0-9!@\#^&*+/=~?%$._:-]{6,1000}+)(?=["'`,;)\]}<|\\\s]|[^\x00-\x7f]|$))"""
_SHORTEST_KEY = 12
_COMPACT = pattern(r"[\w+/=.~-]+")
"""The signs of a key that is that short, right behind its name and a sign: an expression has others."""
_BEFORE_SCALAR = pattern(r"[ \t]{0,40}(?:- )?[\w.-]{0,40}")
"""What stands before a value on its line in YAML, the name included."""
_SHORTEST_SCALAR = 8
_FEWEST_DIGITS = 2
_GOES_ON = pattern(r"&[\w-]+=.*|[.:?]+$")
"""What follows a value without a blank: the next of an address, the end of a sentence."""
_ENDS = {name: pattern(f"{rest}{_SUFFIX}", re.IGNORECASE) for name, (rest, _) in _NAMES.items()}
_BESIDE = pattern(f"{_SIGN}{_VALUE}", re.VERBOSE | re.IGNORECASE)


def named_keys(text: str, lower: bytes) -> Iterator[Found]:
    """Yield the values that are secrets; `lower` is the text as `index` has it, in small letters."""
    for name, (_, shortest) in _NAMES.items():
        for at in places(name, lower):
            end = _ENDS[name].match(text, at + len(name))
            found = _BESIDE.match(text, end.end()) if end else None
            if found and _is_of_secret(name, at, found):
                yield from _judged(found, shortest, machine=name in _OF_MACHINES)
    if not text.isascii():
        for word in _FOREIGN if b"??" in lower else _FOREIGN[:1]:  # the others' letters are none of Latin's
            for at in places(word, text):
                if found := _BESIDE.match(text, at + len(word)):
                    yield from _judged(found, 6, machine=False)


def _is_of_secret(name: bytes, at: int, found: re.Match[str]) -> bool:
    """Say whether a name that ends in this word, which stands here, is one of a secret."""
    text = found.string
    before = text[max(0, at - 24) : at]
    if name == b"key":
        return _OF_KEYS.search(before) is not None
    if name == b"token":
        return _OF_NO_SECRETS.search(before) is None
    if (
        name == b"pass" and not text[at + len(name)].isalpha()
    ):  # no more of the word: it is no "bypass", and no verb
        begins = not before[-1:].isalpha() or before[-1:].islower() != text[at].islower()
        if found["call"] and before[-1:] != "_":
            return False
        return not found["space"] and (begins or before.endswith("ssh"))
    return True


def _judged(found: re.Match[str], shortest: int, *, machine: bool) -> Iterator[Found]:
    """Yield the value of a name where it is a secret."""
    which = "quoted" if found["quoted"] else "plain"
    value: str = found[which] if which == "quoted" else _GOES_ON.sub("", found[which])
    if found["space"]:  # a word beside another may be anything
        if not any(map(str.isdigit, value)):
            return
        shortest += 4 if machine else 2
    if machine and found["sign"] and _COMPACT.fullmatch(value):
        shortest = _SHORTEST_KEY
    if len(value) < shortest:
        return
    behind = found.string[found.end() : found.end() + 1]
    bare = which == "plain" and (found["sign"] != "=" or bool(found["gap"]) or behind in (",", ")"))
    bare = bare and (machine or not _is_scalar(found, value))
    if is_key(value.removeprefix("base64:"), bare=bare) if machine else is_password(value, bare=bare):
        begin = found.start(which)
        yield Found(begin, begin + len(value), Kind.KEY if machine else Kind.PASSWORD)


def _is_scalar(found: re.Match[str], value: str) -> bool:
    """Say whether a bare value is all that is said on its line of YAML, where a variable has no place.

    A type, as others write it there, has hardly two digits.
    """
    text, begin = found.string, found.start("plain")
    line = text[max(text.rfind("\n", 0, begin) + 1, begin - 200) : found.start()]
    return (
        found["sign"] == ":"
        and bool(found["gap"])
        and len(value) >= _SHORTEST_SCALAR
        and sum(map(str.isdigit, value)) >= _FEWEST_DIGITS
        and text[begin + len(value) : begin + len(value) + 1] in ("", "\r", "\n")
        and _BEFORE_SCALAR.fullmatch(line) is not None
    )
