"""A raw value or a name -> how a message shows it: short, printable, and never a key."""

from decimal import Decimal

from agentic_flow.core.patterns import pattern

_LONGEST = 60
_KEY_LIKE = pattern(r"(sk-|hf_|gh[a-z]_|xox[a-z]-|AKIA)[-_A-Za-z0-9]{6,}")


def shown(raw: object) -> str:
    """Return a value in words: text in quotes, containers by their kind."""
    match raw:
        case None:
            return "null"
        case bool():
            return "true" if raw else "false"
        case int() | float() | Decimal():
            return str(raw)[:_LONGEST]
        case str():
            return repr(_brief(raw))
        case list():
            return "a list"
        case _:
            return "an object"


def dotted(*steps: str | int) -> str:
    """Return the name of a place: `routing`, `rules`, 2, `provider` give `routing.rules[2].provider`."""
    words = (f"[{step}]" if isinstance(step, int) else f".{_word(step)}" for step in steps)
    return "".join(words).removeprefix(".")


def _word(name: str) -> str:
    brief = _brief(name)
    return brief if brief.isprintable() and "." not in brief and brief else repr(brief)


def _brief(text: str) -> str:
    text = _KEY_LIKE.sub("***", text)
    if ":" in text:  # perhaps a URL, whatever is wrong with it: passwords stand before @ and after ?
        text, asked, _ = text.partition("?")
        _, named, host = text.rpartition("@")
        text = ("***@" if named else "") + host + ("?***" if asked else "")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
