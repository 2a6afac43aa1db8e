"""Task -> the files it asks for, as far as its words say so. Pure.

A task also names files that it only speaks of: what a program reads, what is to be tested, an argument in
an example. The words right before a name tell them apart. In doubt a task asks for no file by name, and the
model chooses.
"""

import re
from collections.abc import Iterator, Sequence

from agentic_flow.core.filenames import bare_words, is_file_name, word_set
from agentic_flow.core.values import Task

_SPOKEN_OF = word_set("""
for of from read reads reading load loads loading open opens opening parse parses parsing use uses using
import imports importing include includes run runs test tests testing call calls link links given existing
example like than against via e.g
""")
_KEEPS = word_set("""
writes saves stores keeps logs appends dumps exports prints outputs creates generates persists puts records
""")
_INTO = word_set("to into in as called named")
_BETWEEN = word_set("a an the file files script module program our my your its this that")
_NEGATIONS = word_set("not don't never without leave")
_STARTERS = word_set("python python3 node bash sh ruby go php perl")
_CHANGES = word_set("""
fix change update move rename refactor split extract modify rewrite extend replace convert edit improve
""")
_SINGLE = word_set("function script program class method file snippet query page")
_SEVERAL = word_set("""
files modules scripts pages tests package project app application api service site website
""")
_COMMAND = re.compile(r"`[^`\n]*\s[^`\n]*`")
_WORD = re.compile(r"[a-z.']+")


def wanted_files(task: Task) -> tuple[str | None, ...]:
    """Return the files that the reply is to hold, in the order in which the task names them.

    None is one file whose name is left to the model. Empty where the task leaves open how many there are.
    """
    prose = _COMMAND.sub(" ", task.text)
    commands = " ; ".join(command.strip("`") for command in _COMMAND.findall(task.text))
    names = tuple(dict.fromkeys([*_asked_in(prose), *_started_in(commands)]))
    said = set(_WORD.findall(task.text.lower()))
    shown = {file.shown for file in task.context}
    new = tuple(name for name in names if name not in shown)
    if names:
        return new if new and not said & _CHANGES else names
    return (None,) if said & _SINGLE and not (said & _SEVERAL or shown) else ()


def _asked_in(prose: str) -> Iterator[str]:
    words = list(bare_words(prose))
    last = 0
    for at, word in enumerate(words):
        if is_file_name(word):
            if not _only_spoken_of([said.lower() for said in words[last:at]]):
                yield word
            last = at + 1


def _only_spoken_of(before: Sequence[str]) -> bool:
    """Read the words between the name before and this one."""
    said = [word for word in before if word not in _BETWEEN]
    if not said:
        return False
    by_the_program = said[-1] in _INTO and bool(_KEEPS & set(said[-8:]))
    return said[-1] in _SPOKEN_OF or by_the_program or bool(_NEGATIONS & set(said[-3:]))


def _started_in(commands: str) -> Iterator[str]:
    words = list(bare_words(commands))
    for before, word in zip(["", *words], words, strict=False):
        if is_file_name(word) and before in _STARTERS:
            yield word
