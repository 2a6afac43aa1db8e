"""Tokens or text -> whether a model only says the same over and over. Pure.

A small model that is asked greedily can fall into a circle and never ends; without this it would go on, for
minutes, up to the limit of its answer.
"""

from collections.abc import Sequence

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


_REPEATED = 8
"""Assertions in a row that all stood there before."""


def asserts_again(text: str) -> bool:
    """Say whether Python code ends with assertions that say nothing new, though not in one short circle.

    Each of the last ones repeats one before it, with nothing but assertions between them.
    """
    lines = [line.strip() for line in text.split("\n")]
    begin = next((at for at in range(len(lines) - 1, -1, -1) if not lines[at].startswith("assert ")), -1)
    run = lines[begin + 1 :]
    new = {line: at for at, line in reversed([*enumerate(run)])}
    return len(run) > _REPEATED and all(new[line] < at for at, line in [*enumerate(run)][-_REPEATED:])
