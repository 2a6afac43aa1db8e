"""Settings -> what each task of a batch needs, told apart from what they all share."""

from collections.abc import Callable
from pathlib import Path

from agentic_flow.core.settings import Settings
from agentic_flow.core.values import Task
from agentic_flow.core.wishes import Wish
from agentic_flow.runner import Deps
from agentic_flow.wiring import RunOptions, wire
from agentic_flow.wiring.asking import output_folder, preferring, task_of


def preparing(settings: Settings, agents_dir: Path | None = None) -> Callable[[Wish], tuple[Task, Deps]]:
    """Return what turns a wish into a task and the parts of its run. It asks nobody anything."""

    def prepare(wish: Wish) -> tuple[Task, Deps]:
        own = preferring(wish.priority, settings)
        task = task_of(wish, own)
        options = RunOptions(output_folder(wish, own), wish.overwrite, agents_dir)
        return task, wire(own, task, options)

    return prepare
