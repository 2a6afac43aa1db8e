"""Task, AgentTemplate -> TaskProfile. Pure: reads words only, no clock, no network, no file but the weights.

Of long texts the two ends are read, so that a profile takes about a millisecond whatever the length. Only
what must not leave is looked for in all of it: a millisecond or two for each 100 kB.
"""

from agentic_flow.analysis.difficulty import complexity_of, difficulty_of
from agentic_flow.analysis.expecting import expected_tokens
from agentic_flow.analysis.kind import kind_of
from agentic_flow.analysis.learned import learn
from agentic_flow.analysis.personal import Personal
from agentic_flow.analysis.privacy import is_fixture, private_reason
from agentic_flow.analysis.reading import read_task
from agentic_flow.analysis.tokens import estimate_tokens, least_tokens, most_tokens
from agentic_flow.core.profiles import TaskProfile
from agentic_flow.core.values import AgentTemplate, Output, Task

__all__ = ["analyse", "estimate_tokens", "least_tokens", "most_tokens", "seems", "why_private"]


def analyse(
    task: Task, template: AgentTemplate, *, private: str | None = None, personal: Personal | None = None
) -> TaskProfile:
    """Read a task. `private` says why it must stay on this machine, where a person said so.

    `personal` is what the person's own runs taught, where there is such.
    """
    output = template.output if task.files else Output.TEXT
    context = sum(estimate_tokens(file.text) for file in task.context)
    beside = estimate_tokens(task.piped or "")
    reading = read_task(task)
    lesson = learn(reading.text)
    kind = kind_of(reading, template, output, lesson.kinds)
    difficulty = difficulty_of(reading, context + beside, lesson)
    if personal is not None:
        difficulty = personal.moved(difficulty, reading.text)
    limit = task.max_tokens or template.max_tokens
    expected = expected_tokens(kind, difficulty, reading, output, context)
    return TaskProfile(
        task_tokens=estimate_tokens(task.text) + beside + context,
        instruction_tokens=estimate_tokens(template.instructions),
        expected_output_tokens=min(expected, limit) if limit else expected,
        task_type=kind,
        complexity=complexity_of(difficulty),
        difficulty=difficulty,
        languages=reading.languages,
        has_code=reading.has_code,
        private=private or why_private(task),
    )


def seems(text: str) -> float:
    """Return the difficulty of a task by its words alone."""
    reading = read_task(Task(text, ""))
    return difficulty_of(reading, 0, learn(reading.text))


def why_private(task: Task) -> str | None:
    """Return why a task should not leave this machine, from its own words; None when it may.

    Texts are looked through whole: a key may stand in the middle of a long one.
    """
    said = private_reason(task.text) or private_reason(task.piped or "")
    found = (private_reason(file.text, fixture=is_fixture(file.shown)) for file in task.context)
    return said or next(filter(None, found), None)
