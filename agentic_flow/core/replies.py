"""Task, agent, model -> what the reply is to hold: words, files, or what the model thinks fit. Pure."""

from agentic_flow.core.names import LOCAL
from agentic_flow.core.questions import (
    asks_for_code_to_see,
    asks_for_diff,
    asks_to_be_told,
    leaves_open,
    may_ask_for_words,
)
from agentic_flow.core.scope import may_ask_for_several
from agentic_flow.core.titles import fitting_name
from agentic_flow.core.values import AgentTemplate, Output, Target, Task
from agentic_flow.core.wanted import changed_file, names_work, wanted_files


def wanted_output(task: Task, template: AgentTemplate) -> Output:
    """Say whether the reply is to be files or words. A small model fills file after file where it greets."""
    return template.output if task.files and why_words(task) is None else Output.TEXT


def why_words(task: Task) -> str | None:
    """Say why words are all that a task wants, whoever is asked; None where it may want files."""
    if not names_work(task):
        return "names no work"
    if task.checks:
        return None
    if asks_for_diff(task):
        return "asks for a diff"
    if asks_for_code_to_see(task):
        return "asks for a line of code"
    return "asks to be told something" if asks_to_be_told(task) else None


def words_may_do(task: Task, target: Target) -> bool:
    """Say whether the model is to tell by its answer whether a task wants words or files.

    A local model is asked only where the task has that form, and no one file is shown, which the 0.5B gave
    back over and over; told of both forms for "fizzbuzz in Python", it mixed them.
    """
    chooses = target.provider != LOCAL or (changed_file(task) is None and may_ask_for_words(task))
    return chooses and not task.checks and leaves_open(task)


def files_to_hold(task: Task, target: Target) -> tuple[str | None, ...]:
    """Return the files that the reply is to hold.

    A local model is not left to name its one file: held to the form, the 1.5B began to say "Here is", as a
    name, and never ended it. Nor is it left to choose where one file is shown: asked to add a method, the
    0.5B gave the file back as it was, seven times over; told to write that file, it added it. Where
    nothing is shown and nothing said of several, it filled file after file with the same.
    """
    paths = wanted_files(task)
    if target.provider != LOCAL:
        return paths
    if not paths and (changed := changed_file(task)):
        return (changed,)
    one = paths == (None,) or not (paths or task.context or may_ask_for_several(task.text))
    return (fitting_name(task.text),) if one else paths
