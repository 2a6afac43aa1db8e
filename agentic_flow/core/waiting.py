"""How long a thread may wait at a stretch."""

NAP = 0.25
"""Seconds. A thread of a batch hears that it is to end only between two of its steps in Python."""
