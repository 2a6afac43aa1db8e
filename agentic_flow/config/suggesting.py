"""A word that is not known -> the word that was probably meant."""

from collections.abc import Iterable


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the nearest of `choices`, or nothing where none is near."""
    import difflib

    folded = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(word[:200].casefold(), folded, n=1, cutoff=0.6)
    return f"; did you mean {folded[near[0]]!r}?" if near else ""
