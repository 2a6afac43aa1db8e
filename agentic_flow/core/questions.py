"""Task -> whether it asks to be told something, and for no file. Pure.

"What does this do?" and "Review cart.py" want words, whoever is asked; held to the form of files, a model
gives what it was shown once more, or a piece of it as an example. In doubt a task asks for work.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise

from agentic_flow.core.filenames import file_names, is_file_name
from agentic_flow.core.languages import kind_of
from agentic_flow.core.patterns import pattern
from agentic_flow.core.scope import MAKES_ABROAD, asks_for_a_line, asks_for_a_query, words_asked_for
from agentic_flow.core.values import Task
from agentic_flow.core.wanted import CHANGES, wanted_files
from agentic_flow.core.words import word_set

_TELLS = word_set("""
explain describe review summarize summarise critique audit analyze analyse discuss suggest recommend list
compare erkläre erklär beschreibe beschreib vergleiche explique expliquez décris décrivez comparez résume
explica explícame spiega descrivi erklären beschreiben vergleichen expliquer comparer décrire explicar
""")
_TEXTS = word_set("email mail tweet haiku poem joke explanation overview summary description review plan")
_COMPOSES = pattern(
    r"(?:write|draft|compose|give|make|create|generate|suggest)\b(?! (?:it|this|that|them)\b)"
)
"""What is written in words, and who wants it so: "Write a commit message", "Give me an overview"."""
_HEADLINE = pattern(
    r"\w+ (?:command|subcommand|endpoint|option|flag|button|page|screen|view|route|handler|form|menu)\b"
    r"(?: (?:for|in|on|to|of|with)\b|\.?$)"
)
"""A thing to be made that is called by what it does, not one to be told of: "List endpoint for users"."""
_TELLS_ME = pattern(r"(?:tell|walk) (?:me|us)\b")
"""Whoever else is to be told is so by a program: "Tell the user when the file is missing"."""
_TELLS_ME_WHAT = pattern(r"tell (?:me|us) (?:what|why|how|where|whether|about)\b")
_TELLS_OF_NOTHING_SHOWN = word_set("""
explain erkläre erklär explique expliquez explica explícame spiega expliquer explicar
""")
"""The others may be what a program is to do: "Analyze a log file and print the slowest requests"."""
_ASKS = word_set("""
what what's why how which who whose when where is are was were does do did has have should
""")
_ASKS_UNMARKED = pattern(
    r"(?:(?:what|why|how) (?:is|are|was|were|does|do|did|has|have|should|would|could|can|will|to|many|much"
    r"|happens|causes|makes)|what'?s)\b(?! (?:needed|wanted|missing)\b)"
)
"""A question that needs no mark: "what does this do". "What I want is a parser" is none."""
_ASKS_ABROAD = pattern(
    r"(?:(?:was|wie(?! w[äa]r)|warum(?! nicht)|wieso(?! nicht)|weshalb|wozu|wo|wer|wann|welche[rs]?"
    r"|pourquoi(?! (?:pas|ne pas))|comment|que(?! dirai)|quel(?:le)?s?|où|combien|qu'est-ce"
    r"|¿(?:qué|cómo|cuándo|cuál|dónde|quién|por qué(?! no)))\b|为什么|什么是)[^?\uff1f]*[?\uff1f]"
)
"""A question in German, French, Spanish or Chinese; nothing but such ones asks for no work there."""
_MAKES = CHANGES | word_set("""
write create make build implement develop generate add produce provide remove delete port translate
simplify optimize optimise migrate put save store complete finish clean format annotate correct
repair solve resolve upgrade merge combine inline drop apply turn
""")
_BEGINS = word_set("""
speed sort get handle tidy switch let try set ensure adapt adjust reduce shorten enable disable support allow
wrap cache raise catch avoid prevent stop swap introduce go do document comment test delegate skip log
""")
"""More of what is made, where a sentence begins with it: "What is slow here? Speed it up"."""
_POINTS = word_set("the this that these those a an my our your its their each every any last latest no")
"""Behind such a word stands a thing: "review this change", "explain the fix"."""
_SEEKS = pattern(
    r"(?:find|check|identify|spot|look|search|scan|inspect|any)\b.*"
    r"\b(?:bugs|problems|issues|vulnerabilities|errors|mistakes|weaknesses|smells|flaws|typos)\b"
)
"""Who looks for the one bug wants it gone; who looks for bugs, to know of them."""
_POLITE = pattern(
    r"(?:(?:please|hey|hi|now|so|just|briefly|quickly|(?:can|could|would|will) you|bitte|peux-tu|pouvez-vous"
    r"|por favor|¿?puedes)[, ]+)+"
)
_ORDERS = pattern(
    r"\b(?:do|code) (?:it|this|that|so)\b|\bneeds? (?!to (?:know|understand|see|learn|read|be told)\b)"
    r"|\bthere (?:should|must) be\b"
)
"""What wants work behind a question: "Does it have tests? It needs them."."""
_MAY = pattern(r"(?:can|could|will|would|may|might|can't|couldn't|won't|wouldn't) (?!(?:you|we)\b)")
"""How a question begins that is none where it speaks of work: "Will this work on Windows?"."""
_INVITES = pattern(r"(?:why (?:don't|not)|how about|what about|what if)\b")
_A_DIFF = r"(?:a|the) (?:unified |git )?(?:diff|patch)"
_ASKS_FOR_DIFF = pattern(
    rf"(?:(?:give|send|show|get|make|write|print)(?: me| us)|give|send) {_A_DIFF}\b"
    r"|(?:write|make|create|generate|prepare) a (?:unified diff|(?:unified |git )?patch)"
    r"(?=[.,;:!]?$| (?:that|which|to|with|against|for (?!each|every|all))\b)"
    r"|(?:.*[,;] |.*\band )?(?:answer|reply|respond) (?:only )?(?:with|as|in)"
    rf" (?:{_A_DIFF}|(?:unified )?diff form)\b"
    rf"|(?:.*[,;] |.*\band )?(?:give|show|send) (?:me|us) .*\bas (?:{_A_DIFF}|diff)\b"
    rf"|.*, as {_A_DIFF}[.!]?$"
)
"""What wants to see a change and not to have it made."""
_LONGEST_ORDER = 1000
"""Characters. What is longer is a text that was put in, and would take the square of its length."""
_SENTENCE = pattern(r"(?<=[.!?])\s+|\n+")
_MARKS = ("?", "\uff1f")
"""How a question ends; the wide mark is the one of Chinese and Japanese."""
_WORD = pattern(r"[^\W\d_][\w'-]*")
_PLACE = pattern(r"\b(?:into|to|as|named|called|in) [`'\"]?([\w./-]+\w)")
_CREATES = pattern(r"\b(?:write|create|build|implement|develop|generate|add|make|set up|scaffold|tests?)\b")
"""What wants files, whatever is piped beside it."""
_IN_CODE = pattern(
    r"\b(?:in|into|as|with|by|using) (?:(?:a|an|one) (?:[\w-]+ ){0,2}?)?"
    r"(?:comments?|docstrings?|script|program|page|tooltip|dialog|popup|tutorial)\b"
    r"|\b(?:to|for) (?:the |our |my |each |every )?(?:users?|customers?|visitors?|players?|readers?)\b"
)
"""What is told in code, or by it: "Explain in comments what each function does"."""


def asks_to_be_told(task: Task) -> bool:
    """Say whether words are all that a task asks for."""
    told = _sentences(task.text)
    if told and all(map(_ASKS_ABROAD.fullmatch, told)):
        return True
    if not told or not _is_asked(told[0], task) or any(map(_orders, told[1:])):
        return False
    return all(_is_told(said, task) for said in told)


def asks_for_diff(task: Task) -> bool:
    """Say whether a task asks for a diff of what is shown, in no file of its own."""
    named = any(kind_of(name) in ("diff", "patch") for name in file_names(task.text))
    shown = bool(task.context) or task.piped is not None
    orders = (said for said in _sentences(task.text) if len(said) <= _LONGEST_ORDER)
    return shown and not named and any(map(_ASKS_FOR_DIFF.match, orders))


def may_ask_for_words(task: Task) -> bool:
    """Say whether a task that leaves open what it asks for has the form of what asks for words."""
    if task.piped is not None:
        return True
    return any(said.endswith(_MARKS) or _first(said) in _TELLS for said in _sentences(task.text))


def asks_for_code_to_see(task: Task) -> bool:
    """Say whether a task asks for a regex, a command and the like, in no file that it names."""
    return _asks_only(task, asks_for_a_line)


def may_ask_for_code_to_see(task: Task) -> bool:
    """Say whether a task asks for a query, in no file that it names: it may be one, or be to be seen."""
    return _asks_only(task, asks_for_a_query)


def _asks_only(task: Task, asks: Callable[[str], bool]) -> bool:
    told = _sentences(task.text)
    if not told or file_names(task.text) or any(map(_makes, told[1:])):
        return False
    return asks(told[0]) and (bool(_COMPOSES.match(told[0])) or not _makes(told[0]))


def leaves_open(task: Task) -> bool:
    """Say whether words may be all that a task asks for, as it names no known work and no new file.

    What is done to a pipe is wanted where the pipe leads: "Translate this", "Sort these lines".
    """
    if may_ask_for_code_to_see(task):
        return True
    if task.piped is not None and not task.context:
        return not (wanted_files(task) or _CREATES.search(task.text.lower()))
    told = _sentences(task.text)
    if not all(_is_told(said, task) for said in told):
        return False
    if any(said.endswith(_MARKS) for said in told):
        return {*wanted_files(task)} <= {file.shown for file in task.context}
    return not wanted_files(task)


@lru_cache(16)  # each stage of a run asks it of its task
def _sentences(text: str) -> Sequence[str]:
    """Return what a task says, in lower case, without the words that only make it polite."""
    parts = (part.strip().lower() for part in _SENTENCE.split(text))
    return tuple(said for part in parts if (said := _POLITE.sub("", part, count=1)))


def _is_asked(sentence: str, task: Task) -> bool:
    if _is_question(sentence):
        return True
    if _HEADLINE.match(sentence):
        return False
    if _composes(sentence):
        return True
    if task.context or task.piped is not None:
        tells = _first(sentence) in _TELLS or _TELLS_ME.match(sentence)
        return bool(tells or _SEEKS.match(sentence))
    return _first(sentence) in _TELLS_OF_NOTHING_SHOWN or bool(_TELLS_ME_WHAT.match(sentence))


def _is_question(sentence: str) -> bool:
    asks = _first(sentence) in _ASKS or (_MAY.match(sentence) and not _makes(sentence))
    marked = sentence.endswith(_MARKS) and bool(asks)
    return (marked or bool(_ASKS_UNMARKED.match(sentence))) and not _INVITES.match(sentence)


def _orders(sentence: str) -> bool:
    return bool(_ORDERS.search(sentence)) and not _is_question(sentence)


def _first(sentence: str) -> str:
    """Return the word that a sentence begins with, without what may follow; a file's name is none."""
    return next(iter(sentence.split()), "").rstrip(",:;?!")


def _is_told(sentence: str, task: Task) -> bool:
    """Say whether a sentence asks for no work: a question, or without a word for that and a place for it."""
    if _is_question(sentence):
        return True
    if _composes(sentence):
        return not (_IN_CODE.search(sentence) or _names_a_place(sentence, task))
    begins = _first(sentence).rstrip(".") in _BEGINS
    return not (begins or _IN_CODE.search(sentence) or _makes(sentence) or _names_a_place(sentence, task))


def _composes(sentence: str) -> bool:
    asked = words_asked_for(sentence)
    text = asked[-2:] == ["commit", "message"] or not _TEXTS.isdisjoint(asked[-1:])
    return text and bool(_COMPOSES.match(sentence))


def _makes(sentence: str) -> bool:
    words = ["", *_WORD.findall(sentence)]
    return any(_is_work(word) and before not in _POINTS for before, word in pairwise(words))


def _is_work(word: str) -> bool:
    return word in _MAKES or word.partition("-")[0] in MAKES_ABROAD  # "corrige-le"


def _names_a_place(sentence: str, task: Task) -> bool:
    """Say whether the words are to go into a file: "summarize this in NOTES.md"."""
    shown = [f"/{file.shown.lower()}" for file in task.context]
    return any(
        is_file_name(name) and not any(path.endswith(f"/{name}") for path in shown)
        for name in _PLACE.findall(sentence)
    )
