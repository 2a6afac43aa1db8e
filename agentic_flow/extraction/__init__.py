"""Reply text -> drafts of files, and why others could not be had. Pure: no disk, and no trust in any path.

What a model sends is prose with files in it, in a form of its own choosing. A draft is taken only where the
reply names a file and gives it whole; all else is prose.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from agentic_flow.core.filenames import fits
from agentic_flow.core.values import Draft
from agentic_flow.extraction.announcing import Doubt, is_path, tidy
from agentic_flow.extraction.comments import leaves_out
from agentic_flow.extraction.fences import Block, Cut, cut
from agentic_flow.extraction.naming import Naming, is_code, name_block
from agentic_flow.extraction.splitting import split

_MOST_REASONS = 3


@dataclass(frozen=True, slots=True)
class Extraction:
    """What a reply holds."""

    drafts: tuple[Draft, ...]
    """The files given whole, in the order they first appear, each path once: the last word on it counts."""
    problems: tuple[str, ...]
    """One sentence for each file that the reply meant to give and that cannot be taken from it. Without any
    draft: why not."""


def extract(reply: str, *, context: Collection[str] = (), named: Sequence[str] = ()) -> Extraction:
    """Find the files in a complete reply.

    `context` are the names under which files were shown to the model, `named` those that the task mentions:
    both are file names whatever they look like, and a reply that is one unnamed block of code is the one
    file that a task names.
    """
    cuttings = cut(reply)
    wanted = [tidy(name) for name in named]
    reading = _Reading(cuttings, frozenset(tidy(name) for name in context), tuple(dict.fromkeys(wanted)))
    for block in cuttings.blocks:
        reading.read(block)
    return reading.outcome()


@dataclass(slots=True)
class _Reading:
    """A reply while it is read, block by block."""

    cuttings: Cut
    context: frozenset[str]
    wanted: tuple[str, ...]
    drafts: dict[str, str] = field(default_factory=dict[str, str])
    lost: dict[str, str] = field(default_factory=dict[str, str])
    pieces: dict[str, str] = field(default_factory=dict[str, str])
    unnamed: list[tuple[Block, Naming]] = field(default_factory=list[tuple[Block, Naming]])
    distant: tuple[str, str] | None = None

    def read(self, block: Block) -> None:
        """Take one block for what it is."""
        content = self.cuttings.content(block)
        known = self.context | set(self.wanted)
        naming = (
            _element(block) if block.path is not None else name_block(self.cuttings, block, content, known)
        )
        if not naming.path:
            if naming.unsaid and is_code(naming.language):
                self._doubt_distant(naming.language)
                self.unnamed.append((block, naming))
            return
        if naming.doubt:
            if naming.doubt is Doubt.PART:
                self.pieces[naming.path] = naming.why
        elif naming.path not in self.wanted and _is_placeholder(naming.path):
            self._lose(naming.path, "this is not a name but stands for one")
        elif not block.closed:
            self._lose(naming.path, "the reply ends, or the next file begins, before its end is marked")
        else:
            self._take(naming, content, may_lack=not block.markdown)

    def outcome(self) -> Extraction:
        """Return what was found."""
        if not self.drafts and not self.lost:
            self._take_the_one_wanted()
        problems = [f"{path}: {why}" for path, why in self.lost.items()]
        problems += [
            f"{path}: {why}" for path, why in self.pieces.items() if path not in {*self.drafts, *self.lost}
        ]
        if not self.drafts and not problems:
            problems = self._reasons()
        return Extraction(tuple(Draft(path, text) for path, text in self.drafts.items()), tuple(problems))

    def _take(self, naming: Naming, content: Sequence[str], *, may_lack: bool) -> None:
        path = naming.path or ""
        gap = next((line.strip() for line in content if leaves_out(line)), None) if may_lack else None
        if gap is not None:
            self._lose(path, f"parts of it are left out ({gap[:80]!r})")
            return
        files = split(path, naming.language, content, self.wanted)
        if files is None:
            self._lose(path, "another file begins inside its fence, and it is not certain where")
            return
        self.distant = (path, naming.language) if naming.distant else None
        for file in files:
            self.lost.pop(file.path, None)
            self.drafts[file.path] = file.text

    def _lose(self, path: str, why: str) -> None:
        self.drafts.pop(path, None)
        self.lost[path] = why

    def _doubt_distant(self, language: str) -> None:
        """Take back a file named only by its section's title when a second block like it follows."""
        if self.distant and self.distant[1] == language:
            self._lose(self.distant[0], "several blocks stand under its name")
            self.distant = None

    def _take_the_one_wanted(self) -> None:
        whole_blocks = [(block, naming) for block, naming in self.unnamed if block.closed]
        fitting = {path for path in self.wanted for _, naming in whole_blocks if fits(naming.language, path)}
        if len(whole_blocks) == 1 and len(self.unnamed) == 1 and len(fitting) == 1:
            block, naming = whole_blocks[0]
            content = self.cuttings.content(block)
            self._take(Naming(fitting.pop(), language=naming.language), content, may_lack=not block.markdown)

    def _reasons(self) -> list[str]:
        if self.cuttings.thinking:
            return ["the reply ends while the model still thinks"]
        reasons = [
            f"the {naming.language} block in line {block.start + 1} has no file name"
            if block.closed
            else f"the {naming.language} block in line {block.start + 1} has no end"
            for block, naming in self.unnamed
        ]
        return reasons[:_MOST_REASONS] or ["the reply holds no block that is a file"]


def _element(block: Block) -> Naming:
    path = tidy((block.path or "").strip())
    return (
        Naming(path)
        if is_path(path, labelled=True)
        else Naming(path or "<file>", Doubt.PART, "this is no file name")
    )


def _is_placeholder(path: str) -> bool:
    """Say whether a name is the one an example shows: models copy it."""
    name = path.rpartition("/")[2].partition(".")[0].lower()
    return path.startswith(("path/to/", "/path/to/")) or name in {
        "filename",
        "file_name",
        "file-name",
        "your_file",
    }
