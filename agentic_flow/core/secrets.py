"""Text -> where keys and passwords stand in it, by their form alone. Pure, and quick on what holds none.

Some keys say what they are (`keyforms`). Others are known by the name in front of them (`keynames`) or by the
place they stand in, the header, command or address that says who one is: such a value counts where it looks
drawn and not written (`drawn`).
"""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from agentic_flow.core.drawn import decoded, is_key, is_password, stands_in
from agentic_flow.core.keyforms import Found, Kind, index, places, plain_keys
from agentic_flow.core.keynames import named_keys
from agentic_flow.core.patterns import pattern

_AUTH = pattern(
    r"""(?:orization)?["'\\]{0,2}[ ]{0,4}[:=,][ ]{0,4}["'\\]{0,2}(?P<way>(?:basic|bearer|token|apikey)[ ])?
    [ ]{0,3}(?P<value>[A-Za-z0-9._~+/-]{8,2000}={0,2})""",
    re.VERBOSE | re.IGNORECASE,
)
_USER = pattern(
    r"(?<=[ -]-u)(?:ser)?[ =]?[\"']?[^\s:\"'$]{1,80}(?::|[ ]-p[ ]?[\"']?)(?P<value>[^\s\"']{6,200})"
)
_LOGIN = pattern(r"(?P<user>[^\s/:@\"'`<>]{0,80}):(?P<value>[^\s/@\"'`<>]{1,200})@(?P<host>[\w.-]+)")
_ADDRESS = pattern(
    r"hooks\.slack\.com/(?:services|workflows)/[\w/]{24,}|discord(?:app)?\.com/api/webhooks/\d{15,}/[\w-]{50,}"
    r"|[^\s\"'<>?]{1,300}\?(?:[^\s\"'<>]{0,300}&)?sig=[\w%-]{30,300}"
)
"""Who knows such an address may do something there."""
_JWK = pattern(r"\"(?:d|k)\"\s{0,4}:\s{0,4}\"(?P<value>[\w-]{20,})\"")
"""The private part of a JSON Web Key (RFC 7517)."""
_LOCAL = pattern(r"[^.]+|localhost.*|127\..*|.*\.(?:local|test|localhost)", re.IGNORECASE)
_EXAMPLE = pattern(r"(?:^|\.)example\b")
_MATERIAL = pattern(r"[A-Za-z0-9+/=]{40,64}")


def without_keys(text: str, put: str = "[key]", *, fixture: bool = False) -> str:
    """Return a text with `put` in the place of each key and password that is known by its form.

    In what a test says only those that open something: it needs the ones that a person made up.
    """
    found = (each for each in _real(text) if each.kind is not Kind.PASSWORD) if fixture else _spans(text)
    kept: list[str] = []
    end = 0
    for begin, over, _ in sorted(found):
        if over > end:
            kept += [text[end : max(begin, end)], put if begin >= end else ""]
            end = over
    return "".join((*kept, text[end:])) if end else text


def holds_key(text: str, *, fixture: bool = False) -> bool:
    """Say whether a key or a password stands in a text; in a test, none that a person made up."""
    return any(not fixture or found.kind is not Kind.PASSWORD for found in _real(text))


def _real(text: str) -> Iterator[Found]:
    """Yield the keys that are there to open something."""
    for found in _spans(text):
        if found.kind is not Kind.FORM or _is_real(text[found.begin : found.over]):
            yield found


def _is_real(key: str) -> bool:
    """Say whether a key by its form is there to open something, and not to show the form."""
    if not key.startswith("-----"):
        return not stands_in(key)
    material = _MATERIAL.search(key)
    return material is not None and is_key(material[0])


def _spans(text: str) -> Iterator[Found]:
    """Yield the keys and passwords. Most texts are only looked through for how one begins."""
    signs = index(text)
    yield from plain_keys(text, signs)
    for at in places(b"://", signs):
        if (found := _LOGIN.match(text, at + len("://"))) and _is_login(found):
            yield Found(*found.span("value"), Kind.PASSWORD)
        elif found := _ADDRESS.match(text, at + len("://")):
            yield Found(*found.span(), Kind.FORM)
    if b'"kty"' in signs:
        yield from (Found(*found.span("value"), Kind.KEY) for found in _JWK.finditer(text))
    lower = signs.lower()
    yield from named_keys(text, lower)
    yield from _credentials(text, lower)


def _credentials(text: str, lower: bytes) -> Iterator[Found]:
    """Yield what a header, a command or an address says who one is with."""
    for at in places(b"auth", lower):
        if found := _AUTH.match(text, at + len("auth")):
            user, colon, password = (decoded(found["value"]) or "").partition(":")
            if (user and colon and is_password(password)) or (found["way"] and is_key(found["value"])):
                yield Found(*found.span("value"), Kind.KEY)
    for at in places(b"-u", lower):
        if (found := _USER.match(text, at + len("-u"))) and is_password(found["value"]):
            yield Found(*found.span("value"), Kind.PASSWORD)


def _is_login(found: re.Match[str]) -> bool:
    value, host = unquote(found["value"]), found["host"].lower()
    if value == found["user"] or _EXAMPLE.search(host):
        return False
    return is_password(value, weak=not _LOCAL.fullmatch(host))
