"""The files of a reply -> those of some that no other file speaks of. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from agentic_flow.core.languages import kind_of
from agentic_flow.core.patterns import pattern

_USES = pattern(r"(?:\b(?:import|from|require|include|use|mod)\b|src=|href=)([^\n]{1,100})")
_WORD = pattern(r"\w+")


def unused(doubtful: Collection[str], drafts: Mapping[str, str]) -> Iterator[str]:
    """Yield the doubtful ones among the drafts that none of the others uses."""
    there = [path for path in doubtful if path in drafts]
    used = {path: _names_used(path, text) for path, text in drafts.items()} if there else {}
    users = Counter(name for names in used.values() for name in names)
    for path in there:
        stem = path.rpartition("/")[2].partition(".")[0]
        if users[stem] <= (stem in used[path]):
            yield path


def _names_used(path: str, text: str) -> frozenset[str]:
    """Return the words with which a file may speak of others that it needs."""
    if kind_of(path) in ("md", "txt", "rst"):
        return frozenset()
    return frozenset(word for line in _USES.findall(text) for word in _WORD.findall(line))
