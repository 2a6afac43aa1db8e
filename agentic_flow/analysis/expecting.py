"""What was read of a task -> about how many tokens its answer takes. Pure.

A small and a large answer stand in the table for each kind of work; how hard the task is says where between.
They are judgements, not measurements: what a file, a test module, an explanation usually takes.
"""

from collections.abc import Mapping

from agentic_flow.analysis.reading import Reading
from agentic_flow.core.patterns import pattern
from agentic_flow.core.profiles import TaskType
from agentic_flow.core.values import Output

_RANGES: Mapping[TaskType, tuple[int, int]] = {
    TaskType.CODING: (100, 6000),
    TaskType.DEBUGGING: (150, 3000),
    TaskType.TESTING: (200, 4000),
    TaskType.REFACTORING: (200, 5000),
    TaskType.DOCUMENTATION: (200, 3000),
    TaskType.EXPLANATION: (150, 1500),
    TaskType.DATA: (100, 3000),
    TaskType.MATH: (100, 3000),
    TaskType.WRITING: (200, 2500),
    TaskType.EXTRACTION: (40, 1000),
    TaskType.SUMMARIZATION: (80, 600),
    TaskType.CHAT: (40, 400),
    TaskType.GENERAL: (100, 6000),
}
_REWRITES = (TaskType.DEBUGGING, TaskType.REFACTORING, TaskType.DOCUMENTATION)
_A_FILE_MORE = 0.5
_MOST_FILES = 9
_MOST = 16_000
_WORDS_ASKED = pattern(r"\b(\d{2,5})[ -]words?\b")
_TOKENS_A_WORD = 1.35


def expected_tokens(
    kind: TaskType, difficulty: float, reading: Reading, output: Output, context_tokens: int
) -> int:
    """Return the tokens of a usual answer; a length that the task asks for goes before the table."""
    if output is Output.TEXT and (asked := _WORDS_ASKED.search(reading.text)):
        return min(_MOST, round(int(asked[1]) * _TOKENS_A_WORD))
    usual = usual_tokens(kind, difficulty)
    if output is Output.FILES:
        usual *= 1 + _A_FILE_MORE * (min(_MOST_FILES, max(1, len(reading.files))) - 1)
        if kind in _REWRITES:
            usual += context_tokens  # a file that changes is written whole
    return min(_MOST, round(usual))


def usual_tokens(kind: TaskType, difficulty: float) -> float:
    """Return the tokens of a usual answer of one kind: between a small and a large one."""
    small, large = _RANGES[kind]
    usual: float = small * (large / small) ** difficulty
    return usual
