"""What was read of a task -> what kind of work it is. Pure: weighed words, the agent's among them."""

from collections import Counter
from collections.abc import Iterable, Mapping

from agentic_flow.analysis.misspelling import mended
from agentic_flow.analysis.reading import Reading
from agentic_flow.analysis.vocabulary import WORDS
from agentic_flow.core.patterns import pattern
from agentic_flow.core.profiles import TaskType
from agentic_flow.core.values import AgentTemplate, Output

_LANGUAGE_WEIGHT = 2.0
_CODE_WEIGHT = 4.0
_AGENT_WEIGHT = 0.3
_OPENING_WEIGHT = 1.0
_OPENING = 6
"""The first words of a task mostly say what is to be done."""
_WORD = pattern(r"[a-z]+")
_LEARNED_WEIGHT = 5.0
_FILES_ARE_WRITTEN = 3.0
"""Who wants files and says "write" means the files."""
_HELLO_WORLD = {"hello", "world"}
"""Together they greet nobody: it is the first program of everyone."""
_LONGEST_CHAT = 12
"""Words: courtesies around a longer task make it no chat."""
_ENOUGH = 1.6
_SUM = pattern(r"\d\s*[+*/^=]\s*\d")


def kind_of(
    reading: Reading, template: AgentTemplate, output: Output, kinds: Mapping[str, float]
) -> TaskType:
    """Return the kind that most of the words speak for; `kinds` is what was learned of such questions."""
    opening = _WORD.findall(reading.text[:80].lower())[:_OPENING]
    scores = dict.fromkeys(TaskType, 0.0)
    # Word by word, not how often: a long text repeats its subject, not its wish.
    _add(scores, reading.words, 1.0)
    _add(scores, mended(Counter(opening)).elements(), _OPENING_WEIGHT)
    if output is Output.FILES:
        _add(scores, _WORD.findall(template.description[:200].lower()), _AGENT_WEIGHT)
    scores[TaskType.CODING] += _LANGUAGE_WEIGHT * min(2, len(reading.languages))
    scores[TaskType.CODING] += _CODE_WEIGHT * reading.has_code
    if reading.words:  # of no words nothing was learned
        scores[TaskType.MATH] += _LEARNED_WEIGHT * (kinds["problem"] + kinds["formula"])
        scores[TaskType.CODING] += _LEARNED_WEIGHT * kinds["code"]
    if output is Output.FILES:
        scores[TaskType.WRITING] -= _FILES_ARE_WRITTEN * ("write" in reading.words)
    if not reading.has_code and (reading.has_formula or _SUM.search(reading.text)):
        scores[TaskType.MATH] += _CODE_WEIGHT
    if output is Output.FILES and reading.files:
        scores[TaskType.CODING] += _LANGUAGE_WEIGHT
    if reading.words.keys() >= _HELLO_WORLD:
        scores[TaskType.CODING] += _CODE_WEIGHT
    if reading.length > _LONGEST_CHAT or reading.words.keys() >= _HELLO_WORLD:
        scores[TaskType.CHAT] = 0
    best = max(TaskType, key=lambda kind: scores[kind])
    if scores[best] < _ENOUGH:
        return TaskType.CODING if output is Output.FILES else TaskType.GENERAL
    return best


def _add(scores: dict[TaskType, float], words: Iterable[str], loudness: float) -> None:
    for word in words:
        for kind, weight in WORDS.get(word, ()):
            scores[kind] += loudness * weight
