"""What a run reaches for: everything outside it, handed in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from agentic_flow.core.frozen import frozen
from agentic_flow.core.ports import Provider
from agentic_flow.core.values import (
    AgentTemplate,
    Check,
    Decision,
    Draft,
    FileChange,
    Required,
    RunResult,
    Target,
    Task,
    Usage,
)

Pricing = Callable[[Target, Usage], Decimal | None]
"""What the tokens of a call cost, in US dollars; None when nobody knows."""


@frozen
class Deps:
    """What a run reaches for. Tests hand in their own."""

    run_id: str
    template: Callable[[str], AgentTemplate]
    choose: Callable[[Task, AgentTemplate], Decision]
    provider: Callable[[Target], Provider]
    require_room: Callable[[], Sequence[str]]
    """Raises `OutputProblem` where no file could be written, before a model is asked for one; returns what a
    person should know of what is there."""
    required: Callable[[Task, AgentTemplate], Required]
    """The check commands that hold; asks a person where a project brings its own."""
    require_tools: Callable[[Sequence[str]], None]
    """Raises `CheckMissing` for a check that no answer could pass, before a model is asked for one."""
    stronger: Callable[[Task, AgentTemplate, Decision], Sequence[Target]]
    """Who takes over from the target of a decision, one after the other."""
    write: Callable[[Sequence[Draft]], Iterable[FileChange]]
    """May replace what this run has written."""
    take_back: Callable[[], bool]
    """Brings the files back to what they were before the run; False, and all stay, where somebody else has
    changed one."""
    as_it_stands: Callable[[FileChange], FileChange]
    """Tells of a file that was written as the run's own checks have left it."""
    verify: Callable[[str, float | None], Check]
    """A command, and the seconds left for the run; None: no limit."""
    price: Pricing
    remember: Callable[[RunResult], Sequence[str]]
    """Keeps what the run did; returns what a person should know of that. Never fails."""
    clock: Callable[[], float]
    """Seconds, monotonic."""
    now: Callable[[], datetime]
    places: Callable[[], Mapping[str, str]] = dict
    """Folders of this machine, and how a model is told of them, so that it is told the same on every one."""
    may_shrink: bool = False
    """Whether a person lets a file that was shown lose most of what it has."""
    lasting: bool = True
    """Whether what is written is there after the run, and can be taken back."""
