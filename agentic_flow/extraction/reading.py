"""The blocks of a reply, one after the other -> the files in it and the problems. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agentic_flow.core.languages import fits, kind_of
from agentic_flow.core.mentions import named_files
from agentic_flow.core.patterns import pattern
from agentic_flow.core.values import Draft
from agentic_flow.extraction.announcing import Doubt
from agentic_flow.extraction.changing import Diffs, by_blocks, file_of_blocks, is_diff_for, told_left_out
from agentic_flow.extraction.comments import DOCUMENTS, leaves_out
from agentic_flow.extraction.definitions import filled
from agentic_flow.extraction.diffs import MARKS
from agentic_flow.extraction.editing import blocks_in
from agentic_flow.extraction.eliding import gap
from agentic_flow.extraction.fences import Block, Cut
from agentic_flow.extraction.losing import lost
from agentic_flow.extraction.naming import Naming, Source, is_code, is_placeholder, name_block, name_element
from agentic_flow.extraction.places import Unmatched
from agentic_flow.extraction.remaining import blocks_left, reasons
from agentic_flow.extraction.splitting import split
from agentic_flow.extraction.using import unused

_TELLS_LITTLE = 3
"""Characters of a line."""
_DOCUMENT = pattern(r"# |---\n[\w-]+:|<(?:h1|p|div|img|picture|a|!--)\b|\[?!\[|[^\n]+\n=+(?:\n|$)")
"""A title, front matter, a picture."""
# Languages in which replies show what a program prints or reads as often as they give a file.
_SHOWN = ("json", "yaml", "toml", "xml", "text", "csv", "ini", "sql")


@dataclass(slots=True)
class Reading:
    """A reply while it is read, block by block."""

    cuttings: Cut
    context: frozenset[str]
    wanted: tuple[str, ...]
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
    outlined: frozenset[str] = frozenset()
    mentioned: frozenset[str] = frozenset()
    task: str = ""
    may_shrink: bool = False
    drafts: dict[str, str] = field(default_factory=dict[str, str])
    lost: dict[str, str] = field(default_factory=dict[str, str])
    pieces: dict[str, str] = field(default_factory=dict[str, str])
    unnamed: list[tuple[Block, Naming]] = field(default_factory=list[tuple[Block, Naming]])
    in_whole: set[str] = field(default_factory=set[str])
    """Drafts that are no changes to a file as it stands."""
    unsure: set[str] = field(default_factory=set[str])
    """Drafts that only a comment of their own names, and that the task does not."""
    distant: tuple[str, str] | None = None
    """The last draft, if only its section's title names it, and its language."""
    unknown: list[tuple[Block, Naming]] = field(default_factory=list[tuple[Block, Naming]])
    """Blocks in no language of a file, under what may be the name of one."""
    changed: str | None = None
    """The last file that was changed in places: what follows without a name is likely to belong to it."""
    homeless: list[int] = field(default_factory=list[int])
    """The lines of search/replace blocks that name no file and fit none, or several."""
    unedited: bool = False
    """Whether there is a search/replace block that cannot be applied."""
    diffs: Diffs = field(default_factory=Diffs)
    taken: set[int] = field(default_factory=set[int])
    """Where blocks begin that have no name and were taken for the file that is named, or that they repeat."""
    again: set[str] = field(default_factory=set[str])
    """The shown file that a block without a name was taken for, since it gives most of it once more."""
    dropped: list[str] = field(default_factory=list[str])

    def read(self, block: Block) -> None:
        """Take one block for what it is."""
        content = self.cuttings.content(block)
        known = self.context | set(self.wanted)
        naming = (
            name_element(block.path, self.mentioned)
            if block.path is not None
            else name_block(self.cuttings, block, content, known, self.mentioned)
        )
        if changes := blocks_in(content):
            self._read_changes(block, naming.path, *changes)
        elif is_diff_for(naming, content, {*self.texts, *self.drafts}):
            self._read_diff(block, naming, content)
        elif not naming.path:
            script = content[:1] and content[0].startswith("#!")
            if naming.doubt is None and (is_code(naming.language) or script):
                self._doubt_distant(naming.language)
                self.unnamed.append((block, naming))
            elif naming.doubt is None and naming.under:
                self.unknown.append((block, naming))
        elif naming.doubt:
            if naming.doubt is Doubt.PART:
                self.pieces[naming.path] = naming.why
        elif naming.path not in self.wanted and is_placeholder(naming.path):
            self._lose(naming.path, "this is not a name but stands for one")
        elif not block.closed:
            self._lose(naming.path, "the reply ends, or the next file begins, before its end is marked")
        else:
            self._take(self._meant(naming.path, content), naming, block, content)

    def outcome(self) -> tuple[list[Draft], list[str]]:
        """Return what was found, and what was not."""
        self._apply_diffs()
        self._take_what_only_the_task_names()
        self._drop_what_nobody_asked_for()
        self._keep_what_would_be_lost()
        problems = [f"{path}: {why}" for path, why in self.lost.items()]
        problems += [
            f"{path}: {why}"
            for path, why in {**self.pieces, **self.diffs.unseen}.items()
            if path not in {*self.drafts, *self.lost}
        ]
        problems += [f"the search/replace block in line {at} names no file" for at in self.homeless]
        if self.diffs.changed or not self.drafts:  # else they tell of files that are given whole
            problems += [
                f"the diff in line {at} names no file, and fits none or several" for at in self.diffs.astray
            ]
        if not self.drafts and not problems:
            problems = reasons(self.unnamed, thinking=self.cuttings.thinking)
        return [Draft(path, text) for path, text in self.drafts.items()], problems

    def _read_changes(self, block: Block, path: str | None, head: str, content: Sequence[str]) -> None:
        """Take a block that changes a file in places by search/replace."""
        standing = {**self.texts, **self.drafts}
        found = file_of_blocks(standing, path, head, content, self.changed)
        if found is not None:
            self.changed = found
            self._edit(found, standing[found], content)
        elif path:
            self._lose(path, "there is no file of that name to change; give it whole")
        else:
            self.homeless.append(block.start + 1)

    def _edit(self, path: str, text: str, content: Sequence[str]) -> None:
        if path in self.lost:
            return
        try:
            self.drafts[path] = by_blocks(path, text, content)
        except Unmatched as why:
            self.unedited = True
            self._lose(path, str(why))

    def _read_diff(self, block: Block, naming: Naming, content: Sequence[str]) -> None:
        """Take a block that is a diff: a change of files, or the file that the task asks for as one."""
        if any(kind_of(path) in MARKS for path in named_files(self.task) if path not in self.context):
            self.unnamed.append((block, Naming(None, language="diff")))
            return
        above = "\n".join(self.cuttings.lines[block.above : block.start])
        self.diffs.add(content, block.start + 1, naming.path, above, closed=block.closed)

    def _apply_diffs(self) -> None:
        """Make the changes that are given as diffs, unless the reply is a document that shows them."""
        if self._is_document() and not self.diffs.names(self.wanted[0]):
            self.diffs.put_aside()
        self.diffs.apply(self.texts, self.drafts, self.in_whole)
        self.drafts.update(self.diffs.changed)
        for path, why in self.diffs.lost.items():
            self._lose(path, why)

    def _meant(self, path: str, content: Sequence[str]) -> str:
        """Return the shown file that a name without its folder means, where most of it is given again."""
        if path in {*self.texts, *self.wanted}:
            return path
        shown = [each for each in self.context & self.texts.keys() if each.endswith(f"/{path}")]
        return shown[0] if len(shown) == 1 and self._holds_most_of(shown[0], content) else path

    def _holds_most_of(self, path: str, content: Sequence[str]) -> bool:
        old = filled(self.texts[path].splitlines())
        return bool(old) and 2 * (Counter(old) & Counter(filled(content))).total() >= len(old)

    def _take(self, path: str, naming: Naming, block: Block, content: Sequence[str]) -> None:
        if why := self._why_not_whole(path, content, document=block.markdown):
            self._lose(path, why)
            return
        files = split(path, naming.language, content, self.wanted, self.texts.get(path, ""))
        if files is None:
            self._lose(path, "another file begins inside its fence, and it is not certain where")
            return
        self.distant = (path, naming.language) if naming.source is Source.TITLE else None
        for file in files:
            self.lost.pop(file.path, None)
            self.drafts[file.path] = file.text
            self.in_whole.add(file.path)
            if naming.source is Source.COMMENT and file.path not in {*self.wanted, *self.context}:
                self.unsure.add(file.path)
            else:
                self.unsure.discard(file.path)

    def _why_not_whole(self, path: str, content: Sequence[str], *, document: bool) -> str | None:
        """Say why what is given as a whole file is none, by what it holds; None where it may be one."""
        known = self.texts.get(path, "")
        left_out = (
            None
            if document or kind_of(path) in DOCUMENTS
            else next((line for line in content if leaves_out(line) and line not in known), None)
        )
        if left_out is None and path in self.context & self.texts.keys():
            left_out = gap(path, known, content)
        if left_out is not None:
            return told_left_out(left_out)
        if path in self.outlined:
            return "only its outline was shown, so it cannot be given whole; change it by blocks"
        return None

    def _lose(self, path: str, why: str) -> None:
        self.drafts.pop(path, None)
        self.lost[path] = why

    def _doubt_distant(self, language: str) -> None:
        """Take back a file named only by its section's title when a second block like it follows."""
        if self.distant and self.distant[1] == language:
            self._lose(self.distant[0], "several blocks stand under its name")
            self.distant = None

    def _take_what_only_the_task_names(self) -> None:
        """Give a block without a name to the one file of its language that is named, or that it repeats."""
        whole, length = self._whole_reply(), len(self.cuttings.lines)
        alike = Counter(naming.language for _, naming in self.unnamed)
        for block, naming in self.unnamed:
            if alike[naming.language] > 1 or not block.closed:
                continue
            if whole and 2 * (block.end - block.start) < length:  # an example in a document
                continue
            fitting = [path for path in self.wanted if fits(naming.language, path)]
            if not (fitting or self.drafts):
                fitting = self._given_again(naming.language, self.cuttings.content(block))
            path = fitting[0] if len(fitting) == 1 else None
            if path is None or path in self.drafts or path in self.lost:
                continue
            if naming.beside and path not in naming.beside:  # the line above gives it to another
                continue
            alone = len(self.unnamed) == 1 and self.drafts.keys() <= self.unsure
            if alone or not any(fits(language, path) for language in _SHOWN):
                self.taken.add(block.start)
                if path not in self.wanted:
                    self.again.add(path)
                self._take(path, naming, block, self.cuttings.content(block))
        if whole and self._is_document():
            for names in (self.drafts, self.lost, self.pieces):  # the document's own examples
                names.clear()
            path = self.wanted[0]
            self.drafts[path] = whole
            self.in_whole.add(path)
            if why := self._why_not_whole(path, whole.splitlines(), document=True):
                self._lose(path, why)

    def _whole_reply(self) -> str | None:
        """Return a reply that is the one Markdown file the task names: it begins as such files do."""
        text = "\n".join(self.cuttings.lines).strip()
        alone = len(self.wanted) == 1 and kind_of(self.wanted[0]) == "md"
        whole = _DOCUMENT.match(text) and all(block.closed for block in self.cuttings.blocks)
        return f"{text}\n" if alone and whole else None

    def _is_document(self) -> bool:
        """Say whether the reply is that file, as no block of it is one that the task is about."""
        found = {*self.drafts, *self.lost}
        return self._whole_reply() is not None and found.isdisjoint({*self.wanted, *self.context})

    def _drop_what_nobody_asked_for(self) -> None:
        """Where the task names its files, leave out one that only calls itself one and that none uses."""
        if any(path in self.drafts for path in self.wanted):
            for path in list(unused(self.unsure, self.drafts)):
                del self.drafts[path]
                self.dropped.append(path)

    def _given_again(self, language: str, content: Sequence[str]) -> list[str]:
        """Return the one file that was shown, where a block without a name gives most of it once more."""
        shown = [*self.context & self.texts.keys()]
        fitting = len(self.context) == len(shown) == 1 and fits(language, shown[0])
        return shown if fitting and self._holds_most_of(shown[0], content) else []

    def _keep_what_would_be_lost(self) -> None:
        """Take back each draft that is only a piece of a file that was shown."""
        if self.may_shrink:
            return
        gains = {path: _lines(text) - _lines(self.texts.get(path, "")) for path, text in self.drafts.items()}
        for path in self.context & self.texts.keys() & self.in_whole & self.drafts.keys():
            others = {line for other, new in gains.items() if other != path for line in new}
            if why := lost(self.texts[path], self.drafts[path], self.task, others):
                self._lose(path, why)

    @property
    def is_words(self) -> bool:
        """Whether nothing in the reply is called a file, nor a piece or a change of one."""
        files = (
            self.drafts.keys() - self.again - self.diffs.changed.keys(),
            self.lost.keys() - self.again - self.diffs.lost.keys(),
            self.pieces,
            self.homeless,
            self.dropped,
            self.unknown,
        )
        ends = all(block.closed for block, _ in self.unnamed)
        return not any(files) and ends and not self.cuttings.thinking

    @property
    def changes(self) -> bool:
        """Whether the reply has changes of files that cannot be made."""
        return self.unedited or any((self.homeless, self.diffs.lost, self.diffs.unseen))

    def left_out(self) -> list[str]:
        """Return what may be a file and was not taken for one."""
        left = [each for each in (*self.unnamed, *self.unknown) if each[0].start not in self.taken]
        dropped = (f"{path} (the task does not name it)" for path in self.dropped)
        return [*blocks_left(left), *dropped, *(f"the diff in line {at}" for at in self.diffs.astray)]


def _lines(text: str) -> set[str]:
    """Return the lines of a text that tell something: a lone bracket is in every file."""
    return {said for line in text.splitlines() if len(said := line.strip()) > _TELLS_LITTLE}
