"""Text -> why it should stay on this machine: a key, a password, personal data that proves itself. Pure."""

import re
from collections.abc import Iterable, Iterator

from agentic_flow.core.keyforms import index, places, runs
from agentic_flow.core.patterns import pattern
from agentic_flow.core.secrets import holds_key

_CARD = pattern(r"\d{4}([ -])\d{4}\1\d{4}\1\d{4}|3\d{3}([ -])\d{6}\2\d{4,5}|(?P<plain>\d{13,19})")
_OF_CARDS = pattern(
    r"cards?\b|credit|visa|amex|mastercard|payment|cvv|cvc|kreditkart|carte|tarjeta|карт|卡|カード|카드",
    re.IGNORECASE,
)
"""What stands near a card's number in one piece: one in ten of other numbers has its sum."""
_IBAN = pattern(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_SOCIAL = pattern(r"\D{0,30}(?!000|666|9|123-45-6789|111-|222-|333-)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\d-])")
_DIGITS = bytes(48 if 48 <= sign <= 57 else 32 for sign in range(256))  # noqa: PLR2004  (from "0" to "9")
_FOUR = b"0000"
"""As so many digits have it; no number that is looked for has fewer in a row."""
_LONGEST = 42
"""Of an account's number in groups of four."""
_NEAR = 200
_FEWEST_DIGITS = 13
_JOINTS = (" ", "-")
_FEWEST_KINDS = 4
"""Different digits in a card's number; test numbers such as 4444 4444 4444 4448 have fewer."""
_FOR_TESTS = frozenset(
    [
        "378282246310005",
        "371449635398431",
        "30569309025904",
        "6011000990139424",
        "3566002020360505",
        "4012888888881881",
        "4000056655665556",
        "5200828282828210",
        "4532015112830366",
        "5577006791947779410",
    ]
)
"""Numbers that the networks and their customers give away, and one that Go's generator begins with."""
_FIXTURE = pattern(
    r"(?:^|/)(?:tests?|specs?|__tests__|testdata|test_data|fixtures?|__fixtures__|mocks?|__mocks__|e2e|cypress)/"
    r"|(?:^|/)(?:test_[^/]*|conftest\.py)$|[._-](?:test|spec|tests)\.\w{1,4}$|Tests?\.\w{1,4}$"
    r"|[._-](?:example|sample|template|dist|tmpl)(?:\.\w{1,5})?$"
)


def is_fixture(path: str) -> bool:
    """Say whether a file belongs to tests, or shows how another is to be filled."""
    return _FIXTURE.search(path) is not None


def private_reason(text: str, *, fixture: bool = False) -> str | None:
    """Return what in `text` is nobody else's business, in words that do not repeat it; None for nothing.

    Cards are checked by Luhn's sum (ISO/IEC 7812-1) and account numbers by their remainder (ISO 13616), so
    that numbers in a mathematics task are not taken for them. In a test's fixture people and their passwords
    are made up, keys may be real.
    """
    if holds_key(text, fixture=fixture):
        return "it holds a key or a password"
    if fixture:
        return None
    signs = index(text)
    digits = signs.translate(_DIGITS)
    if numbers := list(runs(_FOUR, digits)):
        if any(map(_is_card, _cards(text, numbers))):
            return "it holds a payment card's number"
        if any(map(_is_iban, _accounts(text, numbers))):
            return "it holds a bank account's number"
        lower = signs.lower()
        for name in (b"ssn", b"social security"):
            if any(_SOCIAL.match(text, at + len(name)) for at in places(name, lower)):
                return "it holds a social security number"
    return None


def _cards(text: str, numbers: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Yield what has the shape of a card's number."""
    for at, over in numbers:
        if over - at < _FEWEST_DIGITS and text[over : over + 1] not in _JOINTS:
            continue
        found = _CARD.match(text, at)
        if found is None or _goes_on(text, at, found.end()):
            continue
        if not found["plain"] or _OF_CARDS.search(text, max(0, at - _NEAR), at + _NEAR):
            yield found[0]


def _accounts(text: str, numbers: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Yield what has the shape of an account's number: letters stand close before four digits of it."""
    for at, _ in numbers:
        if (last := text[at - 1 : at]) == " " or last.isupper():
            begin = max(0, at - len("GB29 NWBK "))
            yield from (
                found[0]
                for found in _IBAN.finditer(text, begin, at + _LONGEST)
                if not _goes_on(text, found.start(), found.end())
            )


def _goes_on(text: str, at: int, over: int) -> bool:
    """Say whether a number is a part of something longer."""
    before, behind = text[max(0, at - 1) : at], text[over : over + 2]
    return (before.isascii() and (before.isalnum() or before in (".", "-", "_"))) or (
        behind[:1].isascii() and (behind[:1].isalnum() or behind[:1] == "_" or behind[1:].isdigit())
    )


def _is_card(found: str) -> bool:
    number = [int(sign) for sign in found if sign.isdigit()]
    if not 3 <= number[0] <= 6 or len(set(number)) < _FEWEST_KINDS:  # noqa: PLR2004  (networks' first digits, ISO/IEC 7812)
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in number[-2::-2]]  # noqa: PLR2004  (Luhn: 5 * 2 has two digits)
    return (sum(number[-1::-2]) + sum(doubled)) % 10 == 0 and "".join(map(str, number)) not in _FOR_TESTS


def _is_iban(found: str) -> bool:
    plain = found.replace(" ", "")
    number = "".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])
    return int(number) % 97 == 1
