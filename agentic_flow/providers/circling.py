"""Tokens or text -> whether a model only says the same over and over. Pure.

A small model that is asked greedily can fall into a circle and never ends; without this it would go on, for
minutes, up to the limit of its answer.
"""

import re
from collections.abc import Sequence

from agentic_flow.core.patterns import pattern

LOOK_EVERY = 64
"""Tokens between two looks."""
_LONGEST_CIRCLE = 100
_SAME_FOR = 600
"""Tokens. A grid of zeros or a table of like rows goes round for a while too, and rightly."""


def circling(tokens: Sequence[int]) -> bool:
    """Say whether the last tokens are one circle, short against how long it has gone on."""
    last = tokens[-_SAME_FOR:]
    return len(last) == _SAME_FOR and any(
        last[size:] == last[:-size] for size in range(1, _LONGEST_CIRCLE + 1)
    )


_FILE = pattern(r"^([^\n`]+)\n(`{3,4})[^\n`]*\n(.*?)\n\2$", re.DOTALL | re.MULTILINE)
_GIVEN_AGAIN = 2
"""Files in a row. One may be given twice in an answer that then goes on."""


def gives_again(text: str) -> bool:
    """Say whether an answer in the form of files ends with some that all stood in it before, to the letter.

    One that is given once more and corrected is another.
    """
    files = [(path, inside) for path, _, inside in _FILE.findall(text)]
    last = range(len(files) - _GIVEN_AGAIN, len(files))
    return len(files) > _GIVEN_AGAIN and all(files[at] in files[:at] for at in last)


_REPEATED = 8
"""Assertions in a row that all stood there before."""
_ENOUGH = 8
"""Assertions in a row in one test. Small models make ever more of them, ever more often wrong ones."""


def asserts_again(text: str) -> bool:
    """Say whether Python code ends with assertions that say nothing new, though not in one short circle.

    Each of the last ones repeats one before it, with nothing but assertions between them.
    """
    run = _assertions_at_end(text)
    new = {line: at for at, line in reversed([*enumerate(run)])}
    return len(run) > _REPEATED and all(new[line] < at for at, line in [*enumerate(run)][-_REPEATED:])


def asserts_enough(text: str) -> bool:
    """Say whether Python code ends with as many assertions as one test needs."""
    return len(_assertions_at_end(text)) >= _ENOUGH


def _assertions_at_end(text: str) -> Sequence[str]:
    lines = [line.strip() for line in text.split("\n")]
    begin = next((at for at in range(len(lines) - 1, -1, -1) if not lines[at].startswith("assert ")), -1)
    return lines[begin + 1 :]
