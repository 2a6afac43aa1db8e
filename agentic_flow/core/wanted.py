"""Task -> the files it asks for, as far as its words say so. Pure.

A task also names files that it only speaks of: what a program reads, what is to be tested, an argument in
an example. The words right before a name tell them apart. In doubt a task asks for no file by name, and the
model chooses.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from agentic_flow.core.filenames import bare_words, has_extension
from agentic_flow.core.mentions import made_files, named_files
from agentic_flow.core.patterns import pattern
from agentic_flow.core.scope import asks_for_one, asks_for_tests, words_asked_for
from agentic_flow.core.values import Task
from agentic_flow.core.words import word_set

CHANGES = word_set("""
fix change update move rename refactor split extract modify rewrite extend replace convert edit improve
""")
"""What is asked for where a file that is there is to be another."""
_MOVES = word_set("move moved moves split extract")
_NEW = word_set("""
write create generate build produce develop convert port translate turn split move extract test tests
readme dockerfile makefile changelog config configuration requirements documentation docs files modules module
script page package api schreibe schreib erstelle erzeuge generiere écris crée génère escribe crea genera
""")
"""Where a task speaks of one of these, it may be about another file than the one that is shown."""
_INSIDE = word_set("""
method methods function functions docstring docstrings comment comments annotations hints property decorator
""")
"""What stands in a file that is there, whatever is said of how it comes there."""
_SINGLE = word_set("function script program class method file snippet query page")
_SEVERAL = word_set("""
files modules scripts pages tests package project app application api service site website
""")
_PLEASANTRIES = word_set("""
hi hey hello hallo hiya yo welcome good morning afternoon evening day night bye goodbye thanks thank thx
cheers ok okay yes no please sorry how what what's is who are you your name doing going up there today nice
test testing ping
""")
_LEADS_OVER = word_set("and plus also then finally with in a an the file script module")
_SIGNS = ' \t\n,;:(`*"-'
_LONGEST_CHAT = 8
"""Words."""
_MOST_SAID = 600
"""Characters said of one file that are worth saying twice."""
_WORD = pattern(r"[a-z.']+")


def wanted_files(task: Task) -> tuple[str | None, ...]:
    """Return the files that the reply is to hold, in the order in which the task names them.

    None is one file whose name is left to the model. Empty where the task leaves open how many there are.
    """
    shown = [file.shown for file in task.context]
    names = _named(task.text, shown)
    said = set(_WORD.findall(task.text.lower()))
    new = tuple(name for name in names if name not in shown)
    if new and len(new) == len(names) and shown and said & _MOVES:  # what it comes from changes, too
        return (*shown, *names) if len(shown) == 1 else ()
    if names:
        return new if new and not said & CHANGES else names
    if shown:
        return tuple(_tests_of(task))
    return (None,) if asks_for_one(task.text) else ()


def changed_file(task: Task) -> str | None:
    """Return the one file that is shown, where a task that names none can hardly be about another."""
    if len(task.context) != 1 or wanted_files(task) or made_files(task.text):
        return None
    said = set(re.findall(r"[^\W\d_]+", task.text.lower()))
    apart = said & _NEW and not _INSIDE.intersection(words_asked_for(task.text))
    return None if apart else task.context[0].shown


def means(name: str, path: str) -> bool:
    """Say whether a name may be that of a file, wherever it lies: README is README.md."""
    said, there = PurePosixPath(name.lower()).name, PurePosixPath(path.lower()).name
    return said == there or (not has_extension(name) and there.startswith(f"{said}."))


def _named(text: str, shown: Sequence[str]) -> tuple[str, ...]:
    """Return the files that a text asks for by name, those that were shown as they were shown.

    Beside a file that was shown, another is only asked for where it is said to be made: to speak of one is
    how people say where a mistake came from, what a thing is like, and what else there is.
    """
    names = named_files(text)
    if not shown:
        return names
    made = made_files(text)
    return tuple(dict.fromkeys(path for name in names for path in _shown_as(name, shown, made)))


def _shown_as(name: str, shown: Sequence[str], made: Mapping[str, bool]) -> Sequence[str]:
    alike = [path for path in shown if means(name, path)]
    below = [path for path in alike if f"/{path.lower()}".endswith(f"/{name.lower()}")]
    if name in shown or (name in made and not (alike and made[name])):
        return [name]
    return below if len(below) == 1 else alike if len(alike) == 1 else []


def _tests_of(task: Task) -> Iterator[str]:
    """Yield where tests of the one given module belong, if a task asks for them and names no file."""
    if len(task.context) == 1 and asks_for_tests(task.text):
        module = PurePosixPath(task.context[0].shown)
        if module.suffix == ".py" and not module.name.startswith("test_"):
            yield str(module.with_name(f"test_{module.name}"))


def names_work(task: Task) -> bool:
    """Say whether a task asks for anything: 'hi', 'thank you' and 'who are you?' do not."""
    words = [word.lower().rstrip("!.?") for word in bare_words(task.text)]
    chat = 0 < len(words) <= _LONGEST_CHAT and _PLEASANTRIES.issuperset(words)
    return not chat or task.piped is not None or bool(task.context)


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
