"""A text -> the words in it, as a set: how tables of words are written."""


def word_set(table: str) -> frozenset[str]:
    """Read a table of words."""
    return frozenset(table.split())
