"""The values that pass between stages, those of one call and of the decision among them.

All are frozen; a stage answers with a new one.
"""

from collections.abc import Sequence
from dataclasses import field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from agentic_flow.core.calls import Message, Output, Prompt, Role, Sampling, Saved, StopReason, Target, Usage
from agentic_flow.core.decisions import Candidate, Decision, Named, Priority
from agentic_flow.core.frozen import frozen

__all__ = [
    "CONTEXT_TOKENS",
    "LARGEST_INPUT",
    "MOST_ATTEMPTS",
    "AgentTemplate",
    "Alone",
    "Attempt",
    "Candidate",
    "Check",
    "ContextFile",
    "Decision",
    "Draft",
    "FileAction",
    "FileChange",
    "Message",
    "Named",
    "Output",
    "Priority",
    "Prompt",
    "Required",
    "Role",
    "RunResult",
    "Sampling",
    "Saved",
    "StopReason",
    "Target",
    "Task",
    "Usage",
]


@frozen
class ContextFile:
    """A file a person named with `--context`, as it was when it was read."""

    path: Path
    """Absolute, links resolved."""
    shown: str
    """How the person, and so the prompt, calls it: relative to the working folder, `/` between parts."""
    text: str
    outline: str | None = None
    """What the model reads in place of the text, where all the files together would be too long."""


LARGEST_INPUT = 4_000_000
"""Bytes of a context file or a pipe: more than any model's window; a mistake, not a context."""
CONTEXT_TOKENS = 16_000
"""How much context files may take of a prompt, where nobody said."""
MOST_ATTEMPTS = 3
"""How often one model answers until its files pass, where nobody said."""


@frozen
class Task:
    """What a person wants done, and what they said about how."""

    text: str
    agent: str
    piped: str | None = None
    """Text from a pipe beside the task."""
    context: tuple[ContextFile, ...] = ()
    unreadable: tuple[str, ...] = ()
    """What was named by a pattern beside them, and is no text."""
    context_tokens: int = CONTEXT_TOKENS
    """Beyond this the largest context files are shown in outline."""
    model: str | None = None
    """`provider/model` as the person wrote it, or None to let the run choose."""
    auto_route: bool = False
    """Let the task itself decide on the model, whatever the template and the configuration name."""
    temperature: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    timeout: float | None = None
    """Seconds for the whole run."""
    max_cost: Decimal | None = None
    """US dollars for the whole run."""
    no_log: bool = False
    """Keep no words of the run, only numbers."""
    files: bool = True
    """False with `--no-files`: whatever the agent answers is only text."""
    checks: tuple[str, ...] = ()
    max_attempts: int = MOST_ATTEMPTS
    """How often one model may answer until its files pass, at most."""
    escalate: bool = True
    """Whether a stronger model takes over where one has used its attempts."""
    ladder: tuple[str, ...] = ()
    """Models to take over, in this order, as the person wrote them; empty: those the router knows."""
    syntax: bool = True
    """Whether the syntax of written files is checked before any command."""
    imports: bool = True
    """Whether Python files get the imports that an answer forgot."""
    preview: bool = False
    """Ask, and show what would be written; write nothing and run no check command."""
    dry_run: bool = False


@frozen
class AgentTemplate:
    """An agent: who the model is asked to be."""

    name: str
    description: str
    instructions: str
    """The Markdown body: the system prompt."""
    path: Path
    origin: str
    """Where it was found, in words: 'shipped', 'project agents/', ..."""
    tools: tuple[str, ...] = ()
    model: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    output: Output = Output.TEXT
    checks: tuple[str, ...] = ()
    """Commands that its files must pass."""
    warnings: tuple[str, ...] = ()
    """What was wrong with the file and read tolerantly; each names file and line."""


@frozen
class Draft:
    """A file as the reply gives it: a path as written there, judged by nobody yet, and its text."""

    path: str
    text: str
    added: tuple[str, ...] = ()
    """Imports that we put into the text since the reply forgot them."""


class FileAction(StrEnum):
    """What writing did, or would do, with one path."""

    CREATED = "created"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    """Only by taking a run back, which had made the file, or by a check of the run's own."""


@frozen
class FileChange:
    """One file written, or previewed. `path` is relative to the output folder, `/` between parts."""

    path: str
    action: FileAction
    size: int
    """Bytes."""
    sha256: str
    diff: str = ""
    """Unified diff against what was there; empty for a new file."""
    added: tuple[str, ...] = ()
    """Imports that the answer forgot and we added."""
    preview: bool = False
    """Nothing was done: this is what a run would do."""
    needs_leave: bool = False
    """Of a preview: the run would have to ask a person first, and with nobody to ask it would refuse."""


@frozen
class Check:
    """One check command and what it said, or one file whose syntax was checked without one."""

    command: str
    exit_code: int
    output_tail: str
    duration_ms: int
    built_in: bool = False
    """Whether we made it ourselves: `command` then names what was looked at."""

    @property
    def passed(self) -> bool:
        """Whether the command ended with status 0."""
        return self.exit_code == 0

    @property
    def complaint(self) -> str:
        """Why it failed, in a few words."""
        if self.built_in:
            return f"the {self.command} is wrong"
        return f"{self.command!r} ended with status {self.exit_code}"


@frozen
class Required:
    """The check commands that the files of a run must pass."""

    commands: Sequence[str] = ()
    remarks: tuple[str, ...] = ()
    """What a person should know: of checks that somebody asks for and that are not run."""


@frozen
class Attempt:
    """One call of one model. `cost_usd` is None when nobody knows; local calls cost 0."""

    provider: str
    model: str
    outcome: str
    started: str
    """UTC, ISO 8601."""
    duration_ms: int
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal | None = None
    error: str | None = None
    asked: str | None = None
    """The id that was asked for, where the provider says that another model served."""
    saved: Saved | None = None
    """Of an answer that was given before, and that nobody was asked for now."""
    stop: StopReason | None = None
    """Why the model stopped; None where it was not heard to. History does not keep it."""


@frozen
class Alone:
    """What a run would have cost with one model from the start: an estimate from the tokens it took."""

    target: Target
    cost_usd: Decimal


@frozen
class RunResult:
    """All that a run did, for the JSON output, the last event and the history."""

    run_id: str
    status: str
    exit_code: int
    agent: str
    provider: str | None = None
    model: str | None = None
    decision: Decision | None = None
    attempts: tuple[Attempt, ...] = ()
    text: str = ""
    files: tuple[FileChange, ...] = ()
    checks: tuple[Check, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal | None = None
    strongest: Alone | None = None
    """The strongest model that could have served, if another did and its price is known."""
    cached: bool = False
    """No model was asked: every answer had been given before."""
    saved: Saved | None = None
    """What the answers that had been given before took then; None where there was none."""
    ttft_ms: int | None = None
    duration_ms: int = 0
    error: str | None = None
