"""Text -> why it should stay on this machine: a key, a password, personal data that proves itself. Pure."""

import re

from agentic_flow.core.secrets import holds_key

_CARD = re.compile(r"(?<![\d.])(?:\d[ -]?){12,18}\d(?![\d.])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b")
_SOCIAL = re.compile(r"\b(?:ssn|social security)\D{0,30}\d{3}-\d{2}-\d{4}\b", re.IGNORECASE)
_FEWEST_KINDS = 4
"""Different digits in a card's number; test numbers such as 4444 4444 4444 4448 have fewer."""
_FEWEST_DIGITS = 9
_NO_DIGITS = dict.fromkeys(map(ord, "0123456789"))


def private_reason(text: str) -> str | None:
    """Return what in `text` is nobody else's business, in words that do not repeat it; None for nothing.

    Cards are checked by Luhn's sum (ISO/IEC 7812-1) and account numbers by their remainder (ISO 13616), so
    that numbers in a mathematics task are not taken for them.
    """
    if holds_key(text):
        return "it holds a key or a password"
    if len(text) - len(text.translate(_NO_DIGITS)) < _FEWEST_DIGITS:
        return None
    if any(_is_card(match[0]) for match in _CARD.finditer(text)):
        return "it holds a payment card's number"
    if any(_is_iban(match[0]) for match in _IBAN.finditer(text)):
        return "it holds a bank account's number"
    if _SOCIAL.search(text):
        return "it holds a social security number"
    return None


def _is_card(found: str) -> bool:
    digits = [int(sign) for sign in found if sign.isdigit()]
    if not 3 <= digits[0] <= 6 or len(set(digits)) < _FEWEST_KINDS:  # noqa: PLR2004  (networks' first digits, ISO/IEC 7812)
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004  (Luhn: 5 * 2 has two digits)
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_iban(found: str) -> bool:
    plain = found.replace(" ", "")
    number = "".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])
    return int(number) % 97 == 1
