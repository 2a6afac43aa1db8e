"""Words -> the files in them that are to be written, apart from those that are only spoken of. Pure.

A person who asks for a program also names what it reads, what it writes, and how it is called. What stands
around a name tells them apart.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from agentic_flow.core.filenames import bare_word, has_extension, is_file_name, is_spaced_name, split_words
from agentic_flow.core.frozen import frozen
from agentic_flow.core.languages import is_data, kind_of
from agentic_flow.core.patterns import pattern
from agentic_flow.core.words import word_set

_SPOKEN_OF = word_set("""
for of from on over read reads reading load loads loading open opens opening parse parses parsing use uses
using import imports importing include includes run runs test tests testing call calls link links given
existing example see like than against via e.g say cat if when where whether unless suppose assuming input
argument parameter remove removes delete deletes drop
""")
_TURNS = word_set("converts turns translates transforms copies renames merges compares splits")
_KEEPS = word_set("""
writes saves stores keeps logs appends dumps exports prints outputs creates generates persists puts records
""")
_SEEKS = word_set("""
counts sums adds averages searches looks finds sorts lists shows displays checks replaces removes
""")
_PLAIN = word_set("""
count sum add average search look find sort list show display check replace remove print save store keep log
append
""")
_MODALS = word_set("to should must can could will would may")
_MAKES = word_set("write create make add generate produce output provide implement new")
_MOVES = word_set("move moves go goes write extract split put place factor copy rename")
_IT = word_set("it that which program script tool command function app code")
_DONE = word_set("stored saved kept logged recorded persisted found listed")
_BEING = word_set("is are be being was were gets get")
_CALLED = word_set("called run started invoked used tried works work")
_INTO = word_set("to into in inside as called named")
_UNDER = word_set("under within")
_OUTSIDE = ("/", "~", "..")
_BETWEEN = word_set("a an the file files script module program our my your its this that text")
_NEGATIONS = word_set("not don't never without leave")
_ITS = word_set("a an the its an only first")
_GIVEN_AS = word_set("input argument parameter source")
_STARTERS = word_set("python python3 node bash sh ruby go php perl")
_AFTER_A_COMMAND = word_set("""
prints shows gives returns outputs writes creates saves should must will does is and or that which to then for
""")
_PROGRAMS = word_set("py sh bash js mjs ts rb pl php go")
_IN_TICKS = pattern(r"`([^`\n]+)`")
_OPTION = pattern(r"--?[A-Za-z][\w-]*(=.*)?")
_ENDS = (",", ".", ";", ":", "!", "?")
_PIPES = ("|", "<", ">", ">>")
_NEAR = 8
"""Words before a name that still speak of it."""


@frozen
class _Word:
    """A word of the task."""

    bare: str
    """Without the signs around it."""
    is_name: bool
    ends: bool
    """Whether a sign or the end of the line parts it from the next one."""

    @property
    def lower(self) -> str:
        return self.bare.lower()


@lru_cache(16)  # each stage of a run asks it of its task
def named_files(text: str) -> tuple[str, ...]:
    """Return the names of the files that a text asks for, in order, each once."""
    commands = _commands(text)
    prose = _words(_IN_TICKS.sub(lambda ticked: " " if ticked[1] in commands else ticked[0], text))
    return tuple(dict.fromkeys([*_asked_in(prose), *_started_in(commands)]))


def made_files(text: str) -> dict[str, bool]:
    """Return those of the files that a text asks for by name which it says are to be made: 'add b.py'.

    Each with whether it may be there already: 'move it to b.py'; and without an ending, 'add a README'.
    """
    made, last, was_made = dict[str, bool](), -1, False
    words = _words(text)
    for at, word in enumerate(words):
        if not word.is_name:
            continue
        said = [each.lower for each in words[last + 1 : at] if each.lower not in _BETWEEN]
        was_made = _is_to_be_made(said[-_NEAR:]) or (was_made and said[-1:] in ([], ["and"], ["plus"]))
        last = at
        if was_made and not word.bare.startswith(_OUTSIDE):
            made[word.bare] = bool(said) and (said[-1] not in _MAKES or not has_extension(word.bare))
    asked = named_files(text)
    return {name: there for name, there in made.items() if name in asked}


def _is_to_be_made(near: Sequence[str]) -> bool:
    """Read the words between the name before and this one for what is to become of it."""
    match near:
        case []:
            return False
        case [*_, verb] if verb in _MAKES:
            return True
        case [*before, "to"]:  # what is added to a file is added to one that is there
            return bool(_MOVES.intersection(before))
        case [*before, place]:
            return place in _INTO | _UNDER and bool((_MAKES | _MOVES).intersection(before))
        case _:
            return False


@lru_cache(16)  # each file that is wanted asks it
def called_with_arguments(text: str) -> frozenset[str]:
    """Return the programs that a text calls with something behind their name, as in `python tip.py 80`."""
    called = [_words(command) for command in _commands(text)]
    return frozenset(
        program.bare
        for words in (*called, _words(_IN_TICKS.sub(" ; ", text)))
        for before, program, argument in zip(words, words[1:], words[2:], strict=False)
        if before.lower in _STARTERS and program.is_name and not program.ends and _is_argument(argument)
    )


def _is_argument(word: _Word) -> bool:
    return word.lower not in _AFTER_A_COMMAND and word.bare not in (*_PIPES, "")


def _commands(text: str) -> Sequence[str]:
    return [said for said in _IN_TICKS.findall(text) if " " in said and not is_spaced_name(said)]


def _words(text: str) -> Sequence[_Word]:
    return [
        _Word(bare, is_file_name(bare) or is_spaced_name(bare), word.endswith(_ENDS) or at == len(line))
        for line in map(split_words, text.splitlines())
        for at, (word, bare) in enumerate(zip(line, map(bare_word, line), strict=True), 1)
    ]


def _asked_in(words: Sequence[_Word]) -> Iterator[str]:
    arguments = set(_arguments(words))
    last, was_spoken_of = -1, False
    for at, word in enumerate(words):
        if not word.is_name:
            continue
        said = [each.lower for each in words[last + 1 : at] if each.lower not in _BETWEEN]
        was_spoken_of = (
            at in arguments
            or _only_spoken_of(said, word.bare)
            or (was_spoken_of and _goes_on(said, words[last], word))
            or _given_as_input(words[at + 1 : at + 4])
        )
        last = at
        if not was_spoken_of:
            yield word.bare


def _arguments(words: Sequence[_Word]) -> Iterator[int]:
    """Yield the places of the names that stand behind a program or an option, as on a command line."""
    calls = False
    for at, word in enumerate(words):
        before = words[at - 1] if at else None
        behind = before is not None and (calls or _takes(before, word))
        if _OPTION.fullmatch(word.bare) or (word.is_name and behind):
            yield at
        started = before is not None and before.lower in _STARTERS and word.is_name
        calls = (started or (calls and word.lower not in _AFTER_A_COMMAND)) and not word.ends


def _takes(before: _Word, word: _Word) -> bool:
    """Say whether two words side by side are a pipe, an option or a program, and the file it is given."""
    if before.bare in _PIPES or _OPTION.fullmatch(before.bare):
        return True
    program = before.is_name and kind_of(before.bare) in _PROGRAMS
    return program and not before.ends and kind_of(word.bare) not in _PROGRAMS


def _only_spoken_of(said: Sequence[str], name: str) -> bool:
    """Read the words between the name before and this one, those that say nothing left out."""
    near = said[-_NEAR:]
    match near:
        case []:
            return False
        case [*_, verb, "with" | "as"] if verb in _CALLED:
            return True
        case [*_, "such", "as"]:
            return True
        case _:
            pass
    into = near[-1] in _INTO
    return (
        near[-1] in _SPOKEN_OF | _TURNS
        or (into and bool(_KEEPS & set(near)))
        or (is_data(name) and ((into and _the_program_does(near)) or _it_is_to_make(near)))
        or bool(_NEGATIONS & set(near[-3:]))
    )


def _the_program_does(near: Sequence[str]) -> bool:
    """Say whether words tell what a program does to a file, where others would ask for it."""
    pairs = set(pairwise(near))
    may = any(modal in _MODALS and verb in _PLAIN for modal, verb in pairs)
    lies_there = any(being in _BEING and done in _DONE for being, done in pairs)
    return bool(_SEEKS & set(near)) or may or lies_there


def _it_is_to_make(near: Sequence[str]) -> bool:
    """Say whether words tell what a program is to make: 'it should write', 'must save'."""
    makes = near[-1] in _INTO | _MAKES | _PLAIN
    return makes and any(
        modal in _MODALS and verb in _MAKES | _PLAIN and who in _IT
        for who, modal, verb in zip(("it", *near), near, near[1:], strict=False)
    )


def _goes_on(said: Sequence[str], before: _Word, word: _Word) -> bool:
    """Say whether a name is one more of those that were spoken of: 'reads a.csv and b.csv'."""
    if before.ends:
        return not said and kind_of(before.bare) == kind_of(word.bare)
    return [*said] in (["and"], ["or"], ["to"], ["into"])


def _given_as_input(after: Sequence[_Word]) -> bool:
    """Say whether a name is followed by 'as its input'."""
    said = [word.lower for word in after if word.lower not in _ITS]
    return said[:1] == ["as"] and bool(set(said[1:2]) & _GIVEN_AS)


def _started_in(commands: Iterable[str]) -> Iterator[str]:
    for command in commands:
        for before, word in pairwise(_words(command)):
            if word.is_name and before.lower in _STARTERS:
                yield word.bare
