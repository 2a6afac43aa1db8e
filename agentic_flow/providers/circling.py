"""Tokens -> whether a model only says the same over and over. Pure.

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
