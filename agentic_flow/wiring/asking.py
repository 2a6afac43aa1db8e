"""What a person said about one task -> the Task, its context read; the settings; where its run writes."""

import shlex
from dataclasses import replace
from pathlib import Path

from agentic_flow.core.bounds import bound_of, leads_out
from agentic_flow.core.errors import UsageMistake
from agentic_flow.core.settings import Settings
from agentic_flow.core.values import CONTEXT_TOKENS, MOST_ATTEMPTS, Priority, Task
from agentic_flow.core.wishes import Wish
from agentic_flow.routing import Strategy
from agentic_flow.wiring.context import read_context


def task_of(wish: Wish, settings: Settings) -> Task:
    """Return the task, its context read, with what the configuration says where the wish says nothing.

    Raises `UsageMistake` for a wish that contradicts itself, is empty, or names what cannot be read.
    """
    text = wish.task
    if text is None or not text.strip():
        what = "there is no task" if text is None else "the task is empty"
        more = "; --help shows what else there is" if text is None else ""
        raise UsageMistake(f'{what}; say what you want done with --task "..." or through a pipe{more}')
    require_sense(wish)
    defaults = settings.defaults
    shown = read_context(wish.context)
    return Task(
        text=text,
        piped=wish.piped,
        agent=wish.agent or defaults.agent,
        context=shown.files,
        unreadable=shown.unreadable,
        context_tokens=wish.context_tokens or CONTEXT_TOKENS,
        model=wish.model,
        auto_route=wish.auto_route or wish.priority is not None,
        temperature=wish.temperature if wish.temperature is not None else defaults.temperature,
        max_tokens=wish.max_tokens or defaults.max_tokens,
        seed=wish.seed,
        timeout=wish.timeout or defaults.timeout,
        max_cost=wish.max_cost,
        no_log=wish.no_log,
        files=not wish.no_files,
        checks=tuple(wish.check),
        max_attempts=wish.max_attempts or MOST_ATTEMPTS,
        escalate=not wish.no_escalate,
        ladder=tuple(wish.escalate_to),
        syntax=not wish.no_syntax_check,
        imports=not wish.no_added_imports,
        preview=wish.preview,
        dry_run=wish.dry_run,
    )


def output_folder(wish: Wish, settings: Settings) -> Path:
    """Return where the task's files go: where it says, else where the configuration says, else here.

    Raises `UsageMistake` for a folder of a project from which a link leads out: a clone may have brought it.
    """
    folder = wish.output_dir or Path(settings.defaults.output_dir or ".")
    try:
        real = folder.resolve()
    except (OSError, RuntimeError):  # links that lead in a circle: whoever opens it says so
        return folder
    if leads_out(real, bound_of(folder)):
        raise UsageMistake(
            f"--output-dir {folder}: a link leads out of its project, to {real}; if you mean that folder, "
            f"name it so: --output-dir {shlex.quote(str(real))}"
        )
    return folder


def preferring(priority: Priority | None, settings: Settings) -> Settings:
    """Return the settings as `--priority` changes them: its strategy decides, and no rules."""
    if priority is None:
        return settings
    return replace(
        settings,
        defaults=replace(settings.defaults, priority=priority),
        routing=replace(settings.routing, strategy=Strategy.of(priority).value, rules=()),
    )


def require_sense(wish: Wish) -> None:
    """Refuse a model beside a wish that one be chosen, the like, and what is there and empty.

    In a script an empty option is a variable nobody set.
    """
    if wish.no_escalate and wish.escalate_to:
        raise UsageMistake("--escalate-to names a model and --no-escalate wants none; give one of them")
    for asked, flag in ((wish.auto_route, "--auto-route"), (wish.priority, "--priority")):
        if asked and wish.model is not None:
            raise UsageMistake(f"--model names a model and {flag} asks to choose one; give one of them")
    for option, values in (
        ("--agent", [wish.agent]),
        ("--model", [wish.model]),
        ("--check", wish.check),
        ("--escalate-to", wish.escalate_to),
    ):
        if any(value is not None and not value.strip() for value in values):
            raise UsageMistake(f"{option} is empty; give it a value or leave it out")
