"""A text -> the places of keys that say what they are (`ghp_...`, a private key's block, a webhook). Pure."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from enum import IntEnum, auto
from functools import cache
from typing import AnyStr, NamedTuple

from agentic_flow.core.drawn import is_key
from agentic_flow.core.patterns import pattern


class Kind(IntEnum):
    """How a key is known."""

    FORM = auto()
    """It says itself what it is."""
    KEY = auto()
    """What stands before it says so, of a value that a machine drew."""
    PASSWORD = auto()
    """What stands before it says so, of a value that a person may have made up."""


class Found(NamedTuple):
    """Where a key stands in a text."""

    begin: int
    over: int
    kind: Kind


_FORMS = r"""
    sk-(?=[\w-]*\d)[\w-]{20,}
    sk_(?:live|test)_\w{16,} rk_(?:live|test)_\w{16,} whsec_[\w+/=-]{24,} sq0[a-z]{3}-[\w-]{22,}
    gh[opsur]_[A-Za-z0-9]{30,} github_pat_\w{30,} gl(?:pat|dt|rt|ptt|cbt|ft|soat|agent|imt|oas)-[\w.-]{20,}
    xox[abeprs]-[A-Za-z0-9-]{20,} xapp-\d-[A-Za-z0-9-]{20,}
    hf_[A-Za-z0-9]{30,} npm_[A-Za-z0-9]{30,} pypi-[\w-]{50,} rubygems_[0-9a-f]{40,} dckr_[a-z]{3}_[\w-]{20,}
    AKIA[A-Z0-9]{16} ASIA[A-Z0-9]{16} AIza[\w-]{35} GOCSPX-[\w-]{24,} ya29\.[\w-]{30,}
    SG\.[\w-]{16,99}\.[\w-]{16,} SK[0-9a-fA-F]{32} key-[0-9a-f]{32} AA(?<=\d:AA)[\w-]{33}
    eyJ[\w-]{8,2000}\.eyJ[\w-]{8,2000}\.[\w-]{16,}
    gsk_\w{40,} xai-\w{40,} r8_\w{30,} pplx-\w{40,} nvapi-[\w-]{40,}
    dop_v1_[0-9a-f]{40,} doo_v1_[0-9a-f]{40,} shp[a-z]{2,3}_[0-9a-fA-F]{32} dapi[0-9a-f]{32} HRKU-[\w-]{36,}
    hvs\.[\w-]{24,} hvb\.[\w-]{24,} tskey-[a-z]{2,8}-[\w-]{20,} AGE-SECRET-KEY-1[A-Z0-9]{50,}
    lin_api_\w{32,} ntn_\w{40,} ATATT3[\w=-]{60,} fig[dou]_[\w-]{36,} PMAK-[0-9a-f]{24}-[0-9a-f]{34}
    dp\.[a-z]{2,5}\.\w{40,} glsa_\w{36,} NRAK-[A-Z0-9]{27} pat\w{14}\.[0-9a-f]{64}
    pscale_[a-z]{2,6}_[\w.-]{32,} sbp_[0-9a-f]{40} sb_secret_[\w-]{20,}
    ops_eyJ[\w+/=-]{100,} A3-[A-Z0-9]{6}-[A-Z0-9-]{20,} p8e-[a-z0-9]{32} LTAI[A-Za-z0-9]{20}
    AKCp[A-Za-z0-9]{60,} ABIA[A-Z2-7]{16} ACCA[A-Z2-7]{16} ABSK[\w+/=]{100,} EAA(?<![/+]EAA)[A-Za-z0-9]{80,}
    EZ[AT]K[A-Za-z0-9]{54} dor_v1_[0-9a-f]{40,} CLOJARS_\w{60} dt0c01\.[\w.]{60,}
    FLWSECK[\w-]{32,} fio-u-[\w-]{60,}
    fm[12][ar]?_[\w+/=]{100,} GR1348941[\w-]{20} api_org_[A-Za-z]{34} pul-[0-9a-f]{40} tk-us-[\w-]{48}
    xkeysib-[\w-]{80,} sntrys_[\w+/=]{60,} sntryu_[0-9a-f]{64} shippo_[a-z]{4}_[0-9a-f]{40} sgp_[\w]{40,}
    glc_[\w+/=]{32,} eyJrIjoi[\w+/=]{60,} pat\.[\w-]{22}\.\w{24}\.\w{20} API-[A-Z0-9]{26}
    NRII-[\w-]{32} ico-[A-Za-z0-9]{32}
    LS0tLS1CRUdJTi(?:BSU0EgUFJJ|BQUklW|BFQyBQUkl|BPUEVOU1NI|BFTkNSWVBU|BFUEdQIFBSSV)[\w+/=]{40,}
"""
"""Forms of keys as their makers describe them; a signed JSON Web Token (RFC 7519); a block in base64.

The first two characters of each are spelled out: a run of characters is compared to few of them.
"""
_SIGNS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
_IN_RUNS = bytes(97 if sign in _SIGNS else 32 for sign in range(256))
_SHORTEST = b"a" * 20
"""Of what is long enough for a key."""
_SHORTEST_OTHER = 36
_BLOCK = pattern(
    r"-----BEGIN [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-]|-(?!----))+-----END [A-Z ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:[\s\\nr\"'+>|]{0,16}[A-Za-z0-9+/=]{40,80})*)"
)
_OTHERS = pattern(
    r"\w{14}\.atlasv1\.[\w=-]{60,}|[0-9a-f]{32}-us\d{1,2}(?!\w)"
    r"|[a-z]{2,9}(?:_[a-z0-9]{2,8}){0,2}_(?P<drawn>[A-Za-z0-9]{30,})(?!\w)"
)
"""Two that begin with what was drawn; and any other maker's, as most do it: a name, a line, many letters."""
_OF_THREE_KINDS = pattern(r"(?=.*\d)(?=.*[A-Z])(?=.*[a-z])")
_JOINTS = pattern(r"[._-]+")
_ESCAPED = pattern(r"(?<=\\)[nrt]")
"""The end of a line in a string: `\\nghp_...`; what it seems to be may be the key's own."""
_SUMS = ("256=", "384=", "512=")
"""What stands before a checksum."""


def _by_beginning() -> Mapping[str, str]:
    forms = defaultdict[str, list[str]](list)
    for form in _FORMS.split():
        forms[form[:2]].append(form)
    return {begin: rf"(?:{'|'.join(each)})(?![A-Za-z0-9])" for begin, each in forms.items()}


_KEYS = _by_beginning()


@cache
def _form(begin: str) -> re.Pattern[str]:
    return re.compile(_KEYS[begin])


def index(text: str) -> bytes:
    """Return a text with one byte a character: quick to look through, and every place is the text's own."""
    return text.encode("latin-1", "replace")


def places(mark: AnyStr, signs: AnyStr) -> Iterator[int]:
    """Yield where a mark stands."""
    at = signs.find(mark)
    while at >= 0:
        yield at
        at = signs.find(mark, at + len(mark))


def runs(mark: bytes, signs: bytes) -> Iterator[tuple[int, int]]:
    """Yield where runs without a blank begin, each with this mark, and where they end."""
    at = signs.find(mark)
    while at >= 0:
        over = signs.find(b" ", at)
        over = len(signs) if over < 0 else over
        yield at, over
        at = signs.find(mark, over)


def plain_keys(text: str, signs: bytes) -> Iterator[Found]:
    """Yield where keys begin and end that are known by their form alone."""
    for at, over in runs(_SHORTEST, signs.translate(_IN_RUNS)):
        if text[at - 4 : at] in _SUMS:
            continue
        ways = (_begin(text, at + 1), _begin(text, at)) if _ESCAPED.match(text, at) else (_begin(text, at),)
        if found := next(filter(None, (_key_at(text, begin, over - begin) for begin in ways)), None):
            yield Found(*found.span(), Kind.FORM)
    if b"PRIVATE KEY" in signs:
        yield from (Found(*found.span(), Kind.FORM) for found in _BLOCK.finditer(text))


def _begin(text: str, at: int) -> int:
    """Return where a run begins behind the signs that no key begins with: `...sk-`, `_ghp_`."""
    found = _JOINTS.match(text, at)
    return found.end() if found else at


def _key_at(text: str, begin: int, length: int) -> re.Match[str] | None:
    start = text[begin : begin + 2]
    if start in _KEYS and (found := _form(start).match(text, begin)):
        return found
    found = _OTHERS.match(text, begin) if length >= _SHORTEST_OTHER else None
    drawn = found and found["drawn"]
    return found if not drawn or (_OF_THREE_KINDS.match(drawn) and is_key(drawn)) else None
