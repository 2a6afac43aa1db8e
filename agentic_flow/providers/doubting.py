"""A file that is to change, and a model that only repeats it -> where it doubted most that this is right.

Small models that are asked to correct a file often copy it, mistake and all. But while they copy, they doubt:
right at the mistake another token is nearly as likely. So an answer that changed nothing is taken back to
that place, and goes on from there with the other token.
"""

import io
import tokenize
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate

from agentic_flow.core.frozen import frozen

_FENCE = b"`"
_MOST_DOUBTS = 3
"""Places that are tried, one after the other."""
_SURE = 5.0
"""A token whose score leads by more (150 times as likely) is no doubt."""


@frozen
class Doubt:
    """A token of the copy, and the one that was the next likeliest there."""

    at: int
    """How many tokens of the file came before it."""
    other: int
    lead: float
    """By how much the one that was made was likelier."""


def squeezed(text: str) -> str:
    """Return a text without what changes nothing: empty lines, and spaces at the ends of lines."""
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip())


class Copy:
    """An answer in the making that so far only repeats a file."""

    def __init__(self, original: str) -> None:
        self._original = squeezed(original)
        self._text = ""
        self._held = ""
        self._pieces = list[bytes]()
        self._likeliest = list[Sequence[tuple[int, float]]]()
        self.tokens = list[int]()
        self.broken = False
        """Whether the answer has left the original."""

    def note(self, likeliest: Sequence[tuple[int, float]]) -> None:
        """Remember the two likeliest tokens, with their scores, before the next is added."""
        self._likeliest.append(likeliest)

    def add(self, text: str, made: Iterable[tuple[int, bytes]] = ()) -> str:
        """Take tokens with their bytes, and the text that they have made sure; return what may be shown.

        That is nothing while the answer may be taken back, and all from where it leaves the original on.
        """
        for token, piece in made:
            self.tokens.append(token)
            self._pieces.append(piece)
        self._held += text
        if not self.broken:
            self._text += text
            self.broken = not self._original.startswith(squeezed(self._text))
        return self.release() if self.broken else ""

    def release(self) -> str:
        """Return what was held back."""
        text, self._held = self._held, ""
        return text

    @property
    def unchanged(self) -> bool:
        """Whether the whole answer is the original."""
        return not self.broken and squeezed(self._text) == self._original

    def doubts(self, path: str, spell: Callable[[int], bytes]) -> Sequence[Doubt]:
        """Return the places where the model was least sure, the least sure first."""
        remarks = set(_remarks(b"".join(self._pieces))) if path.endswith(".py") else set[int]()
        found = list[Doubt]()
        begin, end = 0, len(self._text.encode())
        steps = zip(
            self.tokens, self._pieces, self._likeliest, strict=False
        )  # an end is no token of the text
        for at, (token, piece, ((best, high), (next_best, low))) in enumerate(steps):
            other = next_best if token == best else best
            inside = 0 < begin < end and begin not in remarks
            if inside and high - low <= _SURE and _differs(spell(other), piece):
                found.append(Doubt(at, other, high - low))
            begin += len(piece)
        return sorted(found, key=lambda doubt: doubt.lead)[:_MOST_DOUBTS]


def _differs(spelling: bytes, piece: bytes) -> bool:
    """Say whether a token makes another text of a file, and not only other empty space or the file's end."""
    return bool(spelling.strip()) and spelling.strip() != piece.strip() and _FENCE not in spelling


def _remarks(source: bytes) -> Iterator[int]:
    """Yield the places, in bytes, of what no computer reads: comments and docstrings."""
    lines = source.splitlines(keepends=True)
    begins = [*accumulate(map(len, lines), initial=0)]

    def place(spot: tuple[int, int]) -> int:
        line, column = spot
        before = lines[line - 1].decode(errors="replace")[:column] if line <= len(lines) else ""
        return begins[min(line, len(begins)) - 1] + len(before.encode())

    at_start = True
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.decode(errors="replace")).readline):
            if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and at_start):
                yield from range(place(token.start), place(token.end))
            at_start = token.type in _BEFORE_A_STATEMENT
    except (tokenize.TokenError, SyntaxError):
        return  # the fence that ends the file, or no Python


_BEFORE_A_STATEMENT = (
    tokenize.ENCODING, tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT
)  # fmt: skip
