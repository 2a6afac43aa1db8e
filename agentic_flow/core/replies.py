"""Task, agent, model -> what the reply is to hold: words, files, or what the model thinks fit. Pure."""

from agentic_flow.core.names import LOCAL
from agentic_flow.core.questions import asks_to_be_told, leaves_open
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
    return "asks to be told something" if not task.checks and asks_to_be_told(task) else None


def words_may_do(task: Task, target: Target) -> bool:
    """Say whether the model is to tell by its answer whether a task wants words or files.

    A local model that is shown a file is not asked: the 0.5B gave the file back, over and over.
    """
    chooses = target.provider != LOCAL or not files_to_hold(task, target)
    return chooses and not task.checks and leaves_open(task)


def files_to_hold(task: Task, target: Target) -> tuple[str | None, ...]:
    """Return the files that the reply is to hold.

    A local model is not left to name its one file: held to the form, the 1.5B began to say "Here is", as a
    name, and never ended it. Nor is it left to choose where one file is shown: asked to add a method, the
    0.5B gave the file back as it was, seven times over; told to write that file, it added it.
    """
    paths = wanted_files(task)
    if target.provider != LOCAL:
        return paths
    if not paths and (changed := changed_file(task)):
        return (changed,)
    return (fitting_name(task.text),) if paths == (None,) else paths
