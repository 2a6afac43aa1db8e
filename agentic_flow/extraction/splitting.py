"""The content of one block -> the files in it, where a small model put several into one fence. Pure.

Each file then stands under a comment that is only its name. A block is split when that cannot be anything
else, and given up when it may be: half of a file is worse than none.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise

from agentic_flow.core.languages import fits
from agentic_flow.core.values import Draft
from agentic_flow.extraction.comments import NamingComment, naming_comment

# Languages whose files hold the names of other files as a matter of course.
_LISTS = ("markdown", "text", "yaml", "toml", "ini", "gitignore", "makefile", "dockerfile", "bash", "diff")


def split(
    path: str, language: str, content: Sequence[str], wanted: Collection[str], before: str = ""
) -> list[Draft] | None:
    """Return the files of a block called `path`; None where a second one may begin, but not certainly.

    `wanted` are the names that the task mentions. `before` is the file as it stands: what it has is its own.
    """
    lists = any(fits(kind, path) for kind in _LISTS)
    stood = {*before.splitlines()}
    named = [] if lists else _names_inside(path, language, content, wanted)
    names = [(at, name) for at, name in named if content[at] not in stood]
    first = next((at for at, line in enumerate(content) if line.strip() and not line.startswith("#!")), -1)
    headed = bool(names) and names[0][0] == first
    if headed:
        at, own = names.pop(0)
        if not own.legal_in(path):
            content = [*content[:at], *content[at + 1 :]]
            names = [(after - 1, name) for after, name in names]
    if not names:
        return [whole(path, content)]
    parts = [whole(path, _without_end(content[: names[0][0]]))]
    for (start, name), (end, _) in pairwise([*names, (len(content), names[-1][1])]):
        said = name.path in wanted or (headed and not content[start - 1].strip())
        lines = _without_end(content[start + (not name.legal_in(name.path)) : end])
        if not said or not any(line.strip() for line in content[start + 1 : end]):
            return None
        parts.append(whole(name.path, lines))
    apart = len({part.path.rpartition("/")[2] for part in parts}) == len(parts)
    return parts if apart and parts[0].text.strip() else None


def whole(path: str, lines: Sequence[str]) -> Draft:
    """Make a file of its lines."""
    return Draft(path, "".join(f"{line}\n" for line in lines))


def _names_inside(
    path: str, language: str, content: Sequence[str], wanted: Collection[str]
) -> list[tuple[int, NamingComment]]:
    named = ((at, naming_comment(line, wanted)) for at, line in enumerate(content))
    return [
        (at, name)
        for at, name in named
        if name
        and (name.path in wanted or not language or fits(language, name.path) or not name.legal_in(path))
    ]


def _without_end(lines: Sequence[str]) -> Sequence[str]:
    last = next((at for at in range(len(lines), 0, -1) if lines[at - 1].strip()), 0)
    return lines[:last]
