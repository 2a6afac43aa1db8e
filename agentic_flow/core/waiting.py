"""How long a thread may wait at a stretch, and how a time is said."""

NAP = 0.25
"""Seconds. A thread of a batch hears that it is to end only between two of its steps in Python."""


def in_seconds(time: float) -> str:
    """Say a time as a person does: 3,600 s, 37 s, 2.96 s."""
    return f"{time:,.0f} s" if time >= 10 else f"{time:.3g} s"  # noqa: PLR2004 - two digits are enough
