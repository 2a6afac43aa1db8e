"""A task that names no file -> whether what it asks for is one file. Pure.

What a program works on is often many files, and what it does may be a test; so only what a task asks to have
is read, not what it says of that. "A script that deletes all files in a folder" is one thing.
"""

import re
from collections.abc import Iterator

from agentic_flow.core.patterns import pattern
from agentic_flow.core.words import word_set

_ONE = word_set("""
function functions script program class method file snippet query page module tool utility util helper cli
command calculator converter parser generator validator formatter checker counter game quiz timer clock bot
decorator algorithm solver simulator simulation scraper crawler one-liner regex hook stylesheet schema
dataclass routine subroutine procedure component code implementation iterator wrapper linter
""")
_SEVERAL = word_set("""
files modules scripts pages tests package library framework project projects application app apps api apis
service services microservice site website server backend frontend system platform repository repo
pipeline structure scaffold skeleton boilerplate plugin extension suite classes components
""")
_QUERIES = word_set("query queries")
_LINES = word_set("regex regexes regexp one-liner one-liners oneliner")
_LINES_OF_TWO_WORDS = frozenset(
    f"{kind} {word}"
    for word, kinds in {
        "expression": "regular regex cron xpath jsonpath",
        "pattern": "regular regex glob grep sed awk",
        "command": "shell bash terminal linux unix powershell git curl docker ffmpeg find sed awk jq kubectl",
        "filter": "jq",
        "selector": "css",
        "formula": "excel sheets spreadsheet",
    }.items()
    for kind in kinds.split()
)
_MORE = word_set("and or with plus &")
MAKES_ABROAD = word_set("""
schreibe schreib erstelle erstell erzeuge generiere baue bau programmiere implementiere entwickle füge hinzu
ergänze erweitere ändere ersetze entferne lösche verschiebe korrigiere repariere behebe verbessere optimiere
vereinfache refaktoriere übersetze mach mache machen hinzufügen ändern beheben verbessern vereinfachen
optimieren schreiben erstellen umbenennen
écris écrivez écrire crée créez créer génère générez développe implémente ajoute ajoutez ajouter corrige
corrigez corriger modifie modifiez modifier remplace remplacez supprime supprimez renomme renommez améliore
améliorez améliorer optimisez traduis traduisez fais faites rends
escribe escribir crea crear genera programa implementa desarrolla añade añadir agrega agregar corrige cambia
cambiar modifica reemplaza elimina borra renombra mejora mejorar optimiza simplifica traduce haz hacer
scrivi aggiungi correggi rinomina migliora escreva crie adicione corrija
""")
"""How work is asked for in German, French, Spanish, Italian and Portuguese."""
_SEVERAL_ABROAD = word_set("""
dateien module skripte seiten paket projekt anwendung bibliothek fichiers modules scripts paquet projet
bibliothèque archivos ficheros módulos paquete proyecto aplicación biblioteca progetto applicazione
""")
_MAKES = word_set("""
write create make build implement code develop design generate give add need want produce provide program
define show like
""")
_OTHERS = word_set("it they he she each every if when there these those its their i've i'm we've")
"""How a sentence begins that speaks of something else than of what is wanted."""
_SAYS_MORE = word_set("""
that which who where whose when while if so because to for from by of on into using as called named
without through via against over under about
""")
_PARTS = pattern(r"[.!?:;](?:\s|$)|\n|,\s*(?:and\s+)?(?:then|also)\b")
_WORD = pattern(r"[a-z0-9][a-z0-9+#'-]*")
_WITH_MORE = pattern(
    r"\b(?:and|with|plus|including|also)\s+"
    r"(?:(?:a|an|the|its|their|some|unit|pytest|matching|few|separate|short|second|other|another|own)\s+)*"
    r"(?:tests?|test\s+file|readme|requirements|dockerfile|makefile|stylesheet|css|javascript|templates?"
    r"|documentation|docs)\b"
)
_IN_SEVERAL = pattern(
    r"\b(?:in|into|as|across|over)\s+"
    r"(?:two|three|four|five|six|seven|\d+|separate|different|multiple|several|their\s+own)\s+"
    r"(?:\w+\s+)?(?:files?|modules?|scripts?|pages)\b"
    r"|\b(?:separate|another|second)\s+(?:file|module|script)\b"
)


def asks_for_one(text: str) -> bool:
    """Say whether the words ask for one thing that stands in one file; in doubt they do not."""
    lower = text.lower()
    if _WITH_MORE.search(lower) or _IN_SEVERAL.search(lower):
        return False
    asked = set(words_asked_for(text))
    return bool(asked & _ONE) and not asked & _SEVERAL


def may_ask_for_several(text: str) -> bool:
    """Say whether anything in the words speaks of several files, in the languages that are known here."""
    lower = text.lower()
    several = _SEVERAL_ABROAD | _SEVERAL
    return bool(
        _WITH_MORE.search(lower)
        or _IN_SEVERAL.search(lower)
        or several.intersection(re.findall(r"\w+", lower))
    )


def words_asked_for(text: str) -> list[str]:
    """Return the words that say what a task asks for, in lower case, less what it says of that."""
    return [word for part in _PARTS.split(text.lower()) for word in _asked(part)]


def asks_for_a_query(text: str) -> bool:
    """Say whether a sentence asks for a query, and for nothing beside it."""
    return _asks_only_for(_QUERIES, text)


def asks_for_a_line(text: str) -> bool:
    """Say whether a sentence asks for what is a line or two and is no file by itself: a regex, a command."""
    return _asks_only_for(_LINES, text) or " ".join(words_asked_for(text)[-2:]) in _LINES_OF_TWO_WORDS


def _asks_only_for(things: frozenset[str], text: str) -> bool:
    asked = words_asked_for(text)
    others = (_ONE | _SEVERAL | _MORE).intersection(asked[:-1])
    return not others and not things.isdisjoint(asked[-1:])


def asks_for_tests(text: str) -> bool:
    """Say whether the words ask to write tests, and nothing beside them."""
    parts = _PARTS.split(text.lower())
    asked = {word for part in parts if _MAKES.intersection(_WORD.findall(part)) for word in _asked(part)}
    return "tests" in asked and not asked & _ONE


def _asked(sentence: str) -> Iterator[str]:
    """Yield what a sentence asks for: the words behind 'write', as far as they say what it is.

    A sentence without such a word says by itself what is wanted, as in "python function for primes".
    """
    words = _WORD.findall(sentence)
    if not words or words[0] in _OTHERS:
        return
    begin = next((at for at, word in enumerate(words, 1) if word in _MAKES), 0)
    if words[begin : begin + 1] == ["to"]:  # "I want to write"
        begin += 1
    for word in words[begin:]:
        if word in _SAYS_MORE:
            return
        yield word
