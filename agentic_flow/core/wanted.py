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
_LEADS_OVER = word_set("and plus also then finally with in a an the file script module")
_SIGNS = ' \t\n,;:(`*"-'
_MOST_SAID = 600
"""Characters said of one file that are worth saying twice."""
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


def said_of(path: str, paths: Sequence[str], text: str) -> str:
    """Return what a task says of one of the files it asks for: from its name on, up to the next one's.

    Empty where it does not name the file as it is written here, and where that is long.
    """
    begins = {each: text.find(each) for each in paths}
    begin = begins[path]
    end = min((at for at in begins.values() if at > begin), default=len(text))
    if begin < 0 or end - begin > _MOST_SAID:
        return ""
    said = text[begin:end].rstrip(_SIGNS)
    while said.rpartition(" ")[2].lower() in _LEADS_OVER:  # it leads over to the next file
        said = said.rpartition(" ")[0].rstrip(_SIGNS)
    return said


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
